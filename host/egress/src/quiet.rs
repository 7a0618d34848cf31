//! The HTTP client logs hosts, and could one day log more. Nothing that it logs is kept.

use tracing::{
    Dispatch,
    instrument::{WithDispatch, WithSubscriber},
};

/// A future of the client, with its log lines going nowhere. Every await of the client goes through here.
pub(crate) fn quiet<F: Future>(work: F) -> WithDispatch<F> {
    work.with_subscriber(Dispatch::none())
}
