//! Flows held, ended and begun again from outside or by themselves.

// Pauses: who holds a flow, exactly from when to when.
mod valve;
// Ends from outside.
mod kill_switch;
// What is done at the end, and what is released behind it.
mod endings;
// What is tried again, and when.
mod trying;
// Failures of a tube, decided on.
mod supervising;
