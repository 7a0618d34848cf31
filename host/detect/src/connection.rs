//! Connection strings, and URLs with their host and whoever logs on there.

use crate::{Kind, scan::Scan, secret::LONGEST_KEY, text::Lower};

/// A connection string has no more pairs, and each is no longer.
const MOST_PAIRS: usize = 40;
const LONGEST_PART: usize = 256;

impl Scan<'_> {
    /// The pairs from the key at `start..end` on.
    pub fn connection_string(&mut self, first: ConnectionKey, start: usize, equals: usize) {
        let mut servers = 0;
        let mut known = 0;
        let mut at = equals;
        let mut kind = first;
        let mut stop = start;
        for _ in 0..MOST_PAIRS {
            let value_end = self.part_end(at + 1);
            servers += usize::from(matches!(kind, ConnectionKey::Server | ConnectionKey::SecondWord));
            known += usize::from(kind != ConnectionKey::Unknown);
            stop = value_end;
            if self.text.at(value_end) != b';' {
                break;
            }
            stop += 1;
            let next = self.text.run(stop, 2, |byte| byte == b' ');
            let name_end = self.text.run(next, LONGEST_KEY, |byte| {
                byte.is_ascii_alphanumeric() || matches!(byte, b' ' | b'_' | b'-')
            });
            if self.text.at(name_end) != b'=' {
                break;
            }
            at = name_end;
            let key = Lower::squeezed(self.text.slice(next..name_end));
            kind = self.connection_key(next, key.as_bytes()).unwrap_or(ConnectionKey::Unknown);
        }
        self.pairs_done = stop;
        if servers > 0 && known >= 2 {
            self.put(Kind::ConnectionString, first_word(self.text.slice(0..start), start, first), stop);
        }
    }

    /// Where the value in a connection string ends: quoted, in braces, or up to the next `;`.
    fn part_end(&self, from: usize) -> usize {
        let quote = self.text.at(from);
        let close = match quote {
            b'"' | b'\'' => quote,
            b'{' => b'}',
            _ => 0,
        };
        if close != 0 {
            let end = self.text.run(from + 1, LONGEST_PART, |byte| byte != close && byte != b'\n');
            return if self.text.at(end) == close { end + 1 } else { end };
        }
        let end = self.text.run(from, LONGEST_PART, |byte| {
            byte >= b' ' && !matches!(byte, b';' | b'"' | b'<' | b'>' | b'|')
        });
        if self.text.at(end) == b';' {
            return end;
        }
        // The last one: what follows a space is no more of it, but for `Trusted Connection = yes`.
        let word = self
            .text
            .run(from, LONGEST_PART, |byte| byte > b' ' && !matches!(byte, b';' | b'"' | b'<' | b'>' | b'|'));
        self.text.run_back(word, word - from, |byte| matches!(byte, b'\'' | b',' | b'.' | b')' | b']' | b'}'))
    }

    /// What the key that begins at `start` is in a connection string.
    pub fn connection_key(&self, start: usize, key: &[u8]) -> Option<ConnectionKey> {
        let before = |what: &[u8]| start.checked_sub(what.len()).is_some_and(|at| self.text.has(at, what));
        Some(match key {
            b"server" | b"datasource" | b"address" | b"addr" | b"networkaddress" | b"host"
            | b"accountname" | b"endpoint" | b"blobendpoint" | b"hostname" | b"dsn" | b"failoverpartner" => {
                ConnectionKey::Server
            }
            b"source" if before(b"data ") => ConnectionKey::SecondWord,
            b"database"
            | b"initialcatalog"
            | b"uid"
            | b"userid"
            | b"user"
            | b"username"
            | b"password"
            | b"pwd"
            | b"trustedconnection"
            | b"integratedsecurity"
            | b"encrypt"
            | b"trustservercertificate"
            | b"provider"
            | b"driver"
            | b"persistsecurityinfo"
            | b"connectiontimeout"
            | b"connecttimeout"
            | b"multipleactiveresultsets"
            | b"applicationname"
            | b"app"
            | b"port"
            | b"authentication"
            | b"defaultendpointsprotocol"
            | b"accountkey"
            | b"endpointsuffix"
            | b"sharedaccesskey"
            | b"sharedaccesssignature"
            | b"sharedaccesskeyname"
            | b"sslmode"
            | b"pooling"
            | b"maxpoolsize"
            | b"minpoolsize"
            | b"workstationid"
            | b"applicationintent"
            | b"multisubnetfailover"
            | b"queueendpoint"
            | b"charset"
            | b"entitypath"
            | b"packetsize"
            | b"attachdbfilename" => ConnectionKey::Other,
            b"id" if before(b"user ") => ConnectionKey::Other,
            b"catalog" if before(b"initial ") => ConnectionKey::Other,
            _ => return None,
        })
    }

    /// `scheme://host`, with the name and password of somebody or not.
    pub fn url(&mut self, colon: usize) {
        let scheme_start = self
            .text
            .run_back(colon, 24, |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'.' | b'-'));
        let scheme = Lower::squeezed(self.text.slice(scheme_start..colon));
        let start = colon + 3;
        let end = self.text.run(start, 512, |byte| {
            byte > b' '
                && !matches!(
                    byte,
                    b'/' | b'?' | b'"' | b'<' | b'>' | b'|' | b'\\' | b',' | b';' | b')' | b'\''
                )
        });
        let authority = self.text.slice(start..end);
        let at = authority.iter().rposition(|byte| *byte == b'@');
        if let Some(at) = at
            && let Some(colon) =
                authority.get(..at).and_then(|user| user.iter().position(|byte| *byte == b':'))
            && at > colon + 1
        {
            let database = matches!(
                scheme.as_bytes(),
                b"mongodb"
                    | b"mongodb+srv"
                    | b"postgres"
                    | b"postgresql"
                    | b"mysql"
                    | b"mssql"
                    | b"sqlserver"
                    | b"redis"
                    | b"rediss"
                    | b"amqp"
                    | b"amqps"
                    | b"jdbc"
                    | b"mssql+pyodbc"
                    | b"oracle"
                    | b"nats"
            );
            if database {
                let end = self.text.run(start, 1024, |byte| {
                    byte > b' ' && !matches!(byte, b'"' | b'<' | b'>' | b'|' | b'\'')
                });
                self.put(Kind::ConnectionString, scheme_start, end);
            } else {
                self.put(Kind::Secret, start, start + at);
            }
        }
        let known = matches!(
            scheme.as_bytes(),
            b"http"
                | b"https"
                | b"ftp"
                | b"ftps"
                | b"sftp"
                | b"ssh"
                | b"ldap"
                | b"ldaps"
                | b"smb"
                | b"cifs"
                | b"file"
                | b"tcp"
                | b"nettcp"
                | b"rdp"
                | b"amqp"
                | b"amqps"
                | b"nats"
                | b"wss"
                | b"ws"
                | b"mongodb"
                | b"mongodb+srv"
                | b"postgres"
                | b"postgresql"
                | b"mysql"
                | b"mssql"
                | b"sqlserver"
                | b"redis"
                | b"udp"
                | b"gc"
                | b"mailslot"
                | b"telnet"
                | b"vnc"
                | b"sip"
                | b"ntp"
                | b"mms"
        );
        if known {
            self.url_host(start, end);
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum ConnectionKey {
    Server,
    /// As `Server`, and the word before belongs to the key.
    SecondWord,
    Other,
    /// A key that we do not know, behind one that we do.
    Unknown,
}

/// Where the key begins, with its first word.
fn first_word(before: &[u8], start: usize, key: ConnectionKey) -> usize {
    match key {
        ConnectionKey::SecondWord => start.saturating_sub(b"data ".len()),
        _ if before.ends_with(b"ser ") => start.saturating_sub(b"user ".len()),
        _ if before.ends_with(b"nitial ") => start.saturating_sub(b"initial ".len()),
        _ => start,
    }
}
