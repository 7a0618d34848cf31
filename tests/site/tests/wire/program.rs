//! The program, from outside.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};

use serde_json::Value;
use tiberius::{AuthMethod, Client, Config, EncryptionLevel};
use tokio::net::TcpStream;
use tokio_util::compat::TokioAsyncWriteCompatExt;

/// Ends with the test.
struct Program(Child);

impl Drop for Program {
    fn drop(&mut self) {
        let _gone = self.0.kill();
        let _gone = self.0.wait();
    }
}

fn start(arguments: &[&str]) -> (Program, Value, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_glasshouse-site"))
        .args(["--port", "0", "--devices", "50", "--output", "json", "--tls-dir"])
        .arg(folder.path())
        .args(arguments)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    (Program(child), serde_json::from_str(&line).unwrap(), folder)
}

#[tokio::test]
async fn what_it_prints_is_enough_to_connect() {
    let (_program, card, folder) = start(&["--browser-port", "0"]);
    assert!(folder.path().join("ca.pem").is_file());
    assert!(card["browser_port"].as_u64().unwrap() > 0);
    assert!(card["pin"].as_str().unwrap().starts_with("sha256/"));
    let mut config = Config::new();
    config.database(card["databases"][0].as_str().unwrap());
    let login = &card["logins"][0];
    config.authentication(AuthMethod::sql_server(
        login["user"].as_str().unwrap(),
        login["password"].as_str().unwrap(),
    ));
    config.encryption(EncryptionLevel::NotSupported);
    let port = u16::try_from(card["port"].as_u64().unwrap()).unwrap();
    let socket = TcpStream::connect((card["host"].as_str().unwrap(), port)).await.unwrap();
    let mut client = Client::connect(config, socket.compat_write()).await.unwrap();
    let rows =
        client.simple_query("SELECT SiteCode FROM v_Site").await.unwrap().into_first_result().await.unwrap();
    assert!(!rows.is_empty());
}

#[cfg(unix)]
#[test]
fn it_ends_in_good_order_when_it_is_told_to() {
    for signal in ["-TERM", "-INT"] {
        let (mut program, card, _folder) = start(&[]);
        let process = card["process"].as_u64().unwrap().to_string();
        assert!(Command::new("kill").args([signal, &process]).status().unwrap().success());
        assert!(program.0.wait().unwrap().success());
    }
}

#[test]
fn the_ready_file_has_the_same_as_stdout() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ready.json");
    let (_program, card, _folder) = start(&["--ready-file", file.to_str().unwrap()]);
    let written: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    assert_eq!(written, card);
}

#[test]
fn the_list_of_planted_identifiers_has_each_class() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("canaries.json");
    let (_program, _card, _folder) =
        start(&["--hierarchy", "standalone", "--canaries", file.to_str().unwrap()]);
    let listed: Vec<Value> = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    for class in pretend_site::Class::ALL {
        assert!(listed.iter().any(|canary| canary["class"] == class.word()), "{class:?}");
    }
    assert!(
        listed.iter().all(|canary| ["view", "column", "value"].iter().all(|key| canary[key].is_string()))
    );
}

#[test]
fn help_teaches_each_fault_and_a_wrong_one_is_refused() {
    let program = || Command::new(env!("CARGO_BIN_EXE_glasshouse-site"));
    let help = program().arg("--help").output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    for fault in pretend_site::FAULTS {
        assert!(help.contains(fault.usage), "{} in {help}", fault.usage);
    }
    let refused = program().args(["--fault", "nonsense"]).output().unwrap();
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8(refused.stderr).unwrap().contains("there is no fault `nonsense`"));
}
