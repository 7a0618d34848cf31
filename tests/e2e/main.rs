//! The whole product from outside: the real binary, real files, a real socket.
//!
//! Every test has a state directory of its own, and whatever it starts ends with it.

#![cfg(test)]

mod architecture;
mod audit;
mod authoring;
mod canaries;
mod collect;
mod control;
mod delivery;
mod detect;
mod exit_codes;
mod faulty_receivers;
mod flow;
mod full_disk;
mod house;
mod journal;
mod keys;
mod killed;
mod outbox_full;
mod receive;
mod redaction;
mod trust;
mod upgrade;
mod ways_to_receivers;
