//! Entries and pages to articles.
