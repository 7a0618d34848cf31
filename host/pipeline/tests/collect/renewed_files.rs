//! Files that the configuration names, put right while a deliverer is at work: nobody has to tell it.

use std::{fs, sync::Arc};

use glasshouse_contract::PluginId;
use glasshouse_ledger::RequestState;
use glasshouse_pipeline::Backoff;

use crate::{
    database::Answers,
    house::{DEVICES, House, query, shipped, site},
    receiver::{Other, Seen, TARGET},
};

#[tokio::test(flavor = "multi_thread")]
async fn an_authority_that_is_put_right_in_its_file_counts_from_the_next_attempt_on() {
    let (other, stranger) = (Other::new(), Other::new());
    let mut house = House::new();
    house.admit(&query(DEVICES));
    house.admit(&shipped("targets/glasshouse"));
    house.sends_to(&other);
    let place = site(Answers::usual().databases()).await;
    house.run(&place.site).await.unwrap();
    house.approve_all();
    let waiting = house.requests(RequestState::Waiting);
    assert!(waiting > 0);

    let right = fs::read(other.authority()).unwrap();
    fs::copy(stranger.authority(), other.authority()).unwrap();
    let listening = other.listens().await;
    let deliverer = house.deliverer(&other, Backoff::default(), Arc::new(Seen::default()));
    let failed = deliverer.deliver_now().await.unwrap().remove(0);
    assert_eq!((failed.sent, failed.failed), (0, waiting));
    assert_eq!(failed.failure.unwrap().as_str(), "certificate-authority");

    fs::write(other.authority(), right).unwrap();
    house.registry.ledger().end_waits(&PluginId::new(TARGET).unwrap()).unwrap();
    let done = deliverer.deliver_now().await.unwrap().remove(0);
    assert_eq!((done.sent, done.receipts, done.failed), (waiting, waiting, 0));
    listening.stop().await;
}
