//! What happens to every request and every response, whatever the route.
//!
//! The order, from the outside in:
//!
//! 1. [`visit`]: who asks, over which scheme, for which path below the base path; address and method within bounds.
//! 2. compression (br, gzip); how long the whole response may take, the connection knows ([`super::serve`]).
//! 3. [`dress`]: pages and errors are rendered, headers and policies put on, the request is logged.
//! 4. a panic becomes an error page; a handler has 30 s, or more where bodies may be large.
//! 5. [`csrf`]: what another site sends is refused.
//!
//! What a route itself demands is put on by the router: a session, the size of its body and the time for it ([`upload`]), and
//! [`keep`] in front of pages that may be given again as long as nothing has changed.

pub mod client;
pub mod csrf;
pub mod dress;
pub mod gate;
pub mod keep;
pub mod policy;
pub mod upload;
pub mod visit;
