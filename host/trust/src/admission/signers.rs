//! Whose signatures count, and whether they are enough.

use glasshouse_contract::{Kind, Name};

use super::{Admission, Chain, WARN_BEFORE};
use crate::{Envelope, Policy, Refusal, Signer, SignerState, TrustedKey};

impl Admission<'_> {
    pub(super) fn check_signatures(
        &self,
        kind: Kind,
        envelope: &Envelope,
        chain: &mut Chain,
    ) -> Result<(), Refusal> {
        if envelope.signatures().is_empty() {
            return Err(Refusal::NotSigned);
        }
        if let Some(key) = envelope.key_named_twice() {
            return Err(Refusal::SameKeyTwice { key });
        }
        let message = envelope.signed_message();
        let mut counted: Vec<&TrustedKey> = Vec::new();
        let mut passed_over = None;
        let mut bad = None;
        for signature in envelope.signatures() {
            let key = self.trust.key(signature.key());
            let state = match key {
                None => SignerState::Unknown,
                Some(key) if !signature.is_by(&key.public, &message) => {
                    bad.get_or_insert(Refusal::BadSignature { key: key.name.clone() });
                    SignerState::Bad
                }
                Some(key) => match self.why_not(key, kind) {
                    None => {
                        counted.push(key);
                        SignerState::Counts
                    }
                    Some((state, refusal)) => {
                        passed_over.get_or_insert(refusal);
                        state
                    }
                },
            };
            chain.signers.push(Signer { key: signature.key(), name: key.map(|key| key.name.clone()), state });
        }
        // A bad signature is never just passed over: somebody changed the file or forged one.
        if let Some(refusal) = bad {
            return Err(refusal);
        }
        if let Err(too_few) = enough(self.trust.policy(kind), kind, &counted) {
            return Err(match passed_over {
                // The signature that would have counted, and why it does not, says more than a number.
                Some(refusal) => refusal,
                None if counted.is_empty() => {
                    Refusal::UnknownSigners { signatures: envelope.signatures().len() }
                }
                None => too_few,
            });
        }
        for key in &counted {
            if let Some(expires) = key.expires {
                self.warn_of(&format!("the key `{}` that signed it", key.name), expires, WARN_BEFORE, chain);
            }
        }
        chain.passed("signatures", format!("signed by {}", names(&counted)));
        Ok(())
    }

    /// Why a signature that verifies does not count.
    fn why_not(&self, key: &TrustedKey, kind: Kind) -> Option<(SignerState, Refusal)> {
        let name = || key.name.clone();
        if self.revocations.is_some_and(|list| list.keys.contains(&key.public.id())) {
            return Some((SignerState::Revoked, Refusal::KeyRevoked { key: name() }));
        }
        if !key.kinds.contains(&kind) {
            return Some((SignerState::OtherKind, Refusal::KeyNotForKind { key: name(), kind }));
        }
        match key.expires {
            Some(expired) if self.now >= expired => {
                Some((SignerState::Expired, Refusal::KeyExpired { key: name(), expired }))
            }
            _ => None,
        }
    }
}

/// Whether a kind's policy is met; without one, any one key that may sign the kind will do.
fn enough(policy: Option<&Policy>, kind: Kind, counted: &[&TrustedKey]) -> Result<(), Refusal> {
    let has = |name: &&Name| counted.iter().any(|key| key.name == **name);
    let too_few = |needs: String| Err(Refusal::TooFewSignatures { kind, needs, signed: names(counted) });
    let Some(policy) = policy else {
        return if counted.is_empty() { too_few("one key that may sign it".to_owned()) } else { Ok(()) };
    };
    let missing: Vec<&Name> = policy.all_of.iter().filter(|name| !has(name)).collect();
    if !missing.is_empty() {
        return too_few(format!("all of {}", joined(policy.all_of.iter())));
    }
    match &policy.any_of {
        Some(quorum) if quorum.keys.iter().filter(has).count() < quorum.minimum => {
            too_few(format!("{} of {}", quorum.minimum, joined(quorum.keys.iter())))
        }
        _ => Ok(()),
    }
}

fn names(keys: &[&TrustedKey]) -> String {
    if keys.is_empty() { "nobody that counts".to_owned() } else { joined(keys.iter().map(|key| &key.name)) }
}

fn joined<'a>(names: impl Iterator<Item = &'a Name>) -> String {
    names.map(Name::as_str).collect::<Vec<_>>().join(", ")
}
