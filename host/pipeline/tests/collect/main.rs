//! Collecting from a pretend site and sending to a receiver in this process: the same clients, the same wires as with
//! real ones.

#![cfg(test)]

mod clock;
mod database;
mod failures;
mod house;
mod keys;
mod killed;
mod levels;
mod liars;
mod masked;
mod outage;
mod packs;
mod people;
mod plans;
mod receiver;
mod renewed_files;
mod results;
mod routes;
mod scheduling;
