//! One request: who sends it, what it is, that it is kept, the receipt.

use std::{convert::Infallible, sync::Arc};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use glasshouse_audit::{Checkpoint, Deed, Signer};
use glasshouse_contract::{CHECKPOINT_HEADER, Digest, ID_HEADER};
use http_body_util::Full;
use hyper::{
    HeaderMap, Method, Request, Response,
    body::Incoming,
    header::{AUTHORIZATION, CONTENT_ENCODING},
};
use tracing::{debug, info, warn};

use crate::{
    answer::Answer,
    body::{self, Caps, Encoding, Taken},
    sealed::{Malformed, SealedHead, only},
    store::{Arrival, Arrived, receipt},
    tenants::{Tenant, Tenants},
    writer::{Desk, NotKept},
};

/// Bytes that take more than a millisecond to hash: others are served meanwhile.
const LARGE: usize = 512 << 10;

/// What all connections share.
pub struct Service {
    pub tenants: Tenants,
    pub caps: Caps,
    pub desk: Desk,
    pub signer: Signer,
}

/// What the headers of a request say.
struct Said {
    id: Digest,
    checkpoint: Option<String>,
    encoding: Encoding,
    head: SealedHead,
}

impl Service {
    pub async fn answer(
        self: Arc<Self>,
        request: Request<Incoming>,
    ) -> Result<Response<Full<Bytes>>, Infallible> {
        let (parts, mut body) = request.into_parts();
        // Before anything of the body is taken in: a stranger costs nothing.
        let tenant = match self.let_in(&parts.method, parts.uri.path(), &parts.headers) {
            Ok(tenant) => tenant,
            Err(answer) => {
                debug!(status = answer.status().as_u16(), "turned away");
                body::drain_strangers(&mut body).await;
                return Ok(answer.response());
            }
        };
        let answer = match said(&parts.method, &parts.uri, &parts.headers) {
            Ok(said) => self.keep(&tenant, said, &mut body).await,
            Err(answer) => Err(answer),
        };
        if let Err(answer) = &answer {
            warn!(tenant = %tenant.name, status = answer.status().as_u16(), "refused");
            if answer.is_for_good() {
                self.caps.drain(&mut body).await;
            }
        }
        let (Ok(answer) | Err(answer)) = answer;
        Ok(answer.response())
    }

    fn let_in(&self, method: &Method, path: &str, headers: &HeaderMap) -> Result<Tenant, Answer> {
        if *method != Method::POST {
            return Err(Answer::Method);
        }
        if !path.starts_with("/v1/") {
            return Err(Answer::Place);
        }
        token(headers).and_then(|token| self.tenants.of(token)).ok_or(Answer::Unknown)
    }

    async fn keep(&self, tenant: &Tenant, said: Said, body: &mut Incoming) -> Result<Answer, Answer> {
        let Said { id, checkpoint, encoding, head } = said;
        // The place is kept until the request is on disk, by whoever has the body.
        let Taken { bytes: body, place } = self.caps.take(tenant.number, body, encoding).await?;
        let large = body.len() > LARGE;
        let seal = move || {
            let sealed = head.bytes(&body);
            (Digest::of(&sealed), sealed, place)
        };
        let (digest, sealed, place) =
            if large { tokio::task::spawn_blocking(seal).await.map_err(|_| Answer::Failed)? } else { seal() };
        let bytes = sealed.len();
        let arrival = Arrival { tenant: tenant.number, id, digest, checkpoint, sealed };
        let arrived = self.desk.keep(arrival, place).await.map_err(|why| match why {
            NotKept::Busy => Answer::Busy,
            NotKept::Failed => Answer::Failed,
        })?;
        match arrived {
            Arrived::Other => Err(Answer::Other),
            Arrived::Full => Err(Answer::Full),
            Arrived::Kept { new, at, checkpoint } => {
                if new {
                    info!(tenant = %tenant.name, id = %id.short(), bytes, "stored");
                }
                // After the commit, and never before: a receipt is a promise.
                let receipt = receipt(Deed::Stored, &tenant.name, id, digest, at, checkpoint.as_deref());
                Ok(Answer::Receipt(receipt.map_err(|_| Answer::Failed)?.sign(&self.signer)))
            }
        }
    }
}

fn token(headers: &HeaderMap) -> Option<&str> {
    let value = only(headers, AUTHORIZATION.as_str()).ok()??;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn said(method: &Method, uri: &hyper::Uri, headers: &HeaderMap) -> Result<Said, Answer> {
    let id =
        only(headers, ID_HEADER).map_err(Answer::Malformed)?.and_then(|id| Digest::from_hex(id).ok()).ok_or(
            Answer::Malformed(Malformed("the idempotency-key is not there, or not 64 hexadecimal digits")),
        )?;
    let checkpoint = only(headers, CHECKPOINT_HEADER)
        .and_then(|header| header.map(checkpoint).transpose())
        .map_err(Answer::Malformed)?;
    let encoding = match only(headers, CONTENT_ENCODING.as_str()).map_err(Answer::Malformed)? {
        None | Some("identity") => Encoding::Plain,
        Some("gzip") => Encoding::Gzip,
        Some(_) => return Err(Answer::Encoding),
    };
    let head = SealedHead::read(method, uri, headers).map_err(Answer::Malformed)?;
    Ok(Said { id, checkpoint, encoding, head })
}

/// The signed note in the header. Who signed it is not asked here: the receiver says what the sender said, and the
/// sender's auditor holds both against the log.
fn checkpoint(header: &str) -> Result<String, Malformed> {
    let malformed = Malformed("the glasshouse-checkpoint is no signed checkpoint in base64");
    let note =
        STANDARD.decode(header).ok().and_then(|bytes| String::from_utf8(bytes).ok()).ok_or(malformed)?;
    Checkpoint::read(&note).map_err(|_| malformed)?;
    Ok(note)
}
