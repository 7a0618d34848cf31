//! A receiver from outside: a client that speaks TLS to it, and the database beside it.

#![cfg(test)]

mod caps;
mod connections;
mod disk;
mod house;
mod killed;
mod once;
mod retention;
mod tenants;
