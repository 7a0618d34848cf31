//! Content: distribution points, boundaries, and what operating system deployment has.

use super::{
    DataError,
    fill::{Filler, put},
    hierarchy::Sites,
    plan::Plan,
    random::Random,
    software::package_id,
};

pub(crate) fn fill(filler: &mut Filler<'_>, plan: &Plan, sites: &Sites) -> Result<(), DataError> {
    for (number, site) in (0..).zip(&sites.all) {
        let mut random = Random::new(plan.seed, "content", number);
        if site.kind != 4 {
            distribution_points(filler, site.code, sites.domain, &mut random)?;
            boundaries(filler, site.code, i64::try_from(number).unwrap_or(0), &mut random)?;
        }
    }
    let mut random = Random::new(plan.seed, "content groups", 0);
    for number in 1..=5 {
        put!(filler, "v_SMS_DistributionPointGroup",
            GroupID: format!("{{{}}}", random.guid()), Name: format!("Region {number}"), MemberCount: random.between(1, 9),
            ContentCount: random.between(5, 90), CollectionCount: random.below(3), ContentInSync: random.between(80, 100))?;
    }
    operating_systems(filler, plan, sites)
}

fn distribution_points(
    filler: &mut Filler<'_>,
    code: &str,
    domain: &str,
    random: &mut Random,
) -> Result<(), DataError> {
    for number in 4..=random.between(6, 9) {
        let name = format!("{code}-SRV{number:02}.{domain}");
        put!(filler, "v_DistributionPointInfo",
            ServerName: &name, NALPath: format!("[\"Display=\\\\{name}\\\"]MSWNET:[\"SMS_SITE={code}\"]\\\\{name}\\"),
            SiteCode: code, IsPXE: random.in_thousand(500), IsMulticast: random.in_thousand(100), IsPullDP: random.in_thousand(350),
            IsPeerDP: false, IsProtected: random.in_thousand(250), PreStagingAllowed: random.in_thousand(300),
            InternetFacing: random.in_thousand(150), Communication: random.pick(&[0, 0, 1, 3], 0), BindPolicy: 0,
            HealthCheckEnabled: random.in_thousand(800), GroupCount: random.below(4), RateLimitsEnabled: random.in_thousand(200))?;
    }
    Ok(())
}

fn boundaries(
    filler: &mut Filler<'_>,
    code: &str,
    number: i64,
    random: &mut Random,
) -> Result<(), DataError> {
    for boundary in 0..24 {
        let kind = random.weighted(&[(300, 0), (200, 1), (50, 2), (450, 3)], 3);
        // Addresses of the ranges that are set aside for documentation.
        let value = match kind {
            0 => format!("198.51.100.{}", boundary * 8),
            1 => format!("{code}-Branch-{boundary:02}"),
            2 => format!("2001:db8:{number:x}:{boundary:x}::"),
            _ => format!("203.0.113.{}-203.0.113.{}", boundary * 8, boundary * 8 + 7),
        };
        put!(filler, "v_BoundaryInfo",
            BoundaryID: 16_777_217 + number * 100 + boundary, DisplayName: format!("{code} office {boundary:02}"), BoundaryType: kind,
            Value: value, BoundaryFlags: i64::from(random.in_thousand(100)), SiteCode: code)?;
    }
    for group in 0..4 {
        put!(filler, "vSMS_BoundaryGroup",
            GroupID: 16_777_217 + number * 10 + group, Name: format!("{code} region {group}"), MemberCount: random.between(1, 9),
            SiteSystemCount: random.between(1, 4), DefaultSiteCode: code, Shared: true, Flags: random.pick(&[0, 1, 2], 0))?;
    }
    Ok(())
}

fn operating_systems(filler: &mut Filler<'_>, plan: &Plan, sites: &Sites) -> Result<(), DataError> {
    for number in 0..4 {
        let mut random = Random::new(plan.seed, "boot images", u64::try_from(number).unwrap_or(0));
        let is_old = number >= 2;
        put!(filler, "v_BootImagePackage",
            PackageID: package_id(sites, 258, number), Name: format!("Boot image {number:02}"),
            PkgSourcePath: format!("\\\\{}\\boot\\{number:02}.wim", sites.top().server),
            Architecture: if random.in_thousand(250) { "x86" } else { "x64" },
            ImageOSVersion: if is_old { "10.0.19041.1" } else { "10.0.26100.1" }, DefaultImage: number == 0)?;
    }
    for number in 0..6 {
        put!(filler, "v_DriverPackage",
            PackageID: package_id(sites, 3, number), Name: format!("Drivers {number:02}"))?;
    }
    for number in 0..5 {
        put!(filler, "v_ImagePackage",
            PackageID: package_id(sites, 257, number), Name: format!("Image {number:02}"))?;
    }
    for number in 0..9 {
        // 1 is a custom task sequence, 2 one that deploys an operating system.
        put!(filler, "v_TaskSequencePackage",
            PackageID: package_id(sites, 4, number), Name: format!("Task sequence {number:02}"),
            BootImageID: (number % 3 != 0).then(|| package_id(sites, 258, number % 4)), SourceSite: sites.top().code,
            Type: if number % 3 == 0 { 1 } else { 2 }, TaskSequenceFlags: 0, ReferencesCount: number + 2)?;
    }
    Ok(())
}
