//! Sending a request.

use std::{fmt, net::SocketAddr, path::Path, sync::Arc, time::Duration};

use glasshouse_contract::{Asks, Name, Request, Response, TargetSpec};
use tokio::time::timeout;

use crate::{
    answer,
    body::{Handed, Progress},
    config::TargetConfig,
    connectivity::Connectivity,
    destination::{BadDestination, Destination},
    error::{Cause, SendError, Stage},
    quiet::quiet,
    request::outgoing,
    resolve::{Resolve, SystemResolver},
};

/// The way out.
#[derive(Clone)]
pub struct Egress {
    resolver: Arc<dyn Resolve>,
}

/// A request that was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// The answer, whatever it says: that a receiver refuses is an answer as well.
    pub response: Response,
    /// What was handed to TLS. Nothing where the receiver answered before it had all of it.
    pub handed: Option<Handed>,
    /// The address that was connected to: the receiver's, or the proxy's.
    pub address: Option<SocketAddr>,
}

impl Egress {
    /// With the operating system's resolver.
    #[must_use]
    pub fn new() -> Self {
        Self::with_resolver(Arc::new(SystemResolver))
    }

    /// With another resolver.
    #[must_use]
    pub fn with_resolver(resolver: Arc<dyn Resolve>) -> Self {
        Self { resolver }
    }

    /// The way to an endpoint, where manifest, grant and configuration agree about it. Files are read now and paths
    /// are relative to `base`; a client certificate or an authority that is renewed counts when the way is opened
    /// anew, any other credential from the next request on.
    ///
    /// # Errors
    /// With what does not fit together, and how to mend it.
    pub fn open(
        &self,
        config: &TargetConfig,
        spec: &TargetSpec,
        granted: &Asks,
        endpoint: &Name,
        base: &Path,
    ) -> Result<Destination, BadDestination> {
        Destination::open(config, spec, granted, endpoint, base, &self.resolver)
    }

    /// Sends a request, once, and reads the answer. A credential is attached after everything else.
    ///
    /// # Errors
    /// When the request may not go there, or no whole answer comes back. Then the receiver may have it all the same.
    pub async fn send(&self, destination: &Destination, request: &Request) -> Result<Sent, SendError> {
        let failed = |cause| SendError::new(destination, cause);
        let progress = Arc::new(Progress::default());
        let (mut outgoing, head) =
            outgoing(destination, request, &progress).map_err(|why| failed(Cause::Refused(why)))?;
        if let Some(credential) = &destination.credential {
            credential.attach(&mut outgoing).map_err(|error| failed(error.into()))?;
        }
        let exchange = async {
            let (mut response, mut answer) = self.exchange(destination, outgoing, &progress).await?;
            answer.body = answer::body(&mut response, &destination.patience).await?;
            let handed = progress.into_whole(head, request.body.0.len());
            Ok(Sent { response: answer, handed, address: response.remote_addr() })
        };
        let whole = destination.patience.whole;
        match timeout(whole, quiet(exchange)).await {
            Ok(result) => result.map_err(failed),
            Err(_) => Err(failed(Cause::Timeout { stage: Stage::Whole, after: whole })),
        }
    }

    /// Whether an endpoint can be reached: asks for it with GET, with nothing to say and no credential but a client
    /// certificate, and reads no more than the head of the answer.
    pub async fn check(&self, destination: &Destination) -> Connectivity {
        let failed = |cause| Connectivity::Failed(SendError::new(destination, cause));
        let url = match reqwest::Url::parse(&destination.url()) {
            Ok(url) => url,
            Err(_) => return failed(Cause::Refused("its URL is none".to_owned())),
        };
        let question = reqwest::Request::new(reqwest::Method::GET, url);
        match quiet(self.exchange(destination, question, &Progress::default())).await {
            Ok((_, answer)) => Connectivity::Answered(answer.status),
            Err(cause) => failed(cause),
        }
    }

    /// Hands over a request and reads the head of the answer.
    async fn exchange(
        &self,
        destination: &Destination,
        request: reqwest::Request,
        progress: &Progress,
    ) -> Result<(reqwest::Response, Response), Cause> {
        let patience = destination.patience;
        let answer = destination.client.execute(request);
        // Connecting has a limit of its own, and takes none of the receiver's time.
        let still = patience.read.max(patience.connect + Duration::from_secs(1));
        let response = while_it_moves(answer, progress, still)
            .await
            .map_err(|()| Cause::Timeout { stage: Stage::Answer, after: still })?
            .map_err(|error| Cause::of(error, patience.connect))?;
        let head = answer::head(&response)?;
        Ok((response, head))
    }
}

/// Waits as long as the body is being handed over, and `patience` from its last piece on, or once more that long.
async fn while_it_moves<F: Future>(
    work: F,
    progress: &Progress,
    patience: Duration,
) -> Result<F::Output, ()> {
    let mut work = std::pin::pin!(work);
    loop {
        let before = progress.handed();
        match timeout(patience, &mut work).await {
            Ok(done) => return Ok(done),
            Err(_) if progress.handed() == before => return Err(()),
            Err(_) => {}
        }
    }
}

impl Default for Egress {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Egress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Egress").finish_non_exhaustive()
    }
}
