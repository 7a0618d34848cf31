//! Delivering: what is sealed and waits goes to its target, exactly as it was sealed.
//!
//! Each target has its queue, oldest first, and a few of its requests are on their way at a time. The target's plugin
//! reads each answer; what it says, and the receipt, are in the ledger before the request counts as sent. Where the
//! receiver's key is known, no answer counts without a receipt that this key signed over just this request. A request
//! that fails waits by itself, longer each time; an endpoint that does not answer is left alone for a while; one that
//! the receiver will never take goes aside with its reason, and the others go on. Whatever ends this early leaves
//! requests that are sent once more, with the id that they had: a receiver that keeps ids stores each of them once.

mod answer;
mod backoff;
mod circuit;
mod deliverer;
mod event;
mod note;
mod outlet;
mod queue;
mod receipt;
mod send;

pub use backoff::Backoff;
pub use deliverer::{DeliverError, DeliverSettings, Deliverer};
pub use event::{Delivered, DeliveryEvent, WatchDelivery};
pub use outlet::{NoOutlet, Outlets};
pub use receipt::{BadReceiverKey, receiver_keys};
