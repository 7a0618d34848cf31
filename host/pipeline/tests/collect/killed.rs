//! Kill -9 while a run is at work, at moments all over it: afterwards the run goes on and ends with the same rows
//! as one that nobody disturbed.

use std::{
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use glasshouse_ledger::RunState;
use pretend_site::{SqlType, Value};

use crate::{
    database::Answers,
    house::{DEVICES, House, collect_site, query, shipped, site},
};

/// Tells the process that is killed which house it works in.
const HOME: &str = "GLASSHOUSE_TEST_HOME";
const CONFIG: &str = "GLASSHOUSE_TEST_SITE";
/// How often a run is killed before it may come to its end.
const KILLS: u32 = 12;

fn answers() -> Answers {
    Answers::new()
        .with(
            "v_GS_OPERATING_SYSTEM",
            &[("Caption", SqlType::NVarChar(255)), ("Devices", SqlType::BigInt)],
            30_000,
            |row| vec![Value::Text(format!("Windows {row}")), Value::Int(1)],
        )
        .with(
            "[Name0]",
            &[("Machine", SqlType::NVarChar(64)), ("Build", SqlType::NVarChar(64))],
            30_000,
            |row| vec![Value::Text(format!("PC-{row}")), Value::Text(format!("10.0.{row}"))],
        )
        .with(
            "v_R_System",
            &[("ClientVersion", SqlType::NVarChar(64)), ("Devices", SqlType::Int)],
            30_000,
            |row| vec![Value::Text(format!("5.00.{}.1000", row % 1_000)), Value::Int(row as i64)],
        )
}

fn fill(house: &House) {
    house.admit(&shipped("queries/examples/client-growth"));
    for id in ["contoso.one", "contoso.two", "contoso.three"] {
        // The types of the shipped query and of this one are those of one answer.
        house.admit(&query(&DEVICES.replace("contoso.devices", id).replace("COUNT_BIG", "COUNT")));
    }
}

/// What the killed process is. By itself it is no test.
#[test]
fn a_process_that_collects() {
    let (Ok(home), Ok(config)) = (std::env::var(HOME), std::env::var(CONFIG)) else { return };
    let config = std::fs::read_to_string(config).unwrap();
    let home = Path::new(&home);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let house = House::at(home);
        let site = collect_site(&config, home.parent().unwrap());
        house.run(&site).await.unwrap();
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_killed_again_and_again_ends_with_the_rows_of_an_undisturbed_one() {
    let place = site(answers().databases()).await;
    let undisturbed = House::new();
    fill(&undisturbed);
    let began = Instant::now();
    let whole = undisturbed.run(&place.site).await.unwrap();
    let took = began.elapsed();
    assert_eq!(whole.total.done, 10);

    let home = place.folder().join("home");
    std::fs::create_dir(&home).unwrap();
    fill(&House::at(&home));
    let config = place.folder().join("site.toml");
    std::fs::write(&config, crate::house::config("cas", place.running.addr.port(), "")).unwrap();
    let mut cut_short = 0;
    for kill in 0..KILLS {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "killed::a_process_that_collects", "--test-threads=1"])
            .env(HOME, &home)
            .env(CONFIG, &config)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // From the begin of the process to about the time that all of it takes.
        tokio::time::sleep((took + Duration::from_millis(400)) * kill / KILLS).await;
        child.kill().unwrap();
        child.wait().unwrap();
        let house = House::at(&home);
        let running = house
            .registry
            .ledger()
            .runs(None, 1)
            .unwrap()
            .first()
            .is_some_and(|run| run.state == RunState::Running);
        cut_short += u32::from(running);
        let seen = house.rows("SELECT count(*) FROM TEL_TelemetryResults WHERE Query LIKE 'contoso.%'");
        let seen: u64 = seen[0][0].parse().unwrap();
        assert_eq!(seen % 90_000, 0, "a part is seen whole or not at all");
        if house
            .registry
            .ledger()
            .runs(None, 1)
            .unwrap()
            .first()
            .is_some_and(|run| run.state == RunState::Done)
        {
            break;
        }
    }
    assert!(cut_short > 0, "no kill met a run at work");
    let house = House::at(&home);
    let done = match house.registry.ledger().runs(None, 1).unwrap().pop() {
        Some(run) if run.state == RunState::Done => run.id,
        _ => house.run(&place.site).await.unwrap().run,
    };
    assert_eq!(done, whole.run, "the same run");
    assert!(house.results() == undisturbed.results(), "other rows");
    let rows = |house: &House| house.rows("SELECT count(*) FROM result");
    assert_eq!(rows(&house), rows(&undisturbed), "nothing is left over of what was cut short");
    let state =
        |house: &House| house.rows("SELECT id, site, run, digest, hex(bytes) FROM carried ORDER BY 1");
    assert_eq!(state(&house), state(&undisturbed));
}
