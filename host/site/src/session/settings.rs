//! What each connection is told first.

use super::Session;
use crate::error::Cause;

/// The settings of a session, each with its reason. They go out in one batch; a server that does not know one of
/// them refuses the batch, and then each is sent by itself.
const SETTINGS: [&str; 14] = [
    // A statement that waits for a lock for longer than ten seconds gives up: the site's own work goes first.
    "SET LOCK_TIMEOUT 10000",
    // In a deadlock it is this host that is ended, and never the site.
    "SET DEADLOCK_PRIORITY LOW",
    // Rows that were committed. Below it (NOLOCK) rows are read twice or not at all while pages split, and counts
    // would be wrong without anybody seeing it; above it locks are kept for longer, which the site would feel. Site
    // databases have READ_COMMITTED_SNAPSHOT on, where this takes no locks at all.
    "SET TRANSACTION ISOLATION LEVEL READ COMMITTED",
    // Nothing here begins a transaction, and nothing shall be left open by accident.
    "SET IMPLICIT_TRANSACTIONS OFF",
    "SET XACT_ABORT ON",
    // Texts of months and errors, and 01-02-2026, mean the same under every login's language.
    "SET LANGUAGE us_english",
    "SET DATEFORMAT ymd",
    "SET DATEFIRST 7",
    // What SQL Server's own tools set, and a bare TDS login does not: comparisons with NULL, quoting and
    // concatenation as the standard has them. Indexed views and computed columns are used under these alone.
    "SET ANSI_NULLS ON",
    "SET ANSI_PADDING ON",
    "SET ANSI_WARNINGS ON",
    "SET ARITHABORT ON",
    "SET CONCAT_NULL_YIELDS_NULL ON",
    "SET QUOTED_IDENTIFIER ON",
];

/// Sends the settings. One that the server does not know is a warning and no failure: SQL Server is not the only
/// server that speaks TDS, and none of these decides whether an answer is right on a server that has it otherwise.
pub(super) async fn apply(session: &mut Session) -> Result<(), Cause> {
    if is_known(session.ask(&SETTINGS.join("; ")).await.map(drop))? {
        return Ok(());
    }
    for setting in SETTINGS {
        if !is_known(session.ask(setting).await.map(drop))? {
            tracing::warn!(setting, "the server does not know a setting of the session; going on without it");
        }
    }
    Ok(())
}

/// An error of the server says that it does not know; anything else is a failure.
fn is_known(answer: Result<(), Cause>) -> Result<bool, Cause> {
    match answer {
        Ok(()) => Ok(true),
        Err(
            Cause::Server { class: ..20, .. }
            | Cause::MissingObject { .. }
            | Cause::MissingColumn { .. }
            | Cause::Permission { .. },
        ) => Ok(false),
        Err(cause) => Err(cause),
    }
}
