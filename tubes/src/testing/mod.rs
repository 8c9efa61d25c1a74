//! Fakes and laws.
