//! The ways a reader walks: from nothing to the first article, and what comes after.
