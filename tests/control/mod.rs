//! Flows held, ended and begun again from outside or by themselves.

// What they share.
mod kit;
// Pauses: who holds a flow, exactly from when to when.
mod valve;
// Ends from outside.
mod kill_switch;
// What is done at the end.
mod endings;
// What is acquired before the first item, and released behind the last one.
mod resources;
// Calls that are tried again for their item, and when.
mod retrying;
// Founts that are made anew, and when.
mod restarting;
// Failures of a tube, decided on.
mod supervising;
