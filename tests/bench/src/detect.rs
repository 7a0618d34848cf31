//! The detectors, all of them, over the log of a client: lines as Configuration Manager writes them, one of
//! eight with something in it that is to be found.

use std::hint::black_box;

use glasshouse_detect::{Detectors, Kinds};

use crate::{
    Failed,
    data::Dice,
    report::Figures,
    rounds::{Candidate, run},
};

const LINES: usize = 20_000;

const COMPONENTS: [&str; 6] =
    ["ccmexec", "LocationServices", "PolicyAgent_PolicyEvaluator", "CAS", "UpdatesHandler", "AppEnforce"];

pub fn measure(figures: &mut Figures) -> Result<(), Failed> {
    let (log, planted) = log();
    let detectors = Detectors::of(Kinds::all()).domain("contoso.example");
    let mut found = Vec::new();
    detectors.find(&log, &mut found);
    // A fast detector that finds nothing, or everything, is none.
    if found.len() != planted {
        return Err(format!("{} things are found in the log, and {planted} are in it", found.len()).into());
    }
    let rounds = run(
        21,
        1,
        vec![Candidate {
            name: "find",
            run: Box::new(|| {
                detectors.find(black_box(&log), &mut found);
                black_box(&found);
            }),
        }],
    );
    figures.at_least("detect.text_mbps", log.len() as f64 / rounds.micros("find"), "MB/s", 50.0);
    Ok(())
}

/// The log, and how much there is to find in it.
pub fn log() -> (String, usize) {
    let mut dice = Dice::new();
    let mut log = String::new();
    let mut planted = 0;
    for _ in 0..LINES {
        let message = if dice.roll(8) == 0 {
            planted += 1;
            personal(&mut dice)
        } else {
            technical(&mut dice)
        };
        log.push_str(&format!(
            "<![LOG[{message}]LOG]!><time=\"{:02}:{:02}:{:02}.{:03}+000\" date=\"{:02}-{:02}-2026\" component=\"{}\" \
             context=\"\" type=\"{}\" thread=\"{}\" file=\"utils.cpp:{}\">\n",
            dice.roll(24),
            dice.roll(60),
            dice.roll(60),
            dice.roll(1000),
            dice.roll(12) + 1,
            dice.roll(28) + 1,
            dice.pick(&COMPONENTS),
            dice.roll(3) + 1,
            dice.roll(30_000),
            dice.roll(9_999),
        ));
    }
    (log, planted)
}

fn personal(dice: &mut Dice) -> String {
    match dice.roll(8) {
        0 => format!("Policy request from {}", dice.mail()),
        1 => format!("Connected to server {} on port 8530", dice.address()),
        2 => format!("User CONTOSO\\user{} logged on", dice.roll(9_999)),
        3 => format!("Copying \\\\srv{:02}\\SMSPKGD$\\PS1000{:02}\\setup.exe", dice.roll(99), dice.roll(99)),
        4 => format!("Client GUID:{} registered", guid(dice)),
        5 => format!(
            "Profile of S-1-5-21-{}-{}-{}-1001",
            dice.roll(1 << 31),
            dice.roll(1 << 31),
            dice.roll(1 << 31)
        ),
        6 => format!("Setting URL = https://mp{}.contoso.example, Ports = 80,443", dice.roll(99)),
        _ => format!("Server=cm{:02};Database=CM_PS1;Password=x{}", dice.roll(99), dice.roll(1 << 30)),
    }
}

fn technical(dice: &mut Dice) -> String {
    match dice.roll(8) {
        0 => format!(
            "Failed to download package PS1000{:02}, cannot continue (0x{:08X})",
            dice.roll(99),
            dice.roll(1 << 32)
        ),
        1 => format!("Update (Site_{}/SUM_{}) added to the targeted list", guid(dice), guid(dice)),
        2 => format!(
            "Running module version 5.0.{}.1000 from location 'C:\\Windows\\CCM\\smsboot.exe'",
            9_000 + dice.roll(200)
        ),
        3 => format!("Driver version 10.1.1.{}, KB50{:05}, state = 3", dice.roll(99), dice.roll(99_999)),
        4 => "Registry key HKLM\\SOFTWARE\\Microsoft\\CCM does not exist".to_owned(),
        5 => {
            format!("sent {} bytes in {} ms, {} % done", dice.roll(1 << 33), dice.roll(9_999), dice.roll(100))
        }
        6 => "SELECT * FROM CCM_SoftwareUpdate WHERE Sources is NULL in namespace root\\ccm\\ClientSDK"
            .to_owned(),
        _ => format!("CIAgentJob({{{}}}): CAgentJob::Transition: state = Success", guid(dice)),
    }
}

fn guid(dice: &mut Dice) -> String {
    format!(
        "{:08X}-{:04X}-{:04X}-{:04X}-{:012X}",
        dice.roll(1 << 32),
        dice.roll(1 << 16),
        dice.roll(1 << 16),
        dice.roll(1 << 16),
        dice.roll(1 << 43)
    )
}
