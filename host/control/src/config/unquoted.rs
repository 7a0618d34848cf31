use std::borrow::Cow;

/// The parser's words without the value that it found. Where the name of a secret's file belongs, somebody may have written
/// the secret; and what is said of the configuration is logged, and told to whoever may ask for the status.
pub(super) fn without_value(message: &str) -> Cow<'_, str> {
    let found = ["invalid type: ", "invalid value: "].iter().find_map(|start| message.strip_prefix(start));
    let parts = found.and_then(|found| Some((found, found.rsplit_once(", expected ")?)));
    match parts {
        Some((found, (value, expected))) => {
            let what = message.strip_suffix(found).unwrap_or_default();
            // `string "..."`, `integer `5``.
            let kind = value.split(['"', '`']).next().unwrap_or_default().trim_end();
            format!("{what}{kind}, expected {expected}").into()
        }
        None => message.into(),
    }
}
