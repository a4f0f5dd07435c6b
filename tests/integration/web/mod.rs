//! The web side: who may do what, what goes out with every answer, and each page of its own.

mod accounts;
mod errands;
mod feeds;
mod full;
mod headers;
mod highlighting;
mod keeping;
mod listing;
mod media;
mod offline;
mod places;
mod programs;
mod reading;
mod recurring;
mod repeats;
mod routes;
mod ruling;
mod searching;
mod serving;
mod setting_up;
mod settings;
mod signing_in;
mod tagging;
mod typography;
mod versions;
