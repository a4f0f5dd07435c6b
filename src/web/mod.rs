//! Routes, pages, headers.

pub mod assets;
pub mod locale;
pub mod page;
pub mod pages;
pub mod view;
