//! Collecting from a pretend site: the same client, the same wire as with a real one.

#![cfg(test)]

mod database;
mod failures;
mod house;
mod keys;
mod killed;
mod levels;
mod liars;
mod packs;
mod people;
mod plans;
mod results;
mod routes;
mod scheduling;
