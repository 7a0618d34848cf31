//! Paths that name a server or a person.

use crate::{Kind, scan::Scan, text::Lower, words::is_folder};

/// The longest path that is followed; longer ones are found up to here.
const LONGEST_PATH: usize = 1024;

/// Words that a folder's name may have between its first and its last.
const MOST_SPACES: usize = 4;

impl Scan<'_> {
    /// The first of the backslashes at `at`.
    pub fn backslash(&mut self, at: usize) {
        if at < self.path_done || self.text.before(at) == b'\\' {
            return;
        }
        let right = self.text.run(at, 8, |byte| byte == b'\\');
        let count = right - at;
        let before = self.text.before(at);
        let joined = self.text.comes_from(at)
            || matches!(before, b':' | b'.' | b'%' | b'}' | b')' | b'-' | b'$' | b'?' | b'*');
        let labelled = before == b':' && !self.is_drive(at);
        match count {
            2 | 4 if !joined || labelled => self.unc(at, right),
            1 | 2 if joined && before != b':' => {
                if let Some(end) = self.account(at, right) {
                    self.path_done = end;
                    return;
                }
                self.folders(at, right);
            }
            _ => self.folders(at, right),
        }
    }

    /// Whether the colon before `at` is that of a drive.
    fn is_drive(&self, at: usize) -> bool {
        let letter = self.text.before(at.saturating_sub(1));
        let before = self.text.before(at.saturating_sub(2));
        letter.is_ascii_alphabetic() && !before.is_ascii_alphanumeric()
    }

    /// `\\server\share\folder`, also with every backslash written twice.
    fn unc(&mut self, start: usize, host: usize) {
        let doubled = host - start == 4;
        let part =
            |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'@' | b':');
        let mut host_start = host;
        // `\\?\UNC\server\share`, `\\?\C:\..`, `\\.\pipe`.
        if matches!(self.text.at(host), b'?' | b'.') && self.text.at(host + 1) == b'\\' {
            let after = self.text.run(host + 1, 4, |byte| byte == b'\\');
            if !self.text.has(after, b"unc\\") {
                return self.folders(start, after);
            }
            host_start = self.text.run(after + 3, 4, |byte| byte == b'\\');
        }
        let host_end = self.text.run_of_letters(host_start, 255, part);
        let name = self.text.slice(host_start..host_end);
        let name = name.strip_suffix(b":").unwrap_or(name);
        let host_end = host_start + name.len();
        let separators = self.text.run(host_end, 8, |byte| byte == b'\\') - host_end;
        let lower = Lower::squeezed(name);
        let nobody = matches!(
            lower.as_bytes(),
            b"localhost"
                | b"127001"
                | b"server"
                | b"servername"
                | b"host"
                | b"hostname"
                | b"device"
                | b"pipe"
                | b"n"
                | b"t"
                | b"r"
                | b"d"
                | b"w"
                | b"s"
        );
        let letters = name.iter().any(|byte| byte.is_ascii_alphanumeric() || *byte >= 0x80);
        // Two in front and two behind: an escaped `\Device\Harddisk`.
        let escaped = !doubled && separators >= 2;
        if nobody || !letters || escaped || name.len() < 2 || name.contains(&b':') {
            return self.folders(start, host);
        }
        let end = if separators == 0 {
            // Without a share only as `\\server` alone, not as what a pattern matches: `\\d+`.
            if name.len() < 3 || matches!(self.text.at(host_end), b'+' | b'*' | b'(' | b'[' | b'{' | b'?') {
                return;
            }
            self.text.run_back(host_end, host_end - host_start, |byte| matches!(byte, b'.' | b'-'))
        } else {
            self.path_end(host_end, self.text.before(start))
        };
        self.put(Kind::UncPath, start, end);
        self.path_done = end;
    }

    /// A path on a drive, in the registry or below a device; `right` is where its first folder begins.
    fn folders(&mut self, at: usize, right: usize) {
        let drive = self.text.before(at) == b':';
        let start = if drive { self.text.run_back(at - 1, 1, |byte| byte.is_ascii_alphabetic()) } else { at };
        let end = self.path_end(at, self.text.before(start));
        self.path_done = end.max(right);
        self.profile(start, at, end);
    }

    /// The person's folder in the path whose first separator is at `at`.
    fn profile(&mut self, start: usize, at: usize, end: usize) {
        let separator = |byte: u8| matches!(byte, b'\\' | b'/');
        let mut from = self.text.run(at, end - at, separator);
        while from < end {
            let stop = self.text.run(from, end - from, |byte| !separator(byte));
            let next = self.text.run(stop, end - stop, separator);
            let folder = Lower::squeezed(self.text.slice(from..stop));
            let homes = matches!(
                folder.as_bytes(),
                b"users"
                    | b"benutzer"
                    | b"utilisateurs"
                    | b"usuarios"
                    | b"utenti"
                    | b"gebruikers"
                    | b"documentsandsettings"
                    | b"dokumenteundeinstellungen"
            );
            if homes && next < end {
                let person_end = self.text.run(next, end - next, |byte| !separator(byte));
                let person = Lower::squeezed(self.text.slice(next..person_end));
                let person_end =
                    self.text.run_back(person_end, person_end - next, |byte| matches!(byte, b'.' | b' '));
                // `C:\Users\%USERNAME%` is no person.
                let variable = matches!(self.text.at(next), b'%' | b'$' | b'{' | b'<' | b'*');
                if !is_common_profile(person.as_bytes()) && !variable && person_end > next {
                    self.put(Kind::ProfilePath, start, person_end);
                }
                return;
            }
            from = next;
        }
    }

    /// Where the path ends that goes on with a separator at `at`. Inside quotes at the quote; elsewhere a space
    /// belongs to it only inside of a folder's name.
    fn path_end(&self, at: usize, quote: u8) -> usize {
        let quoted = matches!(quote, b'"' | b'\'');
        let limit = at + LONGEST_PATH;
        let mut end = at;
        // Where the folder at hand had its first space, and how many it had.
        let mut space = None;
        let mut spaces = 0;
        let mut word = at;
        while end < limit {
            let byte = self.text.at(end);
            match byte {
                b'\\' | b'/' => {
                    let last = self.text.slice(word..end);
                    if space.is_some() && !quoted && (last.is_empty() || self.is_domain_word(last)) {
                        break;
                    }
                    space = None;
                    spaces = 0;
                    word = end + 1;
                }
                _ if quoted && byte == quote => {
                    // An apostrophe inside a name: `'C:\Users\O'Brien'`.
                    let inside = byte == b'\''
                        && self.text.before(end).is_ascii_alphabetic()
                        && self.text.at(end + 1).is_ascii_alphabetic();
                    if !inside {
                        return end;
                    }
                }
                b' ' => {
                    if space.is_some() && !quoted && self.is_small_word(word, end) {
                        break;
                    }
                    space.get_or_insert(end);
                    spaces += 1;
                    word = end + 1;
                    if !quoted && spaces > MOST_SPACES || self.text.at(end + 1) == b' ' {
                        break;
                    }
                }
                b'\''
                    if self.text.before(end).is_ascii_alphabetic()
                        && self.text.at(end + 1).is_ascii_alphabetic() => {}
                b',' | b';' | b'\'' | b'=' | b'[' | b']' | b'&' if !quoted => break,
                b'(' | b')' if !quoted && space.is_none() => break,
                0..b' ' | b'"' | b'<' | b'>' | b'|' | b':' | b'*' | b'?' => break,
                0x80.. => {
                    let Some(character) = self.text.char_at(end) else { break };
                    if matches!(
                        character,
                        '\u{201c}'
                            | '\u{201d}'
                            | '\u{201e}'
                            | '\u{ab}'
                            | '\u{bb}'
                            | '\u{2018}'
                            | '\u{2019}'
                            | '\u{201a}'
                    ) {
                        break;
                    }
                    end += character.len_utf8();
                    continue;
                }
                _ => {}
            }
            end += 1;
        }
        let end = space.unwrap_or(end).min(self.text.len());
        self.text.run_back(end, end.saturating_sub(at + 1), |byte| matches!(byte, b'.' | b')' | b'!'))
    }

    fn is_small_word(&self, word: usize, end: usize) -> bool {
        let lower = Lower::squeezed(self.text.slice(word..end));
        let settings = [b"documents ".as_slice(), b"dokumente "]
            .iter()
            .any(|before| word.checked_sub(before.len()).is_some_and(|at| self.text.has(at, before)));
        !settings && SMALL_WORDS.contains(&lower.as_bytes())
    }

    /// After a space, the domain of an account and no more of a folder's name.
    fn is_domain_word(&self, word: &[u8]) -> bool {
        let capitals = word.len() > 1
            && !word.iter().any(u8::is_ascii_lowercase)
            && word.iter().any(u8::is_ascii_uppercase);
        (capitals && !is_folder(Lower::squeezed(word).as_bytes())) || self.detectors.is_own_short_domain(word)
    }

    /// A slash before `u` or `h`: `/Users/ann`, `/home/ann`, `C:/Users/ann`.
    pub fn slash(&mut self, at: usize) {
        let after = if self.text.has(at, b"/users/") {
            at + 7
        } else if self.text.has(at, b"/home/") {
            at + 6
        } else {
            return;
        };
        let before = self.text.before(at);
        let drive = before == b':' && self.is_drive(at);
        let start = if drive { at - 2 } else { at };
        // Below a host or a folder it is the path of a URL.
        if !drive && (self.text.comes_from(at) || matches!(before, b'.' | b'-' | b'}' | b'~')) {
            return;
        }
        let part = |byte: u8| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b'\'' | b'+' | b'@')
        };
        let end = self.text.run_of_letters(after, 104, part);
        let end = self.text.run_back(end, end - after, |byte| matches!(byte, b'.' | b'\'' | b'-'));
        if end > after && !is_common_profile(Lower::squeezed(self.text.slice(after..end)).as_bytes()) {
            self.put(Kind::ProfilePath, start, end);
        }
    }
}

