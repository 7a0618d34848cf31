use glasshouse_guard::{Floors, Printed};

use crate::{promise, tsql};

/// A statement, from a manifest that nobody has looked at.
pub fn statement(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    let Ok(printed) = Printed::of(text) else { return };
    let sent = printed.as_str();
    if let Err(why) = tsql::judge(sent) {
        promise(false, &format!("what is sent is one SELECT by T-SQL's own rules: {why}\n{sent}"));
    }
    match Printed::of(sent) {
        Ok(again) => promise(again == printed, &format!("what was printed reads as it is: {sent}")),
        Err(refusal) => promise(false, &format!("what was printed passes again: {refusal}\n{sent}")),
    }
    let columns = printed.columns(Floors::shipped());
    promise(
        printed.names().eq(columns.iter().map(|column| column.name.as_str())),
        "each column of the result has a lineage",
    );
    promise(columns.iter().all(|column| !column.why.is_empty()), "each floor has a reason");
}
