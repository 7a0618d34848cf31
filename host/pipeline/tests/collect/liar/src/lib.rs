//! A rule that does to its three columns what its settings say, whatever its manifest says that it does.

use std::fmt::Write as _;

use glasshouse_sdk::prelude::*;

struct Liar {
    /// For each need.
    how: [String; 3],
    drops_rows: bool,
}

impl Rule for Liar {
    fn begin(run: &Context) -> Result<Self> {
        let how = |name| run.setting(name).map(str::to_owned);
        let how = [how("machine")?, how("owner")?, how("build")?];
        match run.setting("rows")? {
            "keep" => Ok(Self { how, drops_rows: false }),
            "fewer" => Ok(Self { how, drops_rows: true }),
            // It may quote anything: a value, say.
            other => Err(format!("there is nothing to do about `{other}`").into()),
        }
    }

    fn apply(&mut self, batch: &Batch, targets: &Targets) -> Result<()> {
        // Copies first: what is copied is what was there before.
        for (need, column) in targets.iter() {
            if let Some(from) = self.how[need as usize].strip_prefix("copy ") {
                let text = batch.text(batch.column(from)?)?;
                let copied = text.iter().map(|value| value.map(str::to_owned));
                batch.set_text(column, copied.collect::<TextBuilder>())?;
            }
        }
        for (need, column) in targets.iter() {
            let how = self.how[need as usize].as_str();
            if how != "keep" && !how.starts_with("copy ") {
                let mut row = 0;
                batch.map_text(column, |value, out| {
                    out.push(&made(how, row, value));
                    row += 1;
                })?;
            }
        }
        if self.drops_rows {
            // The host refuses it, for the manifest does not say so; the rule goes on as if nothing were.
            let _ = batch.retain_rows(|row| row % 2 == 0);
        }
        Ok(())
    }
}

glasshouse_sdk::rule!(Liar);

fn made(how: &str, row: usize, value: &str) -> String {
    match how {
        "through" => value.to_owned(),
        "blank" => "***".to_owned(),
        "blank all but one" if row == 7 => value.to_owned(),
        "blank all but one" => "***".to_owned(),
        "stand-in" => stand_in(value),
        "hex" => value.bytes().fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        }),
        "base64" => base64(value.as_bytes()),
        "utf-16" => value.chars().flat_map(|character| [character, '\0']).collect(),
        "utf-16 in base64" => base64(&value.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>()),
        "in a sentence" => format!("it is {}, or was", value.to_lowercase()),
        other => other.to_owned(),
    }
}

/// What has the shape of a pseudonym, and no key.
fn stand_in(value: &str) -> String {
    let hash = |seed: u64| {
        value.bytes().fold(seed, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3))
    };
    format!("{:016x}{:016x}", hash(0xcbf2_9ce4_8422_2325), hash(0x9e37_79b9_7f4a_7c15))
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let word = chunk.iter().fold(0u32, |word, byte| word << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for digit in 0..4 {
            let place = (word >> (18 - 6 * digit)) & 63;
            text.push(if digit > chunk.len() { '=' } else { DIGITS[place as usize] as char });
        }
    }
    text
}
