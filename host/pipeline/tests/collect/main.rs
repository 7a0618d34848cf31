//! Collecting from a pretend site: the same client, the same wire as with a real one.

#![cfg(test)]

mod database;
mod failures;
mod house;
mod keys;
mod killed;
mod levels;
mod packs;
mod plans;
mod results;
mod scheduling;
