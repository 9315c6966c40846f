//! The rules of time zones: those in this build, or the machine's where they are newer.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use scrip_core::time::{RulesVersion, Timestamp, Zones};
use scrip_engine::Engine;

/// Where systems keep them.
const FOLDERS: [&str; 3] = ["/usr/share/zoneinfo", "/usr/share/lib/zoneinfo", "/etc/zoneinfo"];
/// What names another folder, for C libraries as for us.
const FOLDER_VARIABLE: &str = "TZDIR";

/// The newer ones. A folder that doesn't say of which release it is can't be told from an old one: it isn't taken.
pub fn newest() -> Zones {
    let given = env::var_os(FOLDER_VARIABLE).filter(|folder| !folder.is_empty()).map(PathBuf::from);
    let folder = given.or_else(|| FOLDERS.into_iter().map(PathBuf::from).find(|folder| folder.is_dir()));
    let Some(folder) = folder else { return Zones::bundled() };
    newest_of(&folder)
}

fn newest_of(folder: &Path) -> Zones {
    let Some(version) = version(folder) else {
        tracing::debug!(folder = %folder.display(), "the system's time zones don't say of which release they are");
        return Zones::bundled();
    };
    match Zones::newer(version, |name| fs::read(folder.join(name)).ok()) {
        Ok((zones, unread)) => {
            if !unread.is_empty() {
                tracing::warn!(folder = %folder.display(), zones = ?unread,
                    "the system's rules of these time zones can't be read: older ones in this build are taken");
            }
            zones
        }
        Err(older) => {
            tracing::debug!(folder = %folder.display(), %older, "the rules in this build are taken");
            Zones::bundled()
        }
    }
}

/// What `tzdata.zi` begins with (`# version 2025b`), or all that `+VERSION` holds.
fn version(folder: &Path) -> Option<RulesVersion> {
    let first_line = |file: &str| {
        let text = fs::read(folder.join(file)).ok()?;
        let line = text.split(|byte| *byte == b'\n').next()?;
        Some(String::from_utf8_lossy(line).trim().to_owned())
    };
    let of_list = first_line("tzdata.zi").and_then(|line| RulesVersion::parse(line.strip_prefix("# version ")?));
    of_list.or_else(|| RulesVersion::parse(&first_line("+VERSION")?))
}

/// Says which rules are in force, whether they are old, and which campaigns have none.
pub fn tell(engine: &Engine) {
    let zones = engine.zones();
    let (version, from) = (zones.version().to_string(), if zones.are_bundled() { "bundled" } else { "system" });
    tracing::info!(%version, %from, "time zones");
    metrics::gauge!("scrip_time_zone_rules", "version" => version.clone(), "from" => from).set(1.0);
    if is_old(engine, engine.now()) {
        tracing::warn!(%version,
            "the rules of time zones are old: days may end an hour early or late where they changed. Use a newer Scrip, or \
             bring the system's tzdata up to date");
    }
    let without = engine.campaigns_without_zone();
    metrics::gauge!("scrip_campaigns_without_time_zone").set(without.len() as f64);
    for campaign in without {
        let zone = campaign.terms.validity.time_zone().map_or("", |zone| zone.as_str());
        tracing::error!(campaign = %campaign.id, name = %campaign.terms.name, zone,
            "there are no rules for this campaign's time zone: it gives out nothing. End it, and make another with a zone's name");
    }
}

fn is_old(engine: &Engine, now: Timestamp) -> bool {
    engine.zones().version().is_old(now)
}

#[cfg(test)]
mod tests {
    use scrip_core::time::ZoneName;

    use super::*;

    /// A folder of a system with rules of one release, in which Vancouver has the time of Shanghai.
    fn folder(version: Option<(&str, &str)>) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        if let Some((file, text)) = version {
            fs::write(folder.path().join(file), text).expect("written");
        }
        fs::create_dir(folder.path().join("America")).expect("made");
        // TZif of version 2 with nothing but a footer: no transition, UTC+8.
        let mut content = b"TZif2".to_vec();
        content.extend([0; 15]);
        for count in [0_u32, 0, 0, 0, 1, 4] {
            content.extend(count.to_be_bytes());
        }
        content.extend([0; 6]);
        content.extend(b"CST\0");
        let second_header = content[..44].to_vec();
        content.extend(second_header);
        content.extend(28_800_u32.to_be_bytes());
        content.extend([0, 0]);
        content.extend(b"CST\0\nCST-8\n");
        fs::write(folder.path().join("America/Vancouver"), content).expect("written");
        folder
    }

    fn midnight_in_vancouver(zones: &Zones) -> String {
        let zone = ZoneName::new("America/Vancouver").expect("known");
        let at = Timestamp::parse("2026-12-10T12:00:00Z").expect("a time");
        zones.end_of_day_after(&zone, at, 0).expect("known").to_string()
    }

    #[test]
    fn the_newer_rules_are_taken_whoever_has_them() {
        let newer = newest_of(folder(Some(("tzdata.zi", "# version 2999a\n# more\n"))).path());
        assert_eq!((newer.version().to_string().as_str(), newer.are_bundled()), ("2999a", false));
        assert_eq!(midnight_in_vancouver(&newer), "2026-12-10T16:00:00Z");
        for told in [Some(("tzdata.zi", "# version 2025b\n")), Some(("tzdata.zi", "nothing")), None] {
            let older = newest_of(folder(told).path());
            assert!(older.are_bundled(), "{told:?}");
            assert_eq!(midnight_in_vancouver(&older), "2026-12-11T07:00:00Z");
        }
        let by_file = newest_of(folder(Some(("+VERSION", "2999b\n"))).path());
        assert_eq!(by_file.version().to_string(), "2999b");
        let empty = newest_of(tempfile::tempdir().expect("a folder").path());
        assert_eq!(midnight_in_vancouver(&empty), "2026-12-11T07:00:00Z");
    }
}
