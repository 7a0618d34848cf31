//! What a sealed request is, and what it is called.

use std::{fmt, str::FromStr};

use glasshouse_contract::{Digest, Name, PluginId, Request};
use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::HoldId;

/// The id of a request: the same when a broken run is resumed, so that a receiver keeps one of it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(Digest);

/// What a request's id is made of.
#[derive(Clone, Copy, Debug)]
pub struct RequestOf<'a> {
    /// The hierarchy's hash.
    pub hierarchy: &'a str,
    /// The site's hash.
    pub site: &'a str,
    /// The route.
    pub route: &'a Name,
    /// The query.
    pub query: &'a PluginId,
    /// The table.
    pub table: &'a Name,
    /// The run.
    pub run: &'a str,
    /// Which call of the target.
    pub chunk: u32,
    /// Which request of the call.
    pub step: u32,
}

impl RequestId {
    /// The id of a request.
    #[must_use]
    pub fn of(request: &RequestOf<'_>) -> Self {
        let mut bytes = b"glasshouse request\0".to_vec();
        for text in [
            request.hierarchy,
            request.site,
            request.route.as_str(),
            request.query.as_str(),
            request.table.as_str(),
            request.run,
        ] {
            bytes.extend_from_slice(&(text.len() as u64).to_be_bytes());
            bytes.extend_from_slice(text.as_bytes());
        }
        bytes.extend_from_slice(&request.chunk.to_be_bytes());
        bytes.extend_from_slice(&request.step.to_be_bytes());
        Self(Digest::of(&bytes))
    }

    /// The id as the 32 bytes that leaves have as their subject.
    #[must_use]
    pub const fn digest(&self) -> Digest {
        self.0
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0.hex())
    }
}

impl fmt::Debug for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for RequestId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for RequestId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// A text that is no request's id.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("a request's id is 64 lower-case hexadecimal digits; `glasshouse outbox list` shows them")]
pub struct BadRequestId;

impl FromStr for RequestId {
    type Err = BadRequestId;

    fn from_str(hex: &str) -> Result<Self, BadRequestId> {
        Digest::from_hex(hex).map(Self).map_err(|_| BadRequestId)
    }
}

/// What one call of a target rendered. Its requests are sent in this order, one after the other was accepted.
#[derive(Clone, Copy, Debug)]
pub struct Rendered<'a> {
    /// The route.
    pub route: &'a Name,
    /// The table that was rendered.
    pub table: &'a Name,
    /// Which call it was, where a table takes several.
    pub chunk: u32,
    /// The target.
    pub target: &'a PluginId,
    /// The target's file.
    pub target_digest: Digest,
    /// The hold that it waits for, if it waits for one.
    pub hold: Option<HoldId>,
    /// The requests, whole: with all headers but credentials.
    pub requests: &'a [(RequestId, Request)],
    /// When they are sealed.
    pub sealed: Timestamp,
}

/// What a request is now. Each one that was sealed is in exactly one of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RequestState {
    /// It is sent as soon as its target takes it.
    Waiting,
    /// A person has to approve a plan first.
    Held,
    /// A person has to approve it itself.
    Draft,
    /// The receiver has it for good.
    Sent,
    /// It is aside: the receiver will never take it, or its bytes are damaged. An administrator decides.
    Refused,
    /// It is never sent: denied, withdrawn, or passed over by its plugin.
    Withdrawn,
}

impl RequestState {
    /// All states.
    pub const ALL: [Self; 6] =
        [Self::Waiting, Self::Held, Self::Draft, Self::Sent, Self::Refused, Self::Withdrawn];

    /// The state's name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Held => "held",
            Self::Draft => "draft",
            Self::Sent => "sent",
            Self::Refused => "refused",
            Self::Withdrawn => "withdrawn",
        }
    }
}

impl fmt::Display for RequestState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A text that is no state of a request.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("a request is waiting, held, draft, sent, refused or withdrawn")]
pub struct NoRequestState;

