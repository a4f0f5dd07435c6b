//! Routes, pages, headers.
