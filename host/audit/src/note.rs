//! C2SP's signed notes: a text, an empty line, and signature lines, each with the name of a key.
//!
//! The crate `signed_note` does this too. It would bring an older Ed25519 beside the one that we have, with
//! looser rules of what a signature is, for what are these few lines.

use base64::{Engine as _, engine::general_purpose::STANDARD};

use glasshouse_contract::is_hidden;

use crate::{Signer, Verifier};

/// Ours have under 1 KiB, a checkpoint that many witnesses signed some 10. A note comes from outside.
const MOST_BYTES: usize = 64 << 10;
/// The format lets us refuse more; each costs a comparison.
const MOST_SIGNATURES: usize = 100;
/// What each signature line begins with: an em dash and a space.
const SIGNATURE: &str = "\u{2014} ";

/// A text that is no signed note, or that the key asked for did not sign.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum NoteError {
    /// It is no signed note.
    #[error("it is no signed note: {0}")]
    Malformed(&'static str),
    /// The key did not sign it.
    #[error("the key {0} did not sign it")]
    NotSigned(String),
    /// It says that the key signed it, and the key did not.
    #[error("the signature of the key {0} does not fit the text: one of both was changed")]
    Forged(String),
    /// The signature is good, and the text is not what was asked for.
    #[error("it is no {what}: {why}")]
    Text {
        /// What was asked for.
        what: &'static str,
        /// Where the text differs from one.
        why: &'static str,
    },
}

/// Puts a signature below a text, which ends with a newline.
pub(crate) fn sign(text: &str, signer: &Signer) -> String {
    let signature: Vec<u8> = signer.verifier().id().into_iter().chain(signer.sign(text)).collect();
    format!("{text}\n{SIGNATURE}{} {}\n", signer.name(), STANDARD.encode(signature))
}

/// The text of a note, before anybody asked who signed it.
pub(crate) fn text(note: &str) -> Result<&str, NoteError> {
    Ok(split(note)?.0)
}

/// The text of a note that the key signed. Signatures of other keys may be there, and are not looked at.
pub(crate) fn open<'a>(note: &'a str, verifier: &Verifier) -> Result<&'a str, NoteError> {
    let (text, lines) = split(note)?;
    let mut signed = false;
    for (number, line) in lines.lines().enumerate() {
        if number >= MOST_SIGNATURES {
            return Err(NoteError::Malformed("it has more signatures than anybody needs"));
        }
        let (name, encoded) = line
            .strip_prefix(SIGNATURE)
            .and_then(|line| line.split_once(' '))
            .ok_or(NoteError::Malformed("a signature line is a dash, a name and base64"))?;
        let bytes = STANDARD
            .decode(encoded)
            .map_err(|_| NoteError::Malformed("a signature is not written as base64"))?;
        let (id, signature) = bytes
            .split_first_chunk::<4>()
            .filter(|(_, signature)| !signature.is_empty())
            .ok_or(NoteError::Malformed("a signature is too short"))?;
        if name == verifier.name() && *id == verifier.id() {
            let good = signature.try_into().is_ok_and(|signature| verifier.verifies(text, signature));
            if !good {
                return Err(NoteError::Forged(name.to_owned()));
            }
            signed = true;
        }
    }
    if signed { Ok(text) } else { Err(NoteError::NotSigned(verifier.name().to_owned())) }
}

