//! What the tests stand on: the outside world as a web server of our own.

pub(crate) mod outside;
