//! A host's outbox: requests that are sealed in a ledger, sent by its deliverer, their answers read by a target's
//! plugin and noted on the disk.

use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use glasshouse_contract::{Name, PluginId};
use glasshouse_egress::Egress;
use glasshouse_ledger::Actor;
use glasshouse_pipeline::{Backoff, DeliverSettings, Deliverer, DeliveryEvent, Outlets, WatchDelivery};
use glasshouse_registry::Registry;
use tokio::runtime::Runtime;

use super::{BODY, PATH, Way, config};
use crate::{
    Failed,
    examples::Example,
    house::House,
    sealed::{Sealing, checkpoint},
};

const TARGET: &str = "bench.targets.booked";
/// Of no matter here: sealing is over before the clock starts.
const GROUP: u32 = 64;

pub struct Books {
    registry: Arc<Registry>,
    deliverer: Deliverer,
    sealing: Sealing,
    runtime: Runtime,
    rounds: u32,
}

impl Books {
    pub fn new(scratch: &Path, glasshouse: &Path, target: &Example, way: &Way) -> Result<Self, Failed> {
        let house = House::new(scratch.join("deliver"), glasshouse.to_owned())?;
        let registry = Arc::new(house.open()?);
        let id: PluginId = TARGET.parse()?;
        registry
            .install(house.sign(&target.component, &target.manifest, TARGET, "1.0.0")?, &Actor::host())?;
        registry.approve(&id, None, &Actor::host())?;
        let described = [config(id.clone(), way)?];
        let settings = DeliverSettings {
            outlets: Arc::new(Outlets::new(Egress::new(), &described, house.folder().to_owned())),
            backoff: Backoff::default(),
            watch: Arc::new(Nobody),
        };
        let sealing = Sealing {
            target: id,
            endpoint: Name::new("ingest")?,
            url: format!("https://localhost:{}{PATH}", way.address.port()),
            body: BODY,
            group: GROUP,
            checkpoint: checkpoint()?,
        };
        let deliverer = Deliverer::new(Arc::clone(&registry), settings);
        Ok(Self { registry, deliverer, sealing, runtime: Runtime::new()?, rounds: 0 })
    }

    /// How long it takes to send so many requests that wait.
    pub fn deliver(&mut self, requests: u32) -> Result<Duration, Failed> {
        self.sealing.seal(self.registry.ledger(), self.rounds, requests)?;
        self.rounds += 1;
        let begun = Instant::now();
        let done = self.runtime.block_on(self.deliverer.deliver_now())?;
        let took = begun.elapsed();
        match done.first() {
            Some(done) if done.sent == u64::from(requests) => Ok(took),
            other => Err(format!("not everything was sent: {other:?}").into()),
        }
    }
}

struct Nobody;

impl WatchDelivery for Nobody {
    fn happened(&self, _: &DeliveryEvent) {}
}
