//! The small tokens of an answer: errors, changes of environment, ends.

use bytes::{BufMut, BytesMut};
use tds_protocol::{Done, DoneInProc, DoneProc, DoneStatus};

use super::{COLLATION, utf16};
use crate::answer::SqlError;

const ERROR: u8 = 0xAA;
const INFO: u8 = 0xAB;
const LOGIN_ACK: u8 = 0xAD;
const ENVIRONMENT: u8 = 0xE3;
const FEATURES: u8 = 0xAE;
const RETURN_STATUS: u8 = 0x79;

/// The command of DONE: a SELECT.
const COMMAND_SELECT: u16 = 0xC1;

/// From this severity on SQL Server closes the connection.
const FATAL: u8 = 20;

/// Text behind a count of one byte, cut if it has to be.
pub(super) fn put_short_text(to: &mut BytesMut, text: &str) {
    let units: Vec<u16> = utf16(text).take(usize::from(u8::MAX)).collect();
    to.put_u8(units.len() as u8);
    units.into_iter().for_each(|unit| to.put_u16_le(unit));
}

/// Text behind a count of two bytes. A message token as a whole has a length of 16 bits.
fn put_text(to: &mut BytesMut, text: &str) {
    let units: Vec<u16> = utf16(text).take(30_000).collect();
    to.put_u16_le(units.len() as u16);
    units.into_iter().for_each(|unit| to.put_u16_le(unit));
}

/// A token whose length in bytes comes before its content.
fn put_sized(to: &mut BytesMut, token: u8, content: impl FnOnce(&mut BytesMut)) {
    let mut bytes = BytesMut::new();
    content(&mut bytes);
    to.put_u8(token);
    to.put_u16_le(u16::try_from(bytes.len()).unwrap_or(u16::MAX));
    to.extend_from_slice(&bytes);
}

fn put_said(to: &mut BytesMut, token: u8, said: &SqlError, server: &str) {
    put_sized(to, token, |to| {
        to.put_u32_le(said.number);
        to.put_u8(said.state);
        to.put_u8(said.class);
        put_text(to, &said.message);
        put_short_text(to, server);
        put_short_text(to, "");
        to.put_u32_le(1);
    });
}

pub(crate) fn put_error(to: &mut BytesMut, error: &SqlError, server: &str) {
    put_said(to, ERROR, error, server);
}

pub(crate) fn put_info(to: &mut BytesMut, number: u32, message: &str, server: &str) {
    put_said(to, INFO, &SqlError::new(number, 1, 0, message), server);
}

/// The kind of a change of environment whose values are text.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Environment {
    Database = 1,
    Language = 2,
    PacketSize = 4,
}

pub(crate) fn put_environment(to: &mut BytesMut, kind: Environment, new: &str, old: &str) {
    put_sized(to, ENVIRONMENT, |to| {
        to.put_u8(kind as u8);
        put_short_text(to, new);
        put_short_text(to, old);
    });
}

pub(crate) fn put_collation(to: &mut BytesMut) {
    put_sized(to, ENVIRONMENT, |to| {
        to.put_u8(7);
        to.put_u8(5);
        to.put_slice(&COLLATION);
        to.put_u8(0);
    });
}

/// The session is as new: the answer to a packet that asked for it.
pub(crate) fn put_reset(to: &mut BytesMut) {
    put_sized(to, ENVIRONMENT, |to| to.put_slice(&[18, 0, 0]));
}

pub(crate) fn put_login_ack(to: &mut BytesMut, tds_version: u32) {
    put_sized(to, LOGIN_ACK, |to| {
        to.put_u8(1);
        // Here alone the version is big-endian.
        to.put_u32(tds_version);
        put_short_text(to, "Microsoft SQL Server");
        to.put_slice(&[16, 0, 0x03, 0xE8]);
    });
}

/// The token of a login by token was taken.
pub(crate) fn put_federated_ack(to: &mut BytesMut) {
    // The feature, no data, and the end of features.
    to.put_slice(&[FEATURES, 0x02, 0, 0, 0, 0, 0xFF]);
}

pub(crate) fn put_return_status(to: &mut BytesMut) {
    to.put_u8(RETURN_STATUS);
    to.put_i32_le(0);
}

/// Which of the three tokens ends a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DoneKind {
    /// A statement of a batch.
    Batch,
    /// A statement in a procedure.
    InProcedure,
    /// The procedure.
    Procedure,
}

/// How a statement ended.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Ended {
    pub(crate) more: bool,
    pub(crate) rows: Option<u64>,
    /// The severity of the error that ended it.
    pub(crate) class: Option<u8>,
    pub(crate) attention: bool,
}

pub(crate) fn put_done(to: &mut BytesMut, kind: DoneKind, ended: Ended) {
    let mut status = DoneStatus::default();
    status.more = ended.more;
    status.error = ended.class.is_some();
    status.srverror = ended.class.is_some_and(|class| class >= FATAL);
    status.count = ended.rows.is_some();
    status.attn = ended.attention;
    let row_count = ended.rows.unwrap_or(0);
    let cur_cmd = if ended.rows.is_some() { COMMAND_SELECT } else { 0 };
    match kind {
        DoneKind::Batch => Done { status, cur_cmd, row_count }.encode(to),
        DoneKind::InProcedure => DoneInProc { status, cur_cmd, row_count }.encode(to),
        DoneKind::Procedure => DoneProc { status, cur_cmd, row_count }.encode(to),
    }
}
