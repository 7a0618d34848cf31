//! What the audit log writes is judged by somebody else: the packages behind Go's checksum database
//! (`golang.org/x/mod/sumdb`) open its notes, read its tiles and check its proofs.
//!
//! They need Go, so this runs only where it is asked for:
//! `GLASSHOUSE_JUDGES=1 cargo test -p glasshouse-audit --test checksum_database_judged`.

#![cfg(test)]

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use glasshouse_audit::{Checkpoint, ConsistencyProof, Deed, InclusionProof, Log, Receipt, Signer};
use glasshouse_contract::{Digest, Leaf, LeafKind, Name};
use jiff::Timestamp;

fn signer() -> Signer {
    Signer::from_seed("glasshouse/judged", &[1; 32]).unwrap()
}

fn leaf(number: u32) -> [u8; 106] {
    let at = Timestamp::from_second(1_700_000_000 + i64::from(number)).unwrap();
    Leaf::new(LeafKind::Seal, at, Digest::of(&number.to_be_bytes())).bytes()
}

fn log_of(size: u32) -> (tempfile::TempDir, Checkpoint) {
    let folder = tempfile::tempdir().unwrap();
    let mut log = Log::open(folder.path(), signer()).unwrap();
    log.append((0..size).map(leaf)).unwrap();
    log.publish().unwrap();
    let checkpoint = log.newest().unwrap().0.clone();
    (folder, checkpoint)
}

/// The Go program, built with the packages where Debian puts them.
struct Judge {
    program: PathBuf,
    scratch: tempfile::TempDir,
}

impl Judge {
    fn build() -> Self {
        let mend =
            "this test needs Go and its x/mod (Debian: apt-get install golang-go golang-golang-x-mod-dev)";
        let scratch = tempfile::tempdir().unwrap();
        let program = scratch.path().join(if cfg!(windows) { "judge.exe" } else { "judge" });
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/checksum_database_judged.go");
        let path = env::var("GOPATH").unwrap_or_else(|_| String::from("/usr/share/gocode"));
        let built = Command::new("go")
            .env("GO111MODULE", "off")
            .env("GOPATH", path)
            .env("GOCACHE", scratch.path().join("cache"))
            .args(["build", "-o"])
            .args([&program, &source])
            .output()
            .unwrap_or_else(|error| panic!("go cannot be started: {error}; {mend}"));
        assert!(built.status.success(), "{}\n{mend}", String::from_utf8_lossy(&built.stderr));
        Self { program, scratch }
    }

    /// What it says of these files, or why it refuses them.
    fn says(&self, what: &str, signer: &Signer, files: &[&[u8]]) -> Result<String, String> {
        let paths = files.iter().enumerate().map(|(number, bytes)| {
            let path = self.scratch.path().join(number.to_string());
            fs::write(&path, bytes).unwrap();
            path
        });
        self.run(what, signer, &paths.collect::<Vec<_>>())
    }

    fn run(&self, what: &str, signer: &Signer, paths: &[PathBuf]) -> Result<String, String> {
        let mut judge = Command::new(&self.program);
        let output = judge.arg(what).arg(signer.verifier().to_string()).args(paths).output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end().to_owned();
        if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
    }
}

#[test]
fn the_packages_of_gos_checksum_database_accept_what_the_log_writes() {
    if env::var_os("GLASSHOUSE_JUDGES").is_none_or(|asked| asked != "1") {
        println!("skipped: it needs Go; set GLASSHOUSE_JUDGES=1 where it is");
        return;
    }
    let judge = Judge::build();

    // Tiles, bundles, checkpoint: each leaf through Go's own reader.
    for size in [1, 2, 255, 256, 257, 700] {
        let (folder, _) = log_of(size);
        let said = judge.run("tiles", &signer(), &[folder.path().to_owned()]);
        assert_eq!(said, Ok(format!("{size} leaves")));
        let tile =
            folder.path().join(if size < 256 { format!("tile/0/000.p/{size}") } else { "tile/0/000".into() });
        let mut bytes = fs::read(&tile).unwrap();
        bytes[3] ^= 1;
        fs::write(&tile, bytes).unwrap();
        judge.run("tiles", &signer(), &[folder.path().to_owned()]).unwrap_err();
    }

    // Proofs in their text form.
    let (folder, _) = log_of(70_000);
    for number in [0, 1, 255, 256, 65_535, 65_536, 69_999] {
        let proof = InclusionProof::of(folder.path(), signer().verifier(), u64::from(number), &leaf(number));
        let text = proof.unwrap().to_string();
        let said = judge.says("inclusion", &signer(), &[text.as_bytes(), &leaf(number)]);
        assert_eq!(said, Ok(format!("leaf {number} of 70000")));
        judge.says("inclusion", &signer(), &[text.as_bytes(), &leaf(number + 1)]).unwrap_err();
        let elsewhere = text.replacen(&format!("index {number}\n"), &format!("index {}\n", number ^ 1), 1);
        judge.says("inclusion", &signer(), &[elsewhere.as_bytes(), &leaf(number)]).unwrap_err();
    }
    for old in [1, 255, 256, 300, 65_536, 69_999, 70_000] {
        let (earlier_folder, earlier) = log_of(old);
        let note = fs::read(earlier_folder.path().join("checkpoint")).unwrap();
        let text = ConsistencyProof::of(folder.path(), signer().verifier(), &earlier).unwrap().to_string();
        let said = judge.says("consistency", &signer(), &[text.as_bytes(), &note]);
        assert_eq!(said, Ok(format!("{old} to 70000")));
        let rewritten = Checkpoint::new(signer().verifier(), u64::from(old), Digest::of(b"rewritten"));
        let note = rewritten.sign(&signer());
        judge.says("consistency", &signer(), &[text.as_bytes(), note.as_bytes()]).unwrap_err();
    }

    // Receipts are notes of another key.
    let receiver = Signer::from_seed("receiver.contoso.example", &[2; 32]).unwrap();
    let (_log, checkpoint) = log_of(3);
    let receipt = Receipt {
        deed: Deed::Stored,
        tenant: Name::new("contoso").unwrap(),
        request: Digest::of(b"id"),
        digest: Digest::of(b"request"),
        at: "2026-03-01T12:00:00Z".parse().unwrap(),
        checkpoint: Some(checkpoint),
    };
    let note = receipt.sign(&receiver);
    let said = judge.says("note", &receiver, &[note.as_bytes()]).unwrap();
    assert!(note.starts_with(&said), "{said}");
    judge.says("note", &signer(), &[note.as_bytes()]).unwrap_err();
    judge.says("note", &receiver, &[note.replacen("stored", "deleted", 1).as_bytes()]).unwrap_err();
}
