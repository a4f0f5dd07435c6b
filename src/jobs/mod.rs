//! The steps between the rooms.
