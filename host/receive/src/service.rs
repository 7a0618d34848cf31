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
    body::{self, Caps, Encoding},
    sealed::{Malformed, SealedHead, only},
    store::{Arrival, Arrived, receipt},
    tenants::{Tenant, Tenants},
    writer::{Desk, NotKept},
};

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
        if parts.method != Method::POST {
            return Ok(refused(Answer::Method, &mut body).await);
        }
        if !parts.uri.path().starts_with("/v1/") {
            return Ok(refused(Answer::Place, &mut body).await);
        }
        // Before anything of the body is taken in: a stranger costs nothing.
        let Some(tenant) = token(&parts.headers).and_then(|token| self.tenants.of(token)) else {
            debug!("not let in: the token is not known");
            return Ok(refused(Answer::Unknown, &mut body).await);
        };
        let said = match said(&parts.method, &parts.uri, &parts.headers) {
            Ok(said) => said,
            Err(answer) => {
                warn!(tenant = %tenant.name, status = answer.status().as_u16(), "refused");
                return Ok(refused(answer, &mut body).await);
            }
        };
        let id = said.id;
        let answer = match self.keep(&tenant, said, &mut body).await {
            Ok(answer) | Err(answer) => answer,
        };
        let status = answer.status().as_u16();
        match &answer {
            Answer::Receipt(_) => debug!(tenant = %tenant.name, id = %id.short(), "kept"),
            _ => warn!(tenant = %tenant.name, id = %id.short(), status, "refused"),
        }
        Ok(if matches!(answer, Answer::Large) { refused(answer, &mut body).await } else { answer.response() })
    }

    async fn keep(&self, tenant: &Tenant, said: Said, body: &mut Incoming) -> Result<Answer, Answer> {
        let Said { id, checkpoint, encoding, head } = said;
        let taken = self.caps.take(body, encoding).await?;
        let sealed = head.bytes(&taken.bytes);
        let digest = Digest::of(&sealed);
        let bytes = sealed.len();
        let arrival = Arrival { tenant: tenant.number, id, digest, checkpoint, sealed };
        let arrived = self.desk.keep(arrival).await.map_err(|why| match why {
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

async fn refused(answer: Answer, body: &mut Incoming) -> Response<Full<Bytes>> {
    body::drain(body).await;
    answer.response()
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
