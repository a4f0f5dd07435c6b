//! Gleaner: a self-hosted web reader that keeps what you read.
//!
//! The map of the house. Data goes down only: fetch → parse → extract → clean → store → render.
//!
//! | room | what it does |
//! | --- | --- |
//! | [`domain`] | the words that every room knows |
//! | [`egress`] | the one door through which any request leaves |
//! | [`feed`] | bytes to entries: decode, repair, parse, dates, discovery, OPML |
//! | [`content`] | entries and pages to articles: bound, extract, normalise, clean |
//! | [`archive`] | files in and out: archived articles |
//! | [`imports`] | files of other readers and keepers, recognised and read |
//! | [`search`] | what texts and queries are made of; places of hits |
//! | [`store`] | both databases; the only room with SQL |
//! | [`jobs`] | the steps that move data between the rooms, and their schedule |
//! | [`web`] | routes, pages, headers |
//! | [`app`] | what the running program consists of |
//! | [`config`] | settings: flags, environment, file |
//! | [`cli`] | the command line |

pub mod app;
pub mod archive;
pub mod cli;
pub mod config;
pub mod content;
pub mod domain;
pub mod egress;
pub mod feed;
pub mod imports;
pub mod jobs;
pub mod media;
pub mod search;
pub mod store;
pub mod web;
