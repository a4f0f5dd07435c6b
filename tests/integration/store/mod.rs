//! The store's rules, each on SQLite and PostgreSQL.

mod accounts;
mod clock;
mod copies;
mod feeds;
mod highlights;
mod housekeeping;
mod ingest;
mod jobs;
mod kill;
mod kill_deeds;
mod lists;
mod log;
mod merging;
mod opening;
mod own_texts;
#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod power;
mod search_limits;
mod searching;
mod sequences;
mod several;
mod state;
mod tags;
mod versions;
