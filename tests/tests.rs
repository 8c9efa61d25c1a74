//! Tests.

// The house as a test: floors, doors, fences, sizes and tidiness of the sources.
mod house;

// Every fount, drain and stage of ours against the laws.
mod laws;

// Chains against the laws: greetings and farewells, across the seam, at random.
mod chains;

// Broken founts, drains and stages, each of which the laws must catch.
mod breaking;

// Who hears of an end: greetings, farewells, failures and stops.
mod stopping;
