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

/// Whether a character is one that a reader does not see: a control character, or a format character that
/// turns the direction of text, hides a part of it or takes no room.
#[must_use]
pub fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
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
