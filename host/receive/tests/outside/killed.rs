//! A receiver whose process is killed: what it gave a receipt for is there, once, and nothing keeps it from starting.

use std::{
    collections::BTreeMap,
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    time::Duration,
};

use glasshouse_contract::Digest;
use glasshouse_receive::{Folder, Receiver};

use crate::house::{House, name};

/// The folder, for the process that is killed.
const FOLDER: &str = "GLASSHOUSE_TEST_RECEIVER";

/// Not a test by itself: what the process does that the test below kills.
#[test]
#[ignore = "it is the process that another test starts and kills"]
fn a_receiver_in_a_process_of_its_own() {
    let Some(path) = std::env::var_os(FOLDER) else { return };
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let receiver = Receiver::open(&Folder::at(path)).await.unwrap();
        println!("listening");
        receiver.run(std::future::pending()).await;
    });
}

/// A process that is killed with the test.
struct Process(Child);

impl Process {
    fn start(house: &House) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "killed::a_receiver_in_a_process_of_its_own", "--ignored", "--nocapture"])
            .env(FOLDER, house.folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let process = Self(child);
        assert!(lines.map_while(Result::ok).any(|line| line.contains("listening")), "it does not start");
        process
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // SIGKILL, where there are signals.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_has_a_receipt_survives_a_kill_and_is_there_once() {
    const ROUNDS: u32 = 5;
    let house = House::new();
    let token = house.tenant("contoso");
    let receipts: Arc<Mutex<BTreeMap<String, String>>> = Arc::default();
    for round in 0..ROUNDS {
        let process = Process::start(&house);
        let client = house.client();
        let senders = (0..8).map(|sender| {
            let (client, token, receipts) = (client.clone(), token.clone(), Arc::clone(&receipts));
            tokio::spawn(async move {
                for number in 0.. {
                    // Half of them were sent before the last kill too, with or without an answer.
                    let id = format!("{sender}-{}", number + round * 5);
                    let Ok(answer) = client.try_send(&token, &client.sealed(&id, id.repeat(100))).await
                    else {
                        break;
                    };
                    assert_eq!(answer.status, 200, "{answer:?}");
                    let known = receipts.lock().unwrap().insert(id.clone(), answer.body.clone());
                    assert!(known.is_none_or(|known| known == answer.body), "{id} has two receipts");
                }
            })
        });
        let senders: Vec<_> = senders.collect();
        // Killed in the middle of whatever it does then: each round at another moment.
        tokio::time::sleep(Duration::from_millis(150 + 70 * u64::from(round))).await;
        drop(process);
        for sender in senders {
            sender.await.unwrap();
        }
    }
    let receipts = receipts.lock().unwrap().clone();
    assert!(receipts.len() > 40, "only {} requests came through", receipts.len());
    let store = house.store();
    let client = house.client();
    for (id, note) in &receipts {
        let receipt = house.receipt(note);
        let stored = store.sealed(&name("contoso"), &Digest::of(id.as_bytes())).unwrap();
        assert_eq!(stored, client.sealed(id, id.repeat(100)).bytes());
        assert_eq!(receipt.digest, Digest::of(&stored));
    }
    let mut ids = Vec::new();
    store
        .each_request(None, u64::MAX, |kept| {
            ids.push(kept.id);
            Ok(())
        })
        .unwrap();
    let all = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), all);
    assert!(all >= receipts.len());
}
