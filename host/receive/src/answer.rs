//! What the receiver answers. No answer holds data, and what is said to who is not let in is always the same.

use bytes::Bytes;
use http_body_util::Full;
use hyper::{
    Response, StatusCode,
    header::{ALLOW, CONTENT_TYPE, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE},
};

use crate::sealed::Malformed;

/// Every answer, the good one and the others.
#[derive(Debug, PartialEq, Eq)]
pub enum Answer {
    /// The request is kept: its receipt.
    Receipt(String),
    /// Another method than the one that there is.
    Method,
    /// No such place.
    Place,
    /// Nobody is known by this token, or there is none.
    Unknown,
    /// The request cannot be one of ours.
    Malformed(Malformed),
    /// Another request has this id.
    Other,
    /// Larger than what is taken.
    Large,
    /// Compressed in another way than gzip.
    Encoding,
    /// The body did not come in time.
    Slow,
    /// The connection ended in the body.
    Broken,
    /// Too much else is going on.
    Busy,
    /// There is no room.
    Full,
    /// It could not be written.
    Failed,
}

/// Soon: other requests are done in a moment.
const BUSY_S: u64 = 5;
/// A person has to do something.
const FULL_S: u64 = 60;

impl Answer {
    pub const fn status(&self) -> StatusCode {
        match self {
            Self::Receipt(_) => StatusCode::OK,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::Place => StatusCode::NOT_FOUND,
            Self::Unknown => StatusCode::UNAUTHORIZED,
            Self::Malformed(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Other => StatusCode::CONFLICT,
            Self::Large => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Encoding => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Slow => StatusCode::REQUEST_TIMEOUT,
            Self::Broken => StatusCode::BAD_REQUEST,
            Self::Busy | Self::Failed => StatusCode::SERVICE_UNAVAILABLE,
            Self::Full => StatusCode::INSUFFICIENT_STORAGE,
        }
    }

    /// Whether the sender is never to come with this request again.
    pub const fn is_for_good(&self) -> bool {
        matches!(self, Self::Malformed(_) | Self::Other | Self::Large | Self::Encoding)
    }

    fn words(self) -> String {
        match self {
            Self::Receipt(note) => return note,
            Self::Method => "requests are sent with POST",
            Self::Place => "requests go to /v1/",
            Self::Unknown => "the bearer token is not known",
            Self::Malformed(Malformed(why)) => why,
            Self::Other => "another request came under this id before",
            Self::Large => "the body is larger than what is taken here",
            Self::Encoding => "a body comes as it is, or as gzip",
            Self::Slow => "the body did not come in time",
            Self::Broken => "the body did not come whole",
            Self::Busy => "too many requests at one time",
            Self::Full => "there is no room for the request",
            Self::Failed => "the request could not be written",
        }
        .to_owned()
            + "\n"
    }

    pub fn response(self) -> Response<Full<Bytes>> {
        let status = self.status();
        let beside = match self {
            Self::Method => Some((ALLOW, HeaderValue::from_static("POST"))),
            Self::Unknown => Some((WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))),
            Self::Busy => Some((RETRY_AFTER, BUSY_S.into())),
            Self::Full | Self::Failed => Some((RETRY_AFTER, FULL_S.into())),
            _ => None,
        };
        let mut response = Response::new(Full::new(Bytes::from(self.words())));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
        headers.extend(beside);
        response
    }
}
