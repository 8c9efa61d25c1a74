//! Founts.
