//! The driver logs what servers say, which may quote data. Nothing that it logs is kept.

use tracing::{
    Dispatch,
    instrument::{WithDispatch, WithSubscriber},
};

/// A future of the driver, with its log lines going nowhere. Every await of the driver goes through here.
pub(crate) fn quiet<F: Future>(work: F) -> WithDispatch<F> {
    work.with_subscriber(Dispatch::none())
}