/// Profiles that every machine has.
fn is_common_profile(name: &[u8]) -> bool {
    matches!(
        name,
        b"public"
            | b"default"
            | b"defaultuser"
            | b"defaultuser0"
            | b"allusers"
            | b"administrator"
            | b"systemprofile"
            | b"localservice"
            | b"networkservice"
            | b"wdagutilityaccount"
            | b"guest"
            | b"username"
            | b"user"
            | b"offentlich"
            | b"defaultapppool"
            | b"shared"
            | b"x"
            | b""
            | b"defaultaccount"
            | b"allusersprofile"
            | b"desktopini"
    )
}

/// Words that come between two things that are spoken of, and in no folder's name before a backslash.
const SMALL_WORDS: [&[u8]; 51] = [
    b"to",
    b"from",
    b"in",
    b"on",
    b"at",
    b"by",
    b"for",
    b"or",
    b"with",
    b"as",
    b"is",
    b"was",
    b"not",
    b"into",
    b"via",
    b"failed",
    b"nach",
    b"von",
    b"auf",
    b"mit",
    b"oder",
    b"ist",
    b"wurde",
    b"nicht",
    b"vers",
    b"depuis",
    b"sur",
    b"ou",
    b"est",
    b"par",
    b"avec",
    b"user",
    b"server",
    b"host",
    b"path",
    b"has",
    b"does",
    b"exists",
    b"because",
    b"using",
    b"then",
    b"account",
    b"successfully",
    b"and",
    b"und",
    b"et",
    b"owner",
    b"but",
    b"->",
    b"=>",
    b"where",
];
