use std::fs;

use super::*;

/// A state directory with a ledger in which so many things happened.
struct House {
    folder: tempfile::TempDir,
    ledger: Ledger,
}

impl House {
    fn new(events: u32) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("keys")).unwrap();
        let ledger = Ledger::open(&folder.path().join("ledger.sqlite")).unwrap();
        let house = Self { folder, ledger };
        house.happens(events);
        house
    }

    fn happens(&self, events: u32) {
        for _ in 0..events {
            let event = Event { event: "key added", object: "a".to_owned(), detail: serde_json::Value::Null };
            self.ledger
                .change(|change| change.note(jiff::Timestamp::UNIX_EPOCH, &Actor::host(), &event))
                .unwrap();
        }
    }

    fn keeper(&self) -> Keeper {
        Keeper::of(&Layout::at(self.folder.path()), Clock::system())
    }

    fn tiles(&self) -> PathBuf {
        self.folder.path().join("tiles")
    }

    /// The events of the journal that are not the house's own.
    fn told(&self) -> Vec<String> {
        let lines = self.ledger.journal(0, 10_000).unwrap().into_iter();
        lines.map(|line| line.event).filter(|event| event != "key added").collect()
    }
}

#[test]
fn what_happens_is_signed_and_a_log_goes_on_where_it_was() {
    let house = House::new(3);
    let keeper = house.keeper();
    keeper.catch_up(&house.ledger).unwrap();
    // One leaf more, for the log begins.
    assert_eq!(keeper.signed().unwrap().size(), 4);
    let first = keeper.newest().unwrap();
    keeper.catch_up(&house.ledger).unwrap();
    assert_eq!(keeper.newest().unwrap(), first, "nothing happened");
    house.happens(300);
    let next = house.keeper();
    next.catch_up(&house.ledger).unwrap();
    assert_eq!(next.signed().unwrap().size(), 304);
    assert_eq!(house.told(), [""; 0]);
}

#[test]
fn files_that_are_gone_are_made_again_and_the_journal_tells_of_it() {
    let house = House::new(3);
    house.keeper().catch_up(&house.ledger).unwrap();
    fs::remove_dir_all(house.tiles()).unwrap();
    let keeper = house.keeper();
    keeper.catch_up(&house.ledger).unwrap();
    assert_eq!(house.told(), ["audit log begun anew"]);
    assert_eq!(keeper.signed().unwrap().size(), 6);
}

#[test]
fn a_ledger_that_went_back_is_told_of_and_nothing_is_signed_over_it() {
    let house = House::new(3);
    let backup = house.folder.path().join("earlier");
    house.keeper().catch_up(&house.ledger).unwrap();
    house.ledger.back_up(&backup).unwrap();
    house.happens(5);
    house.keeper().catch_up(&house.ledger).unwrap();
    let checkpoint = fs::read(house.tiles().join("checkpoint")).unwrap();
    let earlier = Ledger::open(&backup).unwrap();
    for more in [0, 3, 2, 9] {
        for _ in 0..more {
            let event = Event { event: "key added", object: "b".to_owned(), detail: serde_json::Value::Null };
            earlier
                .change(|change| change.note(jiff::Timestamp::UNIX_EPOCH, &Actor::host(), &event))
                .unwrap();
        }
        let keeper = house.keeper();
        let fault = keeper.catch_up(&earlier).unwrap_err();
        assert_eq!(fault.kind, FaultKind::Finding, "{fault}");
        assert_eq!(keeper.newest(), None);
        assert_eq!(fs::read(house.tiles().join("checkpoint")).unwrap(), checkpoint);
    }
    house.keeper().catch_up(&house.ledger).unwrap();
}

#[test]
fn a_key_that_is_another_signs_nothing_over_the_old_log() {
    let house = House::new(3);
    house.keeper().catch_up(&house.ledger).unwrap();
    fs::remove_file(house.folder.path().join("keys/audit.key")).unwrap();
    let fault = house.keeper().catch_up(&house.ledger).unwrap_err();
    assert!(fault.to_string().contains("did not sign it"), "{fault}");
}

#[test]
fn damaged_files_come_out_again_as_they_were() {
    let house = House::new(300);
    house.keeper().catch_up(&house.ledger).unwrap();
    let tile = house.tiles().join("tile/0/000");
    let good = fs::read(&tile).unwrap();
    fs::write(&tile, b"other").unwrap();
    house.keeper().make_again(&house.ledger).unwrap();
    assert_eq!(fs::read(&tile).unwrap(), good);
}

#[test]
fn a_log_that_never_was_begins_when_it_is_looked_at_and_one_that_is_gone_does_not_come_back() {
    let house = House::new(0);
    house.keeper().begin_where_new(&house.ledger).unwrap();
    let begun = fs::read(house.tiles().join("checkpoint")).unwrap();
    house.keeper().begin_where_new(&house.ledger).unwrap();
    assert_eq!(fs::read(house.tiles().join("checkpoint")).unwrap(), begun);
    fs::remove_dir_all(house.tiles()).unwrap();
    house.keeper().begin_where_new(&house.ledger).unwrap();
    assert!(!house.tiles().join("checkpoint").exists(), "whoever verifies has to see that it is gone");
}

/// A leaf has its place by when it was written, whatever the clock said then.
/// Each attempt said in the ledger and in the journal that the log begins.
#[test]
fn a_log_whose_files_cannot_be_written_begins_once() {
    let house = House::new(3);
    let keeper = house.keeper();
    // A file in the place of a folder.
    fs::create_dir(house.tiles()).unwrap();
    #[cfg(unix)]
    fs::set_permissions(house.tiles(), std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
    fs::write(house.tiles().join("tile"), "").unwrap();
    for _ in 0..3 {
        keeper.catch_up(&house.ledger).unwrap_err();
    }
    assert_eq!(house.ledger.leaf_count().unwrap(), 4);
    fs::remove_file(house.tiles().join("tile")).unwrap();
    keeper.catch_up(&house.ledger).unwrap();
    assert_eq!(keeper.signed().unwrap().size(), 4);
    assert_eq!(house.told(), [""; 0]);
}

#[test]
fn a_clock_that_is_set_moves_no_leaf() {
    let house = House::new(1);
    let start: jiff::Timestamp = "2026-03-01T12:00:00Z".parse().unwrap();
    let hours = jiff::SignedDuration::from_hours;
    let times = [start, start + hours(400 * 24), start - hours(1), start];
    for at in times {
        let event = Event { event: "key added", object: "a".to_owned(), detail: serde_json::Value::Null };
        house.ledger.change(|change| change.note(at, &Actor::host(), &event)).unwrap();
        house.keeper().catch_up(&house.ledger).unwrap();
    }
    let journal = house.ledger.journal(1, 9).unwrap();
    assert_eq!(journal.iter().map(|line| line.at).collect::<Vec<_>>(), times);
    let keeper = house.keeper();
    keeper.catch_up(&house.ledger).unwrap();
    assert_eq!(keeper.signed().unwrap().size(), 6);
    assert_eq!(house.ledger.verify().unwrap().damage, []);
}
