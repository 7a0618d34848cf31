//! What a person sees: text from outside made harmless, aligned tables, progress.

use std::{
    fmt::Write as _,
    io::{self, IsTerminal as _, Write as _},
    time::Duration,
};

use indicatif::{ProgressBar, ProgressStyle};

/// More of one value than this says nothing to a reader and hides what comes after it.
const VALUE_CHARS: usize = 4_000;

/// Text that may come from a plugin, a file or another process, for a terminal: control
/// characters and those that rewrite what is around them are escaped, and it has an end.
#[must_use]
pub fn shown(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (count, character) in text.chars().enumerate() {
        if count == VALUE_CHARS {
            let _ = write!(out, "… ({} bytes in all)", text.len());
            break;
        }
        match character {
            '\n' => out.push('\n'),
            '\t' => out.push_str("    "),
            _ if hidden(character) => out.extend(character.escape_unicode()),
            _ => out.push(character),
        }
    }
    out
}

/// As [`shown`], and on one line.
#[must_use]
pub fn line(text: &str) -> String {
    shown(text).replace('\n', "\\n")
}

/// Controls, and the format characters that turn the direction of text or take no room.
fn hidden(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Writes to standard output. A reader that has seen enough (`| head`) is no fault of ours.
pub fn print(text: &str) {
    let mut out = io::stdout().lock();
    let newline = if text.ends_with('\n') || text.is_empty() { "" } else { "\n" };
    let _ = write!(out, "{text}{newline}");
    let _ = out.flush();
}

/// Writes what another program reads, to the byte.
pub fn print_exactly(text: &str) {
    print_bytes(text.as_bytes());
}

/// Writes bytes that another program reads.
pub fn print_bytes(bytes: &[u8]) {
    let mut out = io::stdout().lock();
    let _ = out.write_all(bytes);
    let _ = out.flush();
}

/// Writes a value as JSON that a person can read too.
pub fn print_json(value: &impl serde::Serialize) {
    match serde_json::to_string_pretty(value) {
        Ok(text) => print(&harmless_json(&text)),
        Err(error) => note(&format!("the answer cannot be written as JSON: {error}")),
    }
}

/// JSON escapes the oldest control characters alone. What else a terminal acts on can only stand
/// inside strings, where it may be written as an escape too.
#[must_use]
pub fn harmless_json(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        if character != '\n' && hidden(character) {
            for unit in character.encode_utf16(&mut [0; 2]) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(character);
        }
    }
    out
}

/// Says something beside the result, on standard error.
pub fn note(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Rows under headings, each column as wide as its widest value; the last one runs free.
#[derive(Debug)]
pub struct Columns {
    rows: Vec<Vec<String>>,
}

impl Columns {
    /// A table with these headings.
    #[must_use]
    pub fn new(headings: &[&str]) -> Self {
        Self { rows: vec![headings.iter().map(|heading| (*heading).to_owned()).collect()] }
    }

    /// Adds a row; its values may come from outside.
    pub fn row<T: AsRef<str>>(&mut self, values: impl IntoIterator<Item = T>) {
        self.rows.push(values.into_iter().map(|value| line(value.as_ref())).collect());
    }

    /// Whether there is nothing below the headings.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.len() < 2
    }

    /// The table as text.
    #[must_use]
    pub fn text(&self) -> String {
        let mut widths: Vec<usize> = Vec::new();
        for row in &self.rows {
            for (index, value) in row.iter().enumerate() {
                let chars = value.chars().count();
                match widths.get_mut(index) {
                    Some(width) => *width = chars.max(*width),
                    None => widths.push(chars),
                }
            }
        }
        let mut text = String::new();
        for row in &self.rows {
            let mut written = String::new();
            for (value, width) in row.iter().zip(&widths) {
                let _ = write!(written, "{value:width$}  ");
            }
            text.push_str(written.trim_end());
            text.push('\n');
        }
        text
    }
}

/// Shows that long work goes on, where somebody looks; elsewhere it is silent.
#[derive(Debug)]
pub struct Progress(ProgressBar);

impl Progress {
    /// Begins to show; the first words come a moment later, so that short work shows nothing.
    #[must_use]
    pub fn start(what: &str) -> Self {
        if !io::stderr().is_terminal() {
            return Self(ProgressBar::hidden());
        }
        let bar = ProgressBar::new_spinner();
        if let Ok(style) = ProgressStyle::with_template("{spinner} {wide_msg} {elapsed}") {
            bar.set_style(style);
        }
        bar.set_message(line(what));
        bar.enable_steady_tick(Duration::from_millis(120));
        Self(bar)
    }

    /// Shows what is being done now.
    pub fn at(&self, what: &str) {
        self.0.set_message(line(what));
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_from_outside_moves_the_cursor_or_turns_the_text() {
        assert_eq!(shown("a\u{1b}[2J\u{202e}b\r\u{200b}"), "a\\u{1b}[2J\\u{202e}b\\u{d}\\u{200b}");
        assert_eq!(line("a\nb"), "a\\nb");
        assert!(shown(&"x".repeat(1 << 20)).len() < 5_000);
    }

    #[test]
    fn json_for_a_terminal_says_the_same_and_moves_nothing() {
        let value = "a\u{9b}2J\u{202e}\u{e0001}\u{1b}";
        let text = harmless_json(&serde_json::to_string_pretty(&[value]).unwrap());
        assert_eq!(text, "[\n  \"a\\u009b2J\\u202e\\udb40\\udc01\\u001b\"\n]");
        assert_eq!(serde_json::from_str::<[String; 1]>(&text).unwrap(), [value]);
    }

    #[test]
    fn columns_are_as_wide_as_their_widest_value() {
        let mut columns = Columns::new(&["ID", "STATE"]);
        columns.row(["contoso.a", "running"]);
        columns.row(["é", ""]);
        assert_eq!(columns.text(), "ID         STATE\ncontoso.a  running\né\n");
    }
}
