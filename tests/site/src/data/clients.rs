//! How the clients are: health, deployment of the client itself, protection, scans, their users.

use crate::tsql::{DAY, HOUR, MINUTE};

use super::{
    DataError,
    devices::Device,
    fill::{Filler, put},
    hierarchy::Sites,
    plan::Plan,
    random::Random,
};

pub(crate) fn fill(
    filler: &mut Filler<'_>,
    plan: &Plan,
    sites: &Sites,
    devices: &[Device],
    origin: i64,
) -> Result<(), DataError> {
    for device in devices {
        let index = u64::try_from(device.resource).unwrap_or(0);
        let mut random = Random::new(plan.seed, "clients", index);
        deployment(filler, sites, device, &mut random)?;
        if device.is_client {
            health(filler, sites, device, &mut random)?;
            protection(filler, device, &mut random)?;
            scan(filler, device, &mut random)?;
            users(filler, device, &mut random, origin)?;
        } else {
            push(filler, device, &mut random, origin)?;
        }
    }
    Ok(())
}

fn deployment(
    filler: &mut Filler<'_>,
    sites: &Sites,
    device: &Device,
    random: &mut Random,
) -> Result<(), DataError> {
    let failed = random.weighted(&[(400, 301), (600, 307)], 307);
    let state =
        if device.is_client { random.weighted(&[(900, 500), (80, 400), (20, 501)], 500) } else { failed };
    put!(filler, "v_ClientDeploymentState",
        SMSID: device.sms_id.as_ref(), NetBiosName: &device.name, FQDN: format!("{}.{}", device.name, sites.domain),
        AssignedSiteCode: device.site, ClientVersion: device.client_version, LastMessageTime: device.last_seen,
        LastMessageStateID: state)
}

fn health(
    filler: &mut Filler<'_>,
    sites: &Sites,
    device: &Device,
    random: &mut Random,
) -> Result<(), DataError> {
    let is_healthy = !random.in_thousand(45);
    let words = match (device.is_active, is_healthy) {
        (true, true) => "Active/Pass",
        (true, false) => "Active/Fail",
        (false, true) => "Inactive/Pass",
        (false, false) => "Inactive/Fail",
    };
    let seen = device.last_seen;
    let ago = |random: &mut Random, hours: i64| seen - random.below(hours * 60) * MINUTE;
    put!(filler, "v_CH_ClientSummary",
        ResourceID: device.resource, ClientActiveStatus: device.is_active, ClientStateDescription: words,
        LastActiveTime: seen, LastDDR: ago(random, 48), LastHW: ago(random, 96), LastSW: random.in_thousand(400).then_some(seen - 3 * DAY),
        LastPolicyRequest: ago(random, 4), LastStatusMessage: ago(random, 72), LastHealthEvaluation: ago(random, 30),
        LastHealthEvaluationResult: if is_healthy { 7 } else { 3 }, LastEvaluationHealthy: if is_healthy { 1 } else { 2 },
        ClientRemediationSuccess: i64::from(is_healthy),
        LastMPServerName: format!("{}-SRV03.{}", device.site, sites.domain), ExpectedNextPolicyRequest: seen + HOUR)?;
    let checks: &[(&str, i64)] =
        if is_healthy { &[("", 7)] } else { &[("", 3), ("{B8A8D3C4-8B4F-4F5E-9C7D-0E3A1C2B5D60}", 1)] };
    for (check, result) in checks {
        let check = if check.is_empty() { random.pick(&CHECKS, "") } else { *check };
        put!(filler, "v_CH_EvalResults",
            ResourceID: device.resource, NetBiosName: &device.name, HealthCheckID: check, Result: *result,
            EvalTime: seen - random.below(24) * HOUR)?;
    }
    Ok(())
}

const CHECKS: [&str; 4] = [
    "{6A6B2B93-1C8A-4C40-A2F1-2D4B6B8C1E01}",
    "{6A6B2B93-1C8A-4C40-A2F1-2D4B6B8C1E02}",
    "{6A6B2B93-1C8A-4C40-A2F1-2D4B6B8C1E03}",
    "{6A6B2B93-1C8A-4C40-A2F1-2D4B6B8C1E04}",
];

fn protection(filler: &mut Filler<'_>, device: &Device, random: &mut Random) -> Result<(), DataError> {
    if random.in_thousand(30) {
        return Ok(());
    }
    let (version, engine) = random.weighted(
        &[
            (800, ("4.18.24090.11", "1.1.24090.11")),
            (150, ("4.18.24080.9", "1.1.24080.9")),
            (50, ("4.18.2011.6", "1.1.17600.5")),
        ],
        ("4.18.24090.11", "1.1.24090.11"),
    );
    put!(filler, "v_GS_AntimalwareHealthStatus",
        ResourceID: device.resource, Version: version, EngineVersion: engine,
        AntivirusEnabled: !random.in_thousand(20), AntispywareEnabled: !random.in_thousand(20))?;
    // 3 installed, 4 waits for a restart, 5 failed.
    let state = random.weighted(&[(950, 3), (20, 4), (30, 5)], 3);
    let code = if state == 5 {
        random.pick(&[-2_147_023_293, -2_147_024_891, -2_147_023_838], -2_147_023_293)
    } else {
        0
    };
    put!(filler, "v_GS_EPDeploymentState",
        ResourceID: device.resource, LastMessageTime: device.last_seen, DeploymentState: state,
        Error: (code != 0).then_some("The client could not be installed."), ErrorCode: code)
}

fn scan(filler: &mut Filler<'_>, device: &Device, random: &mut Random) -> Result<(), DataError> {
    let has_failed = random.in_thousand(40);
    let code = if has_failed {
        random.pick(&[-2_145_107_952, -2_147_012_894, -2_145_120_257], -2_145_107_952)
    } else {
        0
    };
    let has_scanned = !random.in_thousand(12);
    put!(filler, "v_UpdateScanStatus",
        ResourceID: device.resource, LastScanTime: has_scanned.then(|| device.last_seen - random.below(72 * 60) * MINUTE),
        LastScanState: if has_failed { 5 } else { 3 }, LastErrorCode: code,
        LastWUAVersion: format!("{}.{}", device.system.build, random.between(1, 5000)), UpdateSource_ID: 1)
}

fn users(
    filler: &mut Filler<'_>,
    device: &Device,
    random: &mut Random,
    origin: i64,
) -> Result<(), DataError> {
    if device.system.product_type == 3 {
        return Ok(());
    }
    let count = random.weighted(&[(100, 0), (800, 1), (80, 2), (20, 3)], 1);
    for number in 0..count {
        let user = if number == 0 { device.user.clone() } else { format!("{}{number}", device.user) };
        put!(filler, "v_UserMachineRelationship",
            UniqueUserName: format!("CONTOSO\\{user}"), MachineResourceID: device.resource,
            CreationTime: origin - random.below(900) * DAY, RelationActive: 1)?;
    }
    Ok(())
}

fn push(filler: &mut Filler<'_>, device: &Device, random: &mut Random, origin: i64) -> Result<(), DataError> {
    let (status, code) =
        random.weighted(&[(500, (2, 53)), (200, (2, 5)), (200, (1, 0)), (100, (4, 0))], (2, 53));
    put!(filler, "v_CP_Machine",
        MachineID: device.resource, Name: &device.name, AssignedSiteCode: device.site,
        NumProcessAttempts: random.between(1, 30), Status: status, LastErrorCode: code,
        LatestProcessingAttempt: origin - random.below(7 * 24) * HOUR)
}
