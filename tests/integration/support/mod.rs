//! What the tests stand on: databases of their own, the program's parts put together, the outside world as a web server.

pub(crate) mod database;
pub(crate) mod db;
pub(crate) mod dice;
pub(crate) mod house;
pub(crate) mod outside;
pub(crate) mod site;
pub(crate) mod switch;
