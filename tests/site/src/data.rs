//! What the pretend site holds: a synthetic hierarchy, made from a seed and then only read.

mod answering;
mod canary;
mod clients;
mod collections;
mod content;
mod devices;
mod fill;
mod hierarchy;
mod inventory;
mod plan;
mod random;
mod schema;
mod server;
mod site;
mod software;
mod updates;

pub use canary::{Canary, Class};
pub use plan::{Clock, Hierarchy, Plan};
pub use site::{DataError, SiteData};
