//! The web side: who may do what, what goes out with every answer, and each page of its own.

mod accounts;
mod errands;
mod exporting;
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
mod publishing;
mod reading;
mod routes;
mod ruling;
mod searching;
mod serving;
mod setting_up;
mod settings;
mod sharing;
mod signing_in;
mod tagging;
mod typography;
