//! How a plugin file would fare on a state directory, or where there is none.

use glasshouse_contract::Fault;
use glasshouse_guard::Floors;
use glasshouse_registry::{Registry, RegistryError, host_version};
use glasshouse_trust::{Admission, PluginFile, Step, StepOutcome, TrustStore, Verdict};
use jiff::Timestamp;

use crate::{Difference, Inspection};

/// Against the trust, the grants and the running version of a state directory.
pub(crate) fn against_registry(
    registry: &Registry,
    file: &PluginFile,
    name: &str,
) -> Result<Inspection, Fault> {
    let trust = registry.trust();
    let verdict = match (registry.judge(file), &trust) {
        (Ok(verdict), _) => verdict,
        (Err(RegistryError::NotJudged(_)), Err(fault)) => {
            trusting_nobody(file, registry.clock().now(), fault)
        }
        (Err(error), _) => return Err(error.fault(name)),
    };
    let running = registry.get(&file.manifest().id);
    let difference = running
        .filter(|running| running.digest() != file.digest())
        .map(|running| Difference::between(running.manifest(), running.digest(), file.manifest()));
    let granted = trust.as_ref().ok().and_then(|trust| trust.grant(&file.manifest().id));
    let floors = registry.floors();
    let mut inspection = Inspection::of(
        file,
        verdict,
        granted,
        difference,
        floors.as_deref().unwrap_or_else(|_| Floors::shipped()),
    );
    if let Err(fault) = floors {
        // Until it can be read nothing new is admitted; the shipped list alone says what it can.
        let words = format!("not all floors are known: {}: {}", fault.object, fault.cause);
        inspection.verdict.steps.push(Step {
            check: "floors".to_owned(),
            outcome: StepOutcome::Failed,
            words,
        });
    }
    Ok(inspection)
}

/// Where there is no state directory: what the file says is all there is.
pub(crate) fn alone(file: &PluginFile, why: &Fault) -> Inspection {
    Inspection::of(file, trusting_nobody(file, Timestamp::now(), why), None, None, Floors::shipped())
}

/// Judged as by a host that trusts nobody, with the reason for that first.
fn trusting_nobody(file: &PluginFile, now: Timestamp, why: &Fault) -> Verdict {
    let trust = TrustStore::default();
    let admission =
        Admission { trust: &trust, revocations: None, ratchet: None, now, host_version: host_version() };
    let mut verdict = admission.judge(file);
    let words = format!("nobody is trusted: {}: {}", why.object, why.cause);
    verdict.steps.insert(0, Step { check: "trust".to_owned(), outcome: StepOutcome::Failed, words });
    verdict
}
