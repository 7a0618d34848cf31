/// A text from outside as a person may see it: little of it, and nothing that moves a cursor or
/// turns text round. For messages that quote a file, a plugin or a receiver.
#[must_use]
pub fn shown(text: &str) -> String {
    // One long name, or the longest message of a parser with a name in it.
    const MOST: usize = 200;
    let mut shown = String::new();
    for character in text.chars().take(MOST) {
        match character {
            // Harmless, and a message full of escaped quotes is hard to read.
            '"' | '\'' | '\\' => shown.push(character),
            _ => shown.extend(character.escape_debug()),
        }
    }
    if text.chars().nth(MOST).is_some() {
        shown.push_str("..");
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn what_a_reader_would_not_see_is_written_out() {
        assert_eq!(shown("it's \"x\"\u{1b}[2J\u{202e}\n"), "it's \"x\"\\u{1b}[2J\\u{202e}\\n");
        assert_eq!(shown(&"x".repeat(300)).len(), 202);
    }
}
