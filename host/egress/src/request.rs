//! A sealed request as the client takes it. Everything about it is looked at once more: what comes out of a ledger may
//! have been written by an older host, or by nobody that is known.

use std::sync::Arc;

use bytes::Bytes;
use glasshouse_contract::{Body, Request, TRANSPORT_HEADERS, shown};
use reqwest::{
    Url,
    header::{HeaderMap, HeaderName, HeaderValue},
};

use crate::{
    body::{Outgoing, Progress},
    destination::Destination,
};

/// Headers are for types and ids, not for data. A plugin may set 32; the host adds its own.
const MOST_HEADERS: usize = 40;
/// The longest is a signed checkpoint.
const HEADER_BYTES: usize = 8 * 1024;
/// What is left of a URL behind scheme and host; receivers refuse more than 8 KiB.
const URL_BYTES: usize = 4 * 1024;

/// The request for the client, without a credential, and the head of what it will hand over; or why it may not go there.
pub(crate) fn outgoing(
    destination: &Destination,
    request: &Request,
    progress: &Arc<Progress>,
) -> Result<(reqwest::Request, Vec<u8>), String> {
    if request.endpoint != destination.endpoint {
        return Err(format!("it is for the endpoint `{}`", request.endpoint));
    }
    if request.method != destination.method.as_str() {
        return Err(format!(
            "its method is {}, and the endpoint's {}",
            shown(&request.method),
            destination.method
        ));
    }
    let url = url(destination, &request.url)?;
    let mut outgoing = reqwest::Request::new(destination.method.clone(), url);
    *outgoing.headers_mut() = headers(&request.headers)?;

    // What is told later is what the client has, and what it has is what was sealed.
    let head = head(&outgoing);
    if head != sealed_head(request) {
        return Err("it would be sent otherwise than it is written".to_owned());
    }
    let body = Bytes::copy_from_slice(&request.body.0);
    let body = Outgoing::new(body, Arc::clone(progress));
    *outgoing.body_mut() = Some(reqwest::Body::wrap(body));
    Ok((outgoing, head))
}

/// A URL inside of its endpoint.
fn url(destination: &Destination, text: &str) -> Result<Url, String> {
    let outside = || format!("its URL `{}` is not inside of {}", shown(text), destination.url());
    let rest = text.strip_prefix(&destination.origin).ok_or_else(outside)?;
    let below = rest.strip_prefix(&destination.path_prefix).ok_or_else(outside)?;
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    // `/tenant1` must not let `/tenant12` through.
    let ends_at_slash = destination.path_prefix.ends_with('/') || !below.starts_with(plain_start);
    let tricks = path.contains("//") || path.split('/').any(|part| matches!(part, "." | ".."));
    // No `%`: an escaped slash or dot is read by some as what it stands for. No `#`, no `@`, no `\`.
    let characters = path.bytes().all(|byte| plain(byte) || byte == b'/')
        && query.bytes().all(|byte| plain(byte) || b"=&,:".contains(&byte));
    if rest.len() > URL_BYTES || !ends_at_slash || tricks || !characters {
        return Err(outside());
    }
    let url = Url::parse(text).map_err(|_| outside())?;
    // And the parser, who decides where it goes, has to agree.
    let same = url.as_str() == text
        && url.origin().ascii_serialization() == destination.origin
        && url.path() == path
        && url.username().is_empty()
        && url.password().is_none()
        && url.fragment().is_none();
    if same { Ok(url) } else { Err(outside()) }
}

fn plain_start(character: char) -> bool {
    character != '/' && character != '?'
}

fn headers(written: &[(String, String)]) -> Result<HeaderMap, String> {
    if written.len() > MOST_HEADERS {
        return Err(format!("it has {} headers; at most {MOST_HEADERS} are sent", written.len()));
    }
    let mut headers = HeaderMap::with_capacity(written.len() + 4);
    for (name, value) in written {
        let lower = name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if !lower || name.len() > 64 || TRANSPORT_HEADERS.contains(&name.as_str()) {
            return Err(format!("its header `{}` is not for a request to set", shown(name)));
        }
        let printable = value.bytes().all(|byte| matches!(byte, b' '..=b'~'));
        // What is left out of a line at its ends by those who read it was never there.
        if !printable || value.len() > HEADER_BYTES || value.trim() != value {
            return Err(format!("its header `{name}` is too long, or not printable ASCII"));
        }
        let bad = || format!("its header `{}` cannot be sent", shown(name));
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| bad())?;
        let value = HeaderValue::from_str(value).map_err(|_| bad())?;
        if headers.insert(name, value).is_some() {
            return Err(bad());
        }
    }
    Ok(headers)
}

/// Method, URL and headers as the client has them, in the form of [`Request::bytes`].
fn head(request: &reqwest::Request) -> Vec<u8> {
    let mut head = format!("{} {}\n", request.method(), request.url()).into_bytes();
    for (name, value) in request.headers() {
        head.extend_from_slice(name.as_str().as_bytes());
        head.extend_from_slice(b": ");
        head.extend_from_slice(value.as_bytes());
        head.push(b'\n');
    }
    head.push(b'\n');
    head
}

/// Method, URL and headers as they are sealed.
pub(crate) fn sealed_head(request: &Request) -> Vec<u8> {
    Request {
        endpoint: request.endpoint.clone(),
        method: request.method.clone(),
        url: request.url.clone(),
        headers: request.headers.clone(),
        body: Body::default(),
    }
    .bytes()
}
