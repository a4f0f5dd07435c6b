//! Integration tests: the real router, the real databases, a web server of our own as the outside world.
