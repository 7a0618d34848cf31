//! What SQL Server's error numbers mean here.

use glasshouse_contract::shown;

use super::Cause;

/// The cause that an error of the server stands for.
pub(super) fn cause(number: u32, state: u8, class: u8, message: &str) -> Cause {
    match number {
        // Invalid object name; could not find stored procedure; cannot find the function.
        208 | 2812 | 4121 => Cause::MissingObject { number, name: name_in(message) },
        207 => Cause::MissingColumn { number, name: name_in(message) },
        // On an object; on a column; in a database; for a server-wide view (297, 300); on a database.
        229 | 230 | 262 | 297 | 300 | 371 | 916 => Cause::Permission { number, message: shown(message) },
        1205 => Cause::Deadlock,
        1222 => Cause::LockTimeout,
        _ => Cause::Server { number, state, class, message: shown(message) },
    }
}

/// The name that a message has in quotes, if it looks like one. Names of objects are not data; anything else that a
/// message has in quotes may be.
fn name_in(message: &str) -> Option<String> {
    // English, and what LANGUAGE gives for others: all put the name into straight or double quotes.
    let name = message.split(['\'', '"']).nth(1)?;
    let fits = (1..=261).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.[]#$@".contains(&byte));
    fits.then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_that_is_missing_is_told_and_nothing_else_is_quoted() {
        let name = |message| match cause(208, 1, 16, message) {
            Cause::MissingObject { name, .. } => name,
            other => panic!("{other}"),
        };
        assert_eq!(name("Invalid object name 'dbo.v_R_System'.").as_deref(), Some("dbo.v_R_System"));
        assert_eq!(name("Invalid object name 'CONTOSO\\alice is here'."), None);
        assert_eq!(name("Something else."), None);
    }
}
