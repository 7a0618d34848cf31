//! The request as its sender sealed it, from the request as it came.
//!
//! A sealed request is its method, its URL, its headers in their order and its body, written as
//! [`glasshouse_contract::sealed_bytes`] writes them. On its way come headers of the connection, of the
//! credential, of the client's library and of proxies: [`TRANSPORT_HEADERS`], which no sealed request has. Without
//! them, what came is what was sealed, to the byte, and its digest is the one in the sender's ledger.

use glasshouse_contract::{TRANSPORT_HEADERS, sealed_bytes};
use hyper::{HeaderMap, Method, Uri, header::HOST};

/// What is wrong with a request that is kept nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed(pub &'static str);

/// Everything of a request but its body.
#[derive(Debug)]
pub struct SealedHead {
    method: String,
    url: String,
    headers: Vec<(String, String)>,
}

impl SealedHead {
    pub fn read(method: &Method, uri: &Uri, headers: &HeaderMap) -> Result<Self, Malformed> {
        let host = only(headers, HOST.as_str())?.ok_or(Malformed("there is no host header"))?;
        // A target in absolute form would say the host twice.
        let path = match (uri.authority(), uri.path_and_query()) {
            (None, Some(path)) => path,
            _ => return Err(Malformed("the request target is no path")),
        };
        let sealed = headers
            .iter()
            .filter(|(name, _)| !TRANSPORT_HEADERS.contains(&name.as_str()))
            .map(|(name, value)| {
                let value = value.to_str().map_err(|_| Malformed("a header is not printable ASCII"))?;
                Ok((name.as_str().to_owned(), value.to_owned()))
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { method: method.to_string(), url: format!("https://{host}{path}"), headers: sealed })
    }

    pub fn bytes(&self, body: &[u8]) -> Vec<u8> {
        let headers = self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        sealed_bytes(&self.method, &self.url, headers, body)
    }
}

/// The value of a header that may be there once.
pub fn only<'a>(headers: &'a HeaderMap, name: &str) -> Result<Option<&'a str>, Malformed> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => {
            value.to_str().map(Some).map_err(|_| Malformed("a header is not printable ASCII"))
        }
        _ => Err(Malformed("a header that says who or what is there twice")),
    }
}
