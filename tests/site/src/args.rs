//! The command line.

use std::{
    fmt::Write,
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
};

use anyhow::Context;
use clap::{Parser, ValueEnum};
use pretend_site::{Browser, Clock, Encryption, FAULTS, Fault, Hierarchy, Options, Plan, SiteData};
use serde_json::json;

/// A pretend site database that speaks the protocol of SQL Server.
///
/// It fills itself with a synthetic hierarchy, listens on 127.0.0.1, and prints how to talk to it. Nothing is
/// kept: the next start with the same numbers has the same rows.
#[derive(Debug, Parser)]
#[command(name = "glasshouse-site", version, after_help = after_help())]
pub(crate) struct Args {
    /// How many devices the hierarchy has.
    #[arg(long, default_value_t = 5000)]
    pub(crate) devices: u32,
    /// Which hierarchy: the same number gives the same rows.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// A central site with two primaries and a secondary, or one primary alone.
    #[arg(long, value_enum, default_value_t = HierarchyArg::Cas)]
    pub(crate) hierarchy: HierarchyArg,
    /// What GETUTCDATE() says.
    #[arg(long, value_enum, default_value_t = ClockArg::Fixed)]
    pub(crate) clock: ClockArg,
    /// Plant no identifiers: without this each text column of each view has some of each class.
    #[arg(long)]
    pub(crate) no_canaries: bool,
    /// Write the list of planted identifiers into this file, as JSON.
    #[arg(long, value_name = "FILE", conflicts_with = "no_canaries")]
    pub(crate) canaries: Option<PathBuf>,
    /// The TCP port; 0 picks one.
    #[arg(long, default_value_t = 14_330)]
    pub(crate) port: u16,
    /// Also answer as SQL Server Browser on this UDP port; 0 picks one.
    #[arg(long, value_name = "PORT")]
    pub(crate) browser_port: Option<u16>,
    /// The instance that the browser knows.
    #[arg(long, value_name = "NAME", default_value = "CM", requires = "browser_port")]
    pub(crate) instance: String,
    /// Whether connections are encrypted.
    #[arg(long, value_enum, default_value_t = EncryptionArg::Offered)]
    pub(crate) encryption: EncryptionArg,
    /// Where ca.pem, the certificate of the test authority, is written.
    #[arg(long, value_name = "DIR")]
    pub(crate) tls_dir: Option<PathBuf>,
    /// One more name that the server's certificate is good for. May be repeated.
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Vec<String>,
    /// Something that goes wrong; see below. May be repeated.
    #[arg(long, value_name = "FAULT")]
    pub(crate) fault: Vec<Fault>,
    /// Answer any query of a table `bench` with this many rows, as fast as the socket takes them.
    #[arg(long, value_name = "ROWS")]
    pub(crate) replay: Option<u64>,
    /// Write the JSON of `--output json` into this file when clients can come.
    #[arg(long, value_name = "FILE")]
    pub(crate) ready_file: Option<PathBuf>,
    /// What is printed when clients can come.
    #[arg(long, value_enum, default_value_t = Output::Text)]
    pub(crate) output: Output,
}

/// See `--hierarchy`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum HierarchyArg {
    /// A central administration site, two primaries, one secondary.
    Cas,
    /// One primary site.
    Standalone,
}

/// See `--clock`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ClockArg {
    /// Always 2026-01-28 09:30, so that the same numbers give the same rows on any day.
    Fixed,
    /// The time of this machine.
    Real,
}

/// See `--encryption`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum EncryptionArg {
    /// The server says that it cannot.
    Off,
    /// For each client that can.
    Offered,
    /// For each client.
    Required,
}

/// See `--output`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Output {
    /// For people.
    Text,
    /// One line for programs.
    Json,
}

/// The examples and the faults.
fn after_help() -> String {
    let mut text = String::from(
        "Examples:\n  glasshouse-site --devices 50000 --seed 7\n  \
         glasshouse-site --port 0 --tls-dir /tmp/site --ready-file /tmp/site/ready.json\n  \
         glasshouse-site --fault deadlock,times=2@v_Site --fault close-mid-row=100@v_R_System\n\n\
         Faults: NAME[=VALUE][,row=K][,times=N][@OBJECT]\n  \
         row=K: after K rows. times=N: only the first N times. @OBJECT: only for statements that name it.\n",
    );
    let width = FAULTS.iter().map(|fault| fault.usage.len()).max().unwrap_or(0);
    for fault in FAULTS {
        // Writing to a string does not fail.
        let _never = writeln!(text, "  {:width$}  {}", fault.usage, fault.does);
    }
    text
}

impl Args {
    pub(crate) fn into_options(self) -> anyhow::Result<Options> {
        let tls_dir = match self.tls_dir {
            Some(folder) => folder,
            None => std::env::temp_dir().join(format!("glasshouse-site-{}", std::process::id())),
        };
        let data = SiteData::new(Plan {
            devices: self.devices,
            seed: self.seed,
            hierarchy: match self.hierarchy {
                HierarchyArg::Cas => Hierarchy::Central,
                HierarchyArg::Standalone => Hierarchy::StandAlone,
            },
            clock: match self.clock {
                ClockArg::Fixed => Clock::Fixed,
                ClockArg::Real => Clock::Real,
            },
            planted: !self.no_canaries,
        })?;
        if let Some(path) = self.canaries {
            std::fs::write(&path, canaries(&data))
                .with_context(|| format!("cannot write the planted identifiers to {}", path.display()))?;
        }
        let mut options = Options::of(data);
        options.listen = SocketAddr::from((Ipv4Addr::LOCALHOST, self.port));
        options.browser = self.browser_port.map(|port| Browser {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
            instance: self.instance,
        });
        options.encryption = match self.encryption {
            EncryptionArg::Off => Encryption::Off,
            EncryptionArg::Offered => Encryption::Offered,
            EncryptionArg::Required => Encryption::Required,
        };
        options.tls_dir = Some(tls_dir);
        options.names = self.name;
        options.faults = self.fault;
        options.replay = self.replay;
        Ok(options)
    }
}

/// The planted identifiers as a JSON array.
fn canaries(data: &SiteData) -> String {
    let all = data.canaries().iter().map(|canary| {
        json!({
            "class": canary.class.word(),
            "view": canary.view,
            "column": canary.column,
            "value": canary.value,
        })
    });
    format!("{:#}\n", all.collect::<serde_json::Value>())
}
