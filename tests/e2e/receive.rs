//! A receiver by its verbs: made, looked into, stopped; what is wrong with it is said.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    net::TcpListener,
    process::{Command, Stdio},
};

use crate::house::{House, text};

/// Made in the house, with one tenant; its path.
fn made(house: &House) -> String {
    let folder = house.path("receiver");
    let path = text(&folder).to_owned();
    let said = house
        .run(&["receive", "init", &path, "--name", "receiver.test", "--own-authority", "localhost"])
        .well();
    assert!(said.contains("verifier receiver.test+") && said.contains("pin sha256/"), "{said}");
    let config = folder.join("receive.toml");
    let port = TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .expect("a port is free")
        .port();
    let written = fs::read_to_string(&config).expect("it is there");
    fs::write(&config, written.replace(":8443", &format!(":{port}"))).expect("it can be written");
    path
}

#[test]
fn what_a_receiver_says_for_senders_can_be_pasted_as_it_is() {
    let house = House::trusting();
    let path = text(&house.path("receiver")).to_owned();
    let said = house
        .run(&["receive", "init", &path, "--name", "receiver.test", "--own-authority", "localhost"])
        .well();
    let (_, block) = said.split_once("[[target]]").expect("it has a block");
    let config = house.state().join("glasshouse.toml");
    let written = fs::read_to_string(&config).expect("it is there");
    fs::write(&config, format!("mode = \"online\"\n{written}\n[[target]]{block}"))
        .expect("it can be written");
    house.run(&["status"]).well();
    let said = house.run(&["target", "test"]);
    assert!(said.code == 1 && said.out.contains("endpoint ingest\nproblem   the target"), "{said:#?}");
}

#[test]
fn a_receiver_is_made_once_and_gives_each_token_once() {
    let house = House::empty();
    let path = made(&house);
    let said = house.run(&["receive", "init", &path, "--name", "receiver.test"]).ends_with(2);
    assert!(said.contains("there is a receiver in it"), "{said}");
    let token = house.run(&["receive", "tenant", "add", &path, "contoso"]).well();
    assert!(token.trim().starts_with("ghr_") && token.lines().count() == 1, "{token}");
    house.run(&["receive", "tenant", "add", &path, "contoso"]).ends_with(2);
    let other = house.run(&["receive", "tenant", "renew", &path, "contoso"]).well();
    assert_ne!(token, other);
    let listed = house.run(&["receive", "tenant", "list", &path]).well();
    assert!(listed.contains("contoso") && !listed.contains("ghr_"), "{listed}");
    house.run(&["receive", "tenant", "remove", &path, "contoso"]).well();
    let tenants = house.run(&["receive", "tenant", "list", &path, "--output", "json"]).json();
    assert_eq!(tenants[0]["token"], false, "{tenants}");
    house.run(&["receive", "tenant", "remove", &path, "fabrikam"]).ends_with(2);
}

#[test]
fn what_is_wrong_with_a_receiver_is_said_with_its_exit_code() {
    let house = House::empty();
    let nothing = house.path("nothing");
    let said = house.run(&["receive", "list", text(&nothing)]).ends_with(3);
    assert!(said.contains("there is no receiver in it") && said.contains("receive init"), "{said}");
    let said = house.run(&["receive", "init", text(&nothing), "--name", "two words"]).ends_with(2);
    assert!(!nothing.exists(), "{said}");

    let path = made(&house);
    assert!(house.run(&["receive", "list", &path]).well().contains("RECEIVED"));
    let id = "0".repeat(64);
    house.run(&["receive", "show", &path, "0", "--tenant", "contoso"]).ends_with(2);
    house.run(&["receive", "show", &path, &id, "--tenant", "contoso"]).ends_with(2);
    house.run(&["receive", "tenant", "add", &path, "contoso"]).well();
    house.run(&["receive", "show", &path, &id, "--tenant", "contoso"]).ends_with(1);
    house.run(&["receive", "purge", &path]).ends_with(2);
    assert!(house.run(&["receive", "purge", &path, "--yes"]).well().contains("0 requests"));

    let folder = house.path("receiver");
    fs::write(folder.join("tls/server.pem"), "none").expect("it can be written");
    let said = house.run(&["receive", "run", &path]).ends_with(2);
    assert!(said.contains("server.pem"), "{said}");
    fs::write(folder.join("receive.sqlite"), "no database, and long enough to be looked at as one")
        .expect("it can be written");
    let said = house.run(&["receive", "list", &path]).ends_with(2);
    assert!(said.contains("no database of a receiver"), "{said}");
}

#[cfg(unix)]
#[test]
fn a_receiver_runs_until_it_is_asked_to_stop() {
    let house = House::empty();
    let path = made(&house);
    let mut child =
        house.command(&["receive", "run", &path]).stderr(Stdio::piped()).spawn().expect("it starts");
    let mut lines = BufReader::new(child.stderr.take().expect("it is piped")).lines().map_while(Result::ok);
    assert!(lines.any(|line| line.contains("listening at 127.0.0.1:")));
    let ended = Command::new("kill").arg(child.id().to_string()).status().expect("kill is there");
    assert!(ended.success());
    assert!(lines.any(|line| line.contains("stopped")));
    assert_eq!(child.wait().expect("it ends").code(), Some(0));
}
