//! Nothing to link: this package is its programs.
