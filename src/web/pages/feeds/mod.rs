//! The feeds that an account follows: how they are doing, what is to be shown of them, and their categories.
//!
//! `GET /feeds` is the table of their health, in pages: `sort` and `dir` order it, `show`, `in` and `q` choose from it
//! ([`table`]). `POST /feeds/several` does one thing with many ([`several`]). `/feeds/ID/settings` is about one ([`one`]),
//! `/feeds/ID/recurring` about what all of its articles begin and end with ([`recurring`]).
//! `POST /feeds/fetch` has many fetched, and `GET /feeds/fetching` shows how far that has come ([`fetching`]). Categories are in
//! [`categories`]. Within a category feeds stand by name: with many, a hand-made order is work that nobody does twice.

mod ailing;
pub mod categories;
pub mod fetching;
mod health;
pub mod one;
pub mod recurring;
pub mod several;
pub mod table;
mod view;
