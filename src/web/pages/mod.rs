//! One file per page: its struct, its handlers, its forms. The template has the same name under `templates/pages/`.
//!
//! Owns: what a page asks of the store and the jobs, and the forms it takes. Does not own: addresses (the router has them
//! all), sessions, headers, SQL. In: extractors of this room. Out: [`super::page::Page`]s and redirects.

pub mod errors;
pub mod files;
pub mod health;
pub mod login;
pub mod logout;
pub mod names;
pub mod setup;
