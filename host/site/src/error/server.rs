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
        // Not a recognized function: the name of one, and no data.
        195 => Cause::Server { number, state, class, message: shown(message) },
        _ => Cause::Server { number, state, class, message: shown(&without_values(message)) },
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

/// A message without what it has in quotes: of a value that cannot be converted (245, 8114) or is there twice (2627),
/// SQL Server tells the value, and what the server says is kept beside the run.
fn without_values(message: &str) -> String {
    let mut kept = String::with_capacity(message.len());
    let mut rest = message;
    // A quote that nobody closes takes all that follows with it.
    while let Some((before, quote, after)) = ['\'', '"', '(']
        .into_iter()
        .filter_map(|quote| rest.find(quote).map(|at| (at, quote)))
        .min()
        .map(|(at, quote)| (&rest[..at], quote, &rest[at + 1..]))
    {
        let end = if quote == '(' { ')' } else { quote };
        kept.push_str(before);
        kept.push_str(if quote == '(' { "(..)" } else { "'..'" });
        rest = after.find(end).map_or("", |at| &after[at + 1..]);
    }
    kept.push_str(rest);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_message_quotes_is_left_out() {
        let said = |message| match cause(245, 1, 16, message) {
            Cause::Server { message, .. } => message,
            other => panic!("{other}"),
        };
        assert_eq!(
            said("Conversion failed when converting the nvarchar value 'PC-0042' to data type int."),
            "Conversion failed when converting the nvarchar value '..' to data type int."
        );
        assert_eq!(said("The duplicate key value is (alice, 7)."), "The duplicate key value is (..).");
        assert_eq!(said("Left open: 'alice"), "Left open: '..'");
        assert_eq!(said("Divide by zero error encountered."), "Divide by zero error encountered.");
    }

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
