//! What happens to every request and every response, whatever the route.
//!
//! The order, from the outside in:
//!
//! 1. [`visit`]: who asks, over which scheme, for which path below the base path; address and method within bounds.
//! 2. deadline of the whole response (120 s), then compression (br, gzip).
//! 3. [`dress`]: pages and errors are rendered, headers and policies put on, the request is logged.
//! 4. a panic becomes an error page; a handler has 30 s.
//! 5. [`csrf`]: what another site sends is refused.
//! 6. deadline of the whole request body (30 s).
//!
//! What a route itself demands (a session, the size of its body) is put on by the router, and [`keep`] in front of pages
//! that may be given again as long as nothing has changed.

pub mod client;
pub mod csrf;
pub mod dress;
pub mod gate;
pub mod keep;
pub mod policy;
pub mod visit;
