//! The wire half of the pretend site, asked by clients that are not ours: tiberius, and `tsql` of FreeTDS.

#![cfg(test)]

mod attention;
mod browser;
mod faults;
mod freetds;
mod hierarchy;
mod login;
mod program;
mod replay;
mod requests;
mod session;
mod support;
mod types;
