use glasshouse_contract::{Digest, Name, PluginId};
use glasshouse_ledger::RequestId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Something that happened to a request on its way. Names, times and numbers: nothing of what is in it, and nothing
/// that a receiver said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeliveryEvent {
    /// The receiver has it for good.
    Sent {
        /// Its target.
        target: PluginId,
        /// The request.
        request: RequestId,
        /// What was handed to TLS.
        digest: Digest,
        /// Whether the receiver signed for it.
        receipt: bool,
    },
    /// It did not work out, and will be tried again.
    Later {
        /// Its target.
        target: PluginId,
        /// The request.
        request: RequestId,
        /// Why, in a word of the host's.
        failure: Name,
        /// When.
        next: Timestamp,
    },
    /// It is not sent any more without an administrator's word.
    Aside {
        /// Its target.
        target: PluginId,
        /// The request.
        request: RequestId,
    },
    /// The disk is full: what became of requests cannot be noted, and no others are sent until it can.
    DiskFull {
        /// The target.
        target: PluginId,
    },
    /// The disk has room again.
    DiskHasRoom {
        /// The target.
        target: PluginId,
    },
    /// An endpoint does not answer, and is left alone for a while.
    Silent {
        /// The target.
        target: PluginId,
        /// The endpoint.
        endpoint: Name,
        /// Until when.
        until: Timestamp,
    },
}

/// Told of what happens, as it happens.
pub trait WatchDelivery: Send + Sync {
    /// Something happened.
    fn happened(&self, event: &DeliveryEvent);
}

/// What became of the requests of one target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivered {
    /// The target.
    pub target: PluginId,
    /// Requests that the receiver has for good.
    pub sent: u64,
    /// Of these, how many it signed for.
    pub receipts: u64,
    /// Attempts that failed; the requests wait.
    pub failed: u64,
    /// Requests that went aside.
    pub aside: u64,
    /// The last reason of an attempt that failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Name>,
}

impl Delivered {
    pub(crate) const fn nothing(target: PluginId) -> Self {
        Self { target, sent: 0, receipts: 0, failed: 0, aside: 0, failure: None }
    }

    pub(crate) fn count(&mut self, event: &DeliveryEvent) {
        match event {
            DeliveryEvent::Sent { receipt, .. } => {
                self.sent += 1;
                self.receipts += u64::from(*receipt);
            }
            DeliveryEvent::Later { failure, .. } => {
                self.failed += 1;
                self.failure = Some(failure.clone());
            }
            DeliveryEvent::Aside { .. } => self.aside += 1,
            DeliveryEvent::Silent { .. }
            | DeliveryEvent::DiskFull { .. }
            | DeliveryEvent::DiskHasRoom { .. } => {}
        }
    }
}
