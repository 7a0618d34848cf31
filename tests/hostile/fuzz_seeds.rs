//! The kept inputs of the fuzz targets, each through its target: what a fuzzer once found stays found,
//! and the targets stay true without one.

use std::{fs, path::Path};

use glasshouse_fuzz_bodies::TARGETS;

#[test]
fn every_seed_passes_through_its_fuzz_target() {
    let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/seeds");
    for (name, target) in TARGETS {
        let folder = fs::read_dir(seeds.join(name)).unwrap();
        let files: Vec<_> = folder.map(|entry| entry.unwrap().path()).collect();
        assert!(!files.is_empty(), "{name} has no seeds");
        for file in files {
            eprintln!("{}", file.display());
            target(&fs::read(file).unwrap());
        }
    }
    assert_eq!(fs::read_dir(seeds).unwrap().count(), TARGETS.len());
}