/// Text with its last newline, and the signature lines.
fn split(note: &str) -> Result<(&str, &str), NoteError> {
    if note.len() > MOST_BYTES {
        return Err(NoteError::Malformed("it has more than 64 KiB"));
    }
    // A stranger may add signature lines to a note, and people print notes. More than the format refuses, which lets in
    // what moves a cursor in other ways and what turns text around.
    if note.chars().any(|c| c != '\n' && is_hidden(c)) {
        return Err(NoteError::Malformed("there is a control character in it"));
    }
    let missing = NoteError::Malformed("there are no signature lines below an empty line");
    // The last empty line is the one: a text may have some of its own.
    let Some(end) = note.rfind("\n\n") else { return Err(missing) };
    let (Some(text), Some(lines)) = (note.get(..=end), note.get(end + 2..)) else { return Err(missing) };
    if lines.is_empty() || !lines.ends_with('\n') {
        return Err(missing);
    }
    Ok((text, lines))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signer(seed: u8) -> Signer {
        Signer::from_seed(&format!("key-{seed}"), &[seed; 32]).unwrap()
    }

    #[test]
    fn a_note_opens_with_the_key_that_signed_it_and_with_no_other() {
        let note = sign("one\n\ntwo\n", &signer(1));
        assert_eq!(open(&note, signer(1).verifier()), Ok("one\n\ntwo\n"));
        assert_eq!(open(&note, signer(2).verifier()), Err(NoteError::NotSigned("key-2".into())));
        let same_name = Signer::from_seed("key-1", &[9; 32]).unwrap();
        assert_eq!(open(&note, same_name.verifier()), Err(NoteError::NotSigned("key-1".into())));
    }

    #[test]
    fn signatures_of_others_are_passed_over() {
        let (first, second) = (sign("text\n", &signer(1)), sign("text\n", &signer(2)));
        let both = format!("{first}{}", second.strip_prefix("text\n\n").unwrap());
        for seed in [1, 2] {
            assert_eq!(open(&both, signer(seed).verifier()), Ok("text\n"));
        }
        assert_eq!(open(&both, signer(3).verifier()), Err(NoteError::NotSigned("key-3".into())));
    }

    #[test]
    fn a_line_that_a_stranger_added_moves_no_cursor_and_turns_no_text() {
        let note = sign("text\n", &signer(1));
        for name in ["\u{1b}[2J", "\u{9b}2J", "\u{7f}", "\u{202e}", "\u{200b}", "\r"] {
            let added = format!("{note}{SIGNATURE}{name} AAAAAAAA\n");
            let refused = NoteError::Malformed("there is a control character in it");
            assert_eq!(text(&added), Err(refused), "{name:?}");
            assert!(open(&added, signer(1).verifier()).is_err(), "{name:?}");
        }
        assert_eq!(
            open(&format!("{note}{SIGNATURE}W\u{e4}rter AAAAAAAA\n"), signer(1).verifier()),
            Ok("text\n")
        );
    }

    #[test]
    fn the_note_of_the_go_documentation_opens() {
        // The example of golang.org/x/mod/sumdb/note.
        let verifier = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW".parse().unwrap();
        let text = "If you think cryptography is the answer to your problem,\n\
                    then you don't know what your problem is.\n";
        let note = format!(
            "{text}\n\u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
        );
        assert_eq!(open(&note, &verifier), Ok(text));
    }

    #[test]
    fn every_bit_of_a_note_counts() {
        let note = sign("glasshouse\n7\n", &signer(1)).into_bytes();
        for place in 0..note.len() * 8 {
            let mut bytes = note.clone();
            bytes[place / 8] ^= 1 << (place % 8);
            if let Ok(text) = std::str::from_utf8(&bytes) {
                assert!(open(text, signer(1).verifier()).is_err(), "bit {place}: {text}");
            }
        }
    }

    #[test]
    fn what_is_no_note_says_why() {
        let good = sign("text\n", &signer(1));
        for (bad, why) in [
            (String::new(), "no signature lines"),
            (String::from("text\n"), "no signature lines"),
            (String::from("text\n\n"), "no signature lines"),
            (good.trim_end().to_owned(), "no signature lines"),
            (good.replace("text", "te\txt"), "control character"),
            (good.replace('\u{2014}', "-"), "a dash, a name"),
            (good.replace("key-1 ", "key-1 %"), "base64"),
            (String::from("text\n\n\u{2014} key-1 AAAA\n"), "too short"),
            (format!("{}{good}", "x".repeat(70_000)), "64 KiB"),
            (format!("text\n\n{}", format!("{SIGNATURE}k AAAAAAAA\n").repeat(101)), "more signatures"),
        ] {
            let error = open(&bad, signer(1).verifier()).unwrap_err().to_string();
            assert!(error.contains(why), "{bad:.60}: {error}");
        }
    }
}
