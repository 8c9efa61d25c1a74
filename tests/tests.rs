//! Tests.

// The house as a test: floors, doors, fences, sizes and tidiness of the sources.
mod house;
