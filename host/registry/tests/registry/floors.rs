use std::fs;

use glasshouse_registry::{Installed, PluginState};

use crate::house::{House, admin, id, version};

const ACTIVE: &str = "SELECT Active0 AS Devices FROM v_R_System";

#[test]
fn a_statement_that_writes_is_quarantined_and_nobody_is_asked_about_it() {
    let house = House::new();
    let evil = version("1.0.0").reading("SELECT Name0 AS Devices FROM v_R_System SHUTDOWN", "'measure'");
    let cause = house.arrives("evil.wasm", &evil).unwrap_err();
    assert!(cause.contains("statement `devices`: line 1 column 41: the word `SHUTDOWN`"), "{cause}");
    assert_eq!(house.quarantined().unwrap(), cause);
    assert!(house.registry.list().unwrap().plugins.is_empty());
    assert!(fs::read_dir(house.registry.state().cache()).unwrap().next().is_none());
}

#[test]
fn a_class_below_its_floor_is_quarantined_and_with_a_reason_it_waits_for_a_grant_that_names_it() {
    let house = House::new();
    let sql = "SELECT Name0 AS Devices FROM v_R_System";
    let cause = house.arrives("evil.wasm", &version("1.0.0").reading(sql, "'category'")).unwrap_err();
    assert!(cause.contains("is declared category, and its floor is identifier"), "{cause}");
    assert!(house.inbox().is_empty());

    let reasoned = version("1.0.1").reading(sql, "'category'\nlowers = 'our names are colours'");
    let Installed::Waiting { beyond, .. } = house.arrives("reasoned.wasm", &reasoned).unwrap() else {
        panic!("it waits")
    };
    assert!(beyond.has("lowers devices.Devices category"), "{beyond:?}");
    house.registry.approve(&id(), None, &admin()).unwrap();
    assert_eq!(house.serving().as_deref(), Some("1.0.1"));
}

#[test]
fn a_site_raises_a_floor_and_what_serves_is_judged_anew_at_once() {
    let house = House::new();
    house.install(&version("1.0.0").reading(ACTIVE, "'category'")).unwrap();
    house.registry.approve(&id(), None, &admin()).unwrap();
    let list = house.registry.state().site_classes();
    fs::write(&list, "version = 1\n[view.v_R_System]\nActive0 = 'identifier'\n").unwrap();
    house.registry.reload_trust().unwrap();
    assert_eq!(house.serving(), None);
    let status = house.status("1.0.0");
    assert_eq!(status.state, PluginState::Stopped);
    assert!(status.why.contains("dbo.v_R_System.Active0 is identifier, set by this site"), "{}", status.why);

    let house = house.restarted();
    assert_eq!(house.serving(), None);
    fs::remove_file(list).unwrap();
    house.registry.reload_trust().unwrap();
    assert_eq!(house.serving().as_deref(), Some("1.0.0"));
}

#[test]
fn a_site_lowers_a_floor_by_a_line_of_its_own() {
    let house = House::new();
    let list = house.registry.state().site_classes();
    fs::write(list, "version = 1\n[view.v_R_System]\nAD_Site_Name0 = 'category'\n").unwrap();
    house.registry.reload_trust().unwrap();
    let query = version("1.0.0").reading("SELECT AD_Site_Name0 AS Devices FROM v_R_System", "'category'");
    house.install(&query).unwrap();
    house.registry.approve(&id(), None, &admin()).unwrap();
    assert_eq!(house.serving().as_deref(), Some("1.0.0"));
}

#[test]
fn while_a_list_of_floors_cannot_be_read_nothing_new_is_admitted_and_what_runs_goes_on() {
    let house = House::new();
    house.install(&version("1.0.0")).unwrap();
    let list = house.registry.state().site_classes();
    fs::write(&list, "version = 1\n[view.v_Site]\nSiteCode = 'harmless'\n").unwrap();
    house.registry.reload_trust().unwrap();
    assert_eq!(house.serving().as_deref(), Some("1.0.0"));
    let problems = house.registry.list().unwrap().problems;
    assert_eq!(problems[0].cause, "line 3: `harmless` is no class of a column");
    assert!(problems[0].object.ends_with("site-classes.toml"), "{}", problems[0].object);
    assert!(house.arrives("new.wasm", &version("1.1.0")).is_err());
    // No fault of the file's: it is taken when the list is mended.
    assert_eq!(house.inbox(), ["new.wasm"]);
    fs::remove_file(list).unwrap();
    house.registry.reload_trust().unwrap();
    house.scan();
    assert_eq!(house.serving().as_deref(), Some("1.1.0"));
}

#[cfg(unix)]
#[test]
fn a_list_that_others_may_write_to_is_not_read() {
    use std::os::unix::fs::PermissionsExt as _;
    let house = House::new();
    let list = house.registry.state().site_classes();
    fs::write(&list, "version = 1\n").unwrap();
    fs::set_permissions(&list, fs::Permissions::from_mode(0o666)).unwrap();
    house.registry.reload_trust().unwrap();
    let problems = house.registry.list().unwrap().problems;
    assert!(problems[0].cause.contains("others than its owner may write to it"), "{problems:?}");
}