impl FromStr for RequestState {
    type Err = NoRequestState;

    fn from_str(text: &str) -> Result<Self, NoRequestState> {
        Self::ALL.into_iter().find(|state| state.as_str() == text).ok_or(NoRequestState)
    }
}

/// All that is known of a sealed request but its body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestRow {
    /// Its place in the order of sealing.
    pub seq: u64,
    /// Its id.
    pub id: RequestId,
    /// The run.
    pub run: String,
    /// The site.
    pub site: Name,
    /// The route.
    pub route: Name,
    /// The query.
    pub query: PluginId,
    /// The table.
    pub table: Name,
    /// Which call of the target.
    pub chunk: u32,
    /// Which request of the call, of how many.
    pub step: u32,
    /// How many requests the call has.
    pub steps: u32,
    /// The target.
    pub target: PluginId,
    /// The target's file.
    pub target_digest: Digest,
    /// The endpoint's name in the target's manifest.
    pub endpoint: Name,
    /// The method.
    pub method: String,
    /// The whole URL.
    pub url: String,
    /// The headers.
    pub headers: Vec<(String, String)>,
    /// How long the body is.
    pub size: u64,
    /// The digest of [`Request::bytes`].
    pub digest: Digest,
    /// When it was sealed.
    pub sealed: Timestamp,
    /// The hold that it waited or waits for.
    pub hold: Option<HoldId>,
    /// What it is now.
    pub state: RequestState,
    /// Since when.
    pub since: Timestamp,
    /// Why it is aside or withdrawn. It may quote a receiver: for this machine's screens alone.
    pub reason: Option<String>,
    /// Attempts to send it that failed, where it is the next of its call.
    pub attempts: u32,
    /// When the next attempt may be made, where one failed.
    pub next_at: Option<Timestamp>,
    /// The host's word for why the last attempt failed.
    pub failure: Option<Name>,
    /// The number of the leaf that tells of the seal.
    pub leaf: Option<u64>,
    /// Whether the body is still there.
    pub has_body: bool,
}

/// A sealed request with its body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedRequest {
    /// What is known of it.
    pub row: RequestRow,
    /// What is sent. Its digest was compared with the one that was sealed.
    pub request: Request,
}

/// Which requests to list. What is `None` is of any kind.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Requests for this target.
    pub target: Option<PluginId>,
    /// Requests in this state.
    pub state: Option<RequestState>,
    /// Requests of this run.
    pub run: Option<String>,
    /// Requests that this hold holds.
    pub hold: Option<HoldId>,
    /// Requests that were sealed after the one with this number.
    pub after: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_depends_on_each_of_its_parts() {
        let (route, other) = (Name::new("headquarters").unwrap(), Name::new("other").unwrap());
        let (query, another) = (PluginId::new("a.b").unwrap(), PluginId::new("a.c").unwrap());
        let of = RequestOf {
            hierarchy: "h",
            site: "s",
            route: &route,
            query: &query,
            table: &other,
            run: "r",
            chunk: 1,
            step: 2,
        };
        let ids = [
            of,
            RequestOf { hierarchy: "hs", site: "", ..of },
            RequestOf { site: "t", ..of },
            RequestOf { route: &other, ..of },
            RequestOf { query: &another, ..of },
            RequestOf { table: &route, ..of },
            RequestOf { run: "q", ..of },
            RequestOf { chunk: 2, ..of },
            RequestOf { step: 1, ..of },
        ]
        .map(|of| RequestId::of(&of));
        let different: std::collections::BTreeSet<_> = ids.into_iter().collect();
        assert_eq!(different.len(), 9);
        // Receivers keep requests by their id: whoever changes how it is made sends everything twice.
        assert_eq!(ids[0].to_string().parse(), Ok(ids[0]));
        assert_eq!(ids[0].to_string(), "fef84640955dfbd351bb8594ddc18668eac0326590ce324645e65040e5fd2436");
    }
}
