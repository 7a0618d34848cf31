//! What does not fit together is told by its line, with what is wrong and how to mend it.

use glasshouse_contract::{Asks, FaultKind, Name};

use crate::support::{config, egress, granted, name, ok, open, receiver, spec};

#[tokio::test]
async fn each_wrong_line_is_named() {
    let receiver = receiver(ok()).await;
    receiver.secret("hq", "token");
    let base = receiver.folder.path();
    std::fs::write(base.join("empty.pem"), "").unwrap();
    let host = "host = \"a.example\"\nca_file = \"ca.pem\"";
    let bearer = "credential = { kind = \"bearer\", file = \"hq\" }";
    let mut said = Vec::new();
    for (target, endpoint) in [
        ("", "ca_file = \"ca.pem\"".to_owned()),
        ("", "host = \"A.example\"".to_owned()),
        ("", "host = \"https://a.example\"".to_owned()),
        ("", "host = \"user:canary@a.example\"".to_owned()),
        ("", "host = \"127.1\"".to_owned()),
        ("", "host = \"10.0.0.1\"\nca_file = \"ca.pem\"\naddresses = [\"10.0.0.1\"]".to_owned()),
        ("", "host = \"a.example\"\nca_file = \"missing.pem\"".replace("missing", "empty")),
        ("", format!("{host}\nconnect_timeout_s = 0")),
        ("", format!("{host}\ntimeout_s = 90000")),
        ("", format!("{host}\nproxy = \"https://proxy.example\"")),
        ("", format!("{host}\nproxy = \"socks5://proxy.example\"")),
        ("", format!("{host}\nproxy = \"http://user:canary@proxy.example\"")),
        ("", format!("{host}\nproxy = \"http://proxy.example/path\"")),
        ("", format!("{host}\nproxy = \"proxy:3128\"")),
        ("", format!("{host}\nproxy = \"http://p\"\nproxy_{bearer}")),
        ("", format!("{host}\nproxy_{bearer}")),
        ("credential = { kind = \"bearer\" }", host.to_owned()),
        ("credential = { kind = \"bearer\", file = \"hq\", env = \"HQ\" }", host.to_owned()),
        ("credential = { kind = \"bearer\", file = \"hq\", user = \"u\" }", host.to_owned()),
        ("credential = { kind = \"basic\", file = \"hq\" }", host.to_owned()),
        ("credential = { kind = \"basic\", file = \"hq\", user = \"a:b\" }", host.to_owned()),
        ("credential = { kind = \"bearer\", env = \"GLASSHOUSE_NO_SUCH_VARIABLE\" }", host.to_owned()),
        ("credential = { kind = \"client-certificate\", cert_file = \"ca.pem\" }", host.to_owned()),
        (
            "credential = { kind = \"client-certificate\", cert_file = \"ca.pem\", key_file = \"hq\" }",
            host.to_owned(),
        ),
    ] {
        let error = open(&egress(), &config(target, &endpoint), base).unwrap_err();
        let fault = error.fault();
        assert!(!fault.mend.is_empty(), "{fault}");
        assert!(error.word().parse::<Name>().is_ok(), "{}", error.word());
        said.push(fault.to_string().replace(&base.display().to_string(), "BASE"));
    }
    let said = said.join("\n");
    assert!(!said.contains("canary") && !said.contains("token"));
    insta::assert_snapshot!(said, @r#"
    target test.targets.one, endpoint ingest: `host`: no host is named for the endpoint `ingest`, and its manifest leaves that to you
      mend: name it: `host = ".."` under the endpoint
    target test.targets.one, endpoint ingest: `host`: `A.example` is no host: a lower-case DNS name or an IPv4 address, with a port where it is not 443
      mend: write it as in a URL, between `https://` and the path
    target test.targets.one, endpoint ingest: `host`: `https://a.example` is no host: a lower-case DNS name or an IPv4 address, with a port where it is not 443
      mend: write it as in a URL, between `https://` and the path
    target test.targets.one, endpoint ingest: `host`: `..@a.example` is no host: a lower-case DNS name or an IPv4 address, with a port where it is not 443
      mend: write it as in a URL, between `https://` and the path
    target test.targets.one, endpoint ingest: `host`: `127.1` is no host: a lower-case DNS name or an IPv4 address, with a port where it is not 443
      mend: write it as in a URL, between `https://` and the path
    target test.targets.one, endpoint ingest: `host`: it is the address 10.0.0.1, which manifest and configuration have to name both
      mend: use a host name; or a manifest with this host, and `addresses = ["10.0.0.1"]`
    target test.targets.one, endpoint ingest: `ca_file`: BASE/empty.pem has no certificate
      mend: name a PEM file with the certificate of the authority
    target test.targets.one, endpoint ingest: `connect_timeout_s`: it is 0
      mend: write seconds, from 1 to 86400
    target test.targets.one, endpoint ingest: `timeout_s`: it is 90000
      mend: write seconds, from 1 to 86400
    target test.targets.one, endpoint ingest: `proxy`: only proxies that are spoken to by HTTP are known; what goes through is encrypted
      mend: write `http://host:port`; a login goes into `proxy_credential`
    target test.targets.one, endpoint ingest: `proxy`: only proxies that are spoken to by HTTP are known; what goes through is encrypted
      mend: write `http://host:port`; a login goes into `proxy_credential`
    target test.targets.one, endpoint ingest: `proxy`: there is a login in it
      mend: write `http://host:port`; a login goes into `proxy_credential`
    target test.targets.one, endpoint ingest: `proxy`: there is more in it than host and port
      mend: write `http://host:port`; a login goes into `proxy_credential`
    target test.targets.one, endpoint ingest: `proxy`: only proxies that are spoken to by HTTP are known; what goes through is encrypted
      mend: write `http://host:port`; a login goes into `proxy_credential`
    target test.targets.one, endpoint ingest: `proxy_credential`: a proxy takes `basic` alone
      mend: write `kind = "basic"`
    target test.targets.one, endpoint ingest: `proxy_credential`: there is no proxy
      mend: write `proxy`, or leave this line out
    target test.targets.one, endpoint ingest: `credential`: it is kept in a file or in a variable, and in one of them
      mend: write `file = ".."` or `env = ".."`; the secret itself is never written here
    target test.targets.one, endpoint ingest: `credential`: it is kept in a file or in a variable, and in one of them
      mend: write `file = ".."` or `env = ".."`; the secret itself is never written here
    target test.targets.one, endpoint ingest: `credential`: `user` is nothing that a credential of this kind has
      mend: leave that line out
    target test.targets.one, endpoint ingest: `credential`: `basic` takes a user, in printable ASCII without a colon
      mend: write `user = ".."`
    target test.targets.one, endpoint ingest: `credential`: `basic` takes a user, in printable ASCII without a colon
      mend: write `user = ".."`
    target test.targets.one, endpoint ingest: `credential`: the variable GLASSHOUSE_NO_SUCH_VARIABLE is not set, or is not text
      mend: keep the secret in a file that only the host's account may read (mode 600), or in the variable
    target test.targets.one, endpoint ingest: `credential`: a client certificate is two files
      mend: name them with `cert_file` and `key_file`
    target test.targets.one, endpoint ingest: `credential`: BASE/ca.pem: the key that belongs to it is no private key in PEM
      mend: name the files of a certificate and of its key, both in PEM
    "#);
}

#[tokio::test]
async fn what_nobody_granted_is_refused() {
    let receiver = receiver(ok()).await;
    receiver.secret("hq", "token");
    let base = receiver.folder.path();
    let config = receiver.config("credential = { kind = \"bearer\", file = \"hq\" }", "");
    let spec = spec(None);
    let error = egress().open(&config, &spec, &Asks::default(), &name("ingest"), base).unwrap_err();
    assert_eq!(error.fault().kind, FaultKind::Refused);
    assert!(error.to_string().ends_with("`endpoint`: nobody granted it to the plugin"), "{error}");

    let without: Asks =
        granted(&spec).iter().filter(|ask| !ask.to_string().contains("bearer")).cloned().collect();
    let error = egress().open(&config, &spec, &without, &name("ingest"), base).unwrap_err();
    assert_eq!(error.fault().kind, FaultKind::Refused);
    assert!(error.to_string().contains("`credential`"), "{error}");

    let error = egress().open(&config, &spec, &granted(&spec), &name("other"), base).unwrap_err();
    assert!(error.to_string().contains("the manifest has none of that name"), "{error}");
}

#[tokio::test]
async fn a_host_of_the_manifest_is_not_to_be_named_again() {
    let receiver = receiver(ok()).await;
    let spec = spec(Some("fixed.example"));
    let config = receiver.config("", "");
    let error =
        egress().open(&config, &spec, &granted(&spec), &name("ingest"), receiver.folder.path()).unwrap_err();
    assert!(error.to_string().contains("so that no other can be named for it"), "{error}");
}

#[test]
fn a_misspelt_line_is_no_line() {
    for text in [
        "plugin = \"test.targets.one\"\ncriticl = true",
        "plugin = \"test.targets.one\"\n[endpoint.ingest]\npin = []",
        "plugin = \"test.targets.one\"\n[endpoint.ingest]\npins = [\"sha1/x\"]",
        "plugin = \"test.targets.one\"\n[endpoint.ingest]\naddresses = [\"everything\"]",
        "plugin = \"test.targets.one\"\ncredential = { kind = \"ntlm\", file = \"x\" }",
        "plugin = \"test.targets.one\"\ncredential = { kind = \"bearer\", token = \"x\" }",
    ] {
        assert!(toml::from_str::<glasshouse_egress::TargetConfig>(text).is_err(), "{text}");
    }
}
