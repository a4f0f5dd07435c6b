//! The one door out.
