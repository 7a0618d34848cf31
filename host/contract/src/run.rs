use crate::{Digest, Level, Name};

/// All that a plugin's work may depend on besides its tables. There is no clock in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Context {
    /// Names the run; the same when a broken run is resumed.
    pub run: String,
    /// When the run was due, in microseconds since 1970 UTC.
    pub scheduled_us: i64,
    /// The level in force.
    pub level: Level,
    /// The site, hashed.
    pub site: String,
    /// The hierarchy, hashed.
    pub hierarchy: String,
    /// Declared settings and their values.
    pub settings: Vec<(Name, String)>,
    /// What the plugin returned after its last completed run.
    pub state: Vec<u8>,
}

/// One request as an upload target rendered it: method, URL, headers and body are what is sealed
/// and sent; credentials are added later by the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The endpoint's name in the manifest.
    pub endpoint: Name,
    /// The endpoint's method.
    pub method: String,
    /// The whole URL.
    pub url: String,
    /// Headers, names in lower case, in the order that the plugin gave.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Body,
}

/// Headers that are of the way that a request goes and not of the request: what frames or authorises it, what a
/// client says of itself, what a proxy adds. A sealed request has none of them, so a receiver that leaves
/// them out has what was sealed.
pub const TRANSPORT_HEADERS: [&str; 22] = [
    "accept",
    "accept-encoding",
    "authorization",
    "connection",
    "content-encoding",
    "content-length",
    "cookie",
    "expect",
    "forwarded",
    "host",
    "keep-alive",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "via",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
];
/// The header that the host gives each request before it is sealed: its id, as 64 hexadecimal digits. A receiver
/// keeps one request of an id.
pub const ID_HEADER: &str = "idempotency-key";
/// The header that the host gives each request before it is sealed: the sender's newest signed checkpoint, in
/// base64. The receipt signs it again.
pub const CHECKPOINT_HEADER: &str = "glasshouse-checkpoint";

/// A request's body.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Body(pub Vec<u8>);

impl Request {
    /// The bytes that `preview` shows, the store holds and the wire carries, before credentials.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        let headers = self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        sealed_bytes(&self.method, &self.url, headers, &self.body.0)
    }

    /// The digest of those bytes.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::of(&self.bytes())
    }
}

/// The one form in which a request is shown, stored and hashed: a line with method and URL, a line for each
/// header, an empty line, the body.
#[must_use]
pub fn sealed_bytes<'a>(
    method: &str,
    url: &str,
    headers: impl Iterator<Item = (&'a str, &'a str)>,
    body: &[u8],
) -> Vec<u8> {
    let mut bytes = format!("{method} {url}\n").into_bytes();
    for (name, value) in headers {
        bytes.extend_from_slice(format!("{name}: {value}\n").as_bytes());
    }
    bytes.push(b'\n');
    bytes.extend_from_slice(body);
    bytes
}

/// What a receiver answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// Headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body, up to a limit.
    pub body: Vec<u8>,
}

/// What an answer means to the upload target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The receiver has it for good.
    Accepted,
    /// Try again after that many seconds.
    RetryAfter(u32),
    /// The receiver will never take it; the plugin's words for why.
    Rejected(String),
    /// This step is done; go on with the request of that number.
    Next(u32),
}
