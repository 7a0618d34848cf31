//! One signature, written twice, to count as two.

use glasshouse_trust::{PluginFile, Refusal};

use crate::harness::{
    custom,
    signed::{Host, signed, still_admits},
};

#[test]
fn a_key_that_signs_twice_is_refused() {
    let file = signed(&[1]);
    let envelope = String::from_utf8(file.envelope().unwrap().to_bytes()).unwrap();
    let (before, signature) = envelope.strip_suffix("]}").unwrap().split_once("\"signatures\":[").unwrap();
    let twice = format!("{before}\"signatures\":[{signature},{signature}]}}");
    let section = custom("glasshouse:signatures", twice.as_bytes());
    let file = PluginFile::parse([file.signed_bytes(), &section].concat()).unwrap();
    let (refusal, shown) = Host::new().refusal(&file);
    assert!(matches!(refusal, Refusal::SameKeyTwice { .. }), "{refusal:?}");
    insta::assert_snapshot!(shown, @r#"
    contoso.mask 1.2.0: the key 34750f98bd59fcfc946da45aaabe933be154a4b5094e1c4abf42866505f3c97e signed it twice
      mend: get the file again from its signer: one key is one signature
    "#);
    still_admits();
}
