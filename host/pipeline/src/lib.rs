//! A flow: tables go through a query, the rules over it and a target, and come out as requests.
//!
//! The direction is always the same, each plugin sees only what the one before it gave, and a
//! flow keeps the generations that it began with. Nothing is sent, kept or looked up here: what a
//! run depends on is handed in, and what it made is handed back.
//!
//! What may not come in: sockets, files, a clock, SQL, and what decides whether a plugin may run.

#![forbid(unsafe_code)]

mod flow;
mod schedule;
mod steps;

pub use flow::{Done, Flow, FlowError, Flowed, Occasion};
pub use schedule::{Due, PERIOD, PastRun, Schedule};
