use std::{
    collections::HashMap,
    fs::File,
    io::{BufRead, BufReader},
    process::ExitCode,
    sync::LazyLock,
};

use scrip_core::{id::CampaignId, name::AccountId, time::Timestamp};
use scrip_desk::{OldCampaign, OldCoupon};
use scrip_http::machine::{CouponLine, IMPORT_CAMPAIGN, IMPORT_COUPON};
use serde_json::{Value, json};

use crate::{
    admin::{Admin, Answer},
    cli::ImportArguments,
    commands::lines::{Lines, Unread},
    failure::Failure,
};

/// Bytes of a line, without its end: many times what the longest terms need.
const LINE_MAX: usize = 1024 * 1024;

/// `scrip import`: good lines are taken, bad ones reported with their number; exits 1 if there was one.
pub fn run(arguments: &ImportArguments) -> Result<ExitCode, Failure> {
    let doing = || format!("reading {}", arguments.file.display());
    let reader: Box<dyn BufRead> = if arguments.file.as_os_str() == "-" {
        Box::new(BufReader::new(std::io::stdin()))
    } else {
        let failed = |error: std::io::Error| Failure::of(doing(), &error);
        let file = File::open(&arguments.file).map_err(failed)?;
        if file.metadata().map_err(failed)?.is_dir() {
            return Err(Failure::new(format!(
                "{} is a folder; name a file, or - for standard input",
                arguments.file.display()
            )));
        }
        Box::new(BufReader::new(file))
    };
    let mut import =
        Import { admin: Admin::of(&arguments.data.data)?, alike: HashMap::new(), totals: Totals::default() };
    let ended = import.take(Lines::new(reader, LINE_MAX), &doing());
    let Totals { taken, had, bad } = import.totals;
    // Also where it ended midway: what was taken stays taken.
    say!("{taken} lines taken, {had} there before, {bad} refused");
    ended?;
    Ok(if bad == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Lines on their way, each done before the next is read.
struct Import {
    admin: Admin,
    alike: HashMap<Alike, u32>,
    totals: Totals,
}

#[derive(Default)]
struct Totals {
    taken: u64,
    had: u64,
    bad: u64,
}

impl Import {
    /// Errors: the file can't be read further, or the server is gone.
    fn take(&mut self, mut lines: Lines<impl BufRead>, reading: &str) -> Result<(), Failure> {
        for number in 1_u64.. {
            let ended = |failure: &dyn std::fmt::Display| {
                Failure::new(format!("it ended at line {number}: {failure}. Run the whole file again"))
            };
            let Some(line) = lines.read().map_err(|error| ended(&Failure::of(reading, &error)))? else { break };
            let old = match line.map_err(Unread::said).and_then(|line| parse_line(line, number)) {
                Ok(Some(old)) => old,
                Ok(None) => continue,
                Err(why) => {
                    self.refused(number, &why);
                    continue;
                }
            };
            match self.ask(old).map_err(|failure| ended(&failure))? {
                Answer::Done(imported) if imported["new"] == true => self.totals.taken += 1,
                Answer::Done(_) => self.totals.had += 1,
                Answer::Refused(why) => self.refused(number, &why),
            }
        }
        Ok(())
    }

    fn ask(&mut self, old: Old) -> Result<Answer, Failure> {
        match old {
            Old::Campaign(campaign) => self.admin.post(IMPORT_CAMPAIGN, &campaign),
            Old::Coupon(coupon) => {
                let nth = if coupon.key.is_some() { 1 } else { nth(&coupon, &mut self.alike) };
                self.admin.post(IMPORT_COUPON, &CouponLine { coupon: *coupon, nth })
            }
        }
    }

    fn refused(&mut self, number: u64, why: &str) {
        self.totals.bad += 1;
        complain!("line {number}: {why}");
    }
}

/// A line of an import.
#[derive(Debug)]
enum Old {
    Coupon(Box<OldCoupon>),
    Campaign(Box<OldCampaign>),
}

/// Which lines without a key are alike: same account, campaign and time of the claim.
type Alike = (AccountId, Option<CampaignId>, Timestamp);

/// Which of the lines that are alike a coupon is, from 1.
fn nth(coupon: &OldCoupon, alike: &mut HashMap<Alike, u32>) -> u32 {
    let nth = alike.entry((coupon.account.clone(), coupon.campaign().ok(), coupon.claimed_at)).or_default();
    *nth += 1;
    *nth
}

/// `None`: nothing stands in it.
fn parse_line(line: &str, number: u64) -> Result<Option<Old>, String> {
    // Some editors begin a file with a byte order mark.
    let line = line.strip_prefix('\u{feff}').filter(|_| number == 1).unwrap_or(line);
    if line.trim().is_empty() {
        return Ok(None);
    }
    parse(line).map(Some).map_err(|error| why_not(line, &error))
}

/// What is wrong with a line: all of it, each member by its place, in the words of the API.
fn why_not(line: &str, error: &serde_json::Error) -> String {
    let Ok(value) = serde_json::from_str::<Value>(line) else {
        let why = error.to_string();
        // A line of the file is all that was read: its own number says more.
        let why =
            why.split_once(" at line 1 ").map_or_else(|| why.clone(), |(what, place)| format!("{what} at {place}"));
        return format!("not a JSON object: {why}");
    };
    let found = scrip_http::in_words(if value.get("terms").is_some() { &CAMPAIGN } else { &COUPON }, &value);
    match error.to_string().strip_prefix("duplicate field `").and_then(|rest| rest.split('`').next()) {
        _ if !found.is_empty() => found.join("; "),
        Some(twice) => format!("/{twice} must be given once"),
        None => error.to_string(),
    }
}

fn schema(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

fn or_null(schema: &Value) -> Value {
    json!({"oneOf": [{"type": "null"}, schema]})
}

/// What a line about a coupon may say, in schemas of the document of the API.
static COUPON: LazyLock<Value> = LazyLock::new(|| {
    json!({"type": "object", "additionalProperties": false, "required": ["account", "status", "claimed_at"], "properties": {
        "account": schema("AccountId"),
        "campaign": or_null(&schema("CampaignId")),
        "campaign_key": {"type": ["string", "null"]},
        "status": {"type": "string", "enum": ["valid", "pending", "used", "expired", "reclaimed"]},
        "claimed_at": schema("Timestamp"),
        "starts_at": or_null(&schema("Timestamp")),
        "expires_at": or_null(&schema("Timestamp")),
        "key": {"type": ["string", "null"]},
        "order": or_null(&schema("OrderId")),
        "as_is": {"type": "boolean"},
    }})
});

/// The same of a line about a campaign.
static CAMPAIGN: LazyLock<Value> = LazyLock::new(|| {
    json!({"type": "object", "additionalProperties": false, "required": ["campaign_key", "status", "terms"], "properties": {
        "campaign_key": {"type": "string"},
        "status": {"type": "string", "enum": ["draft", "scheduled", "live", "closed", "paused", "ended"]},
        "terms": schema("CampaignRequest"),
    }})
});

/// A line with terms is a campaign, any other a coupon.
fn parse(line: &str) -> Result<Old, serde_json::Error> {
    let members: serde_json::Map<String, Value> = serde_json::from_str(line)?;
    Ok(if members.contains_key("terms") {
        Old::Campaign(serde_json::from_str(line)?)
    } else {
        Old::Coupon(serde_json::from_str(line)?)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LINE: &str = r#"{"account":"ana","campaign":"cmp_00000000000000000000000000","status":"pending","claimed_at":"2025-01-01T00:00:00Z","starts_at":"2025-01-01T00:00:00Z","expires_at":"2027-01-01T00:00:00+08:00"}"#;

    proptest! {
        #[test]
        fn any_line_is_a_coupon_or_refused(cut in any::<proptest::sample::Index>(), length in 0..20_usize, put in ".{0,8}|[-:TZ0-9.+]{0,24}|[\\[{\"\\\\u]{0,9}") {
            let whole: Vec<char> = LINE.chars().collect();
            let from = cut.index(whole.len());
            let until = whole.len().min(from + length);
            let line: String = whole[..from].iter().copied().chain(put.chars()).chain(whole[until..].iter().copied()).collect();
            for line in [line, put] {
                if let Ok(Old::Coupon(coupon)) = parse(&line) {
                    let again = serde_json::to_string(&coupon).expect("a coupon can be written");
                    let Ok(Old::Coupon(again)) = parse(&again) else { panic!("what was written can be read: {again}") };
                    prop_assert_eq!(again.expires_at, coupon.expires_at);
                }
            }
        }
    }

    /// What is said of the line with a member that is another, or without it.
    fn said(member: &str, value: Option<Value>) -> String {
        let mut line: serde_json::Map<String, Value> = serde_json::from_str(LINE).expect("an object");
        match value {
            Some(value) => line.insert(member.to_owned(), value),
            None => line.remove(member),
        };
        parse_line(&Value::from(line).to_string(), 2).expect_err("it is refused")
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place_and_what_it_may_be() {
        assert_eq!(
            said("status", Some(json!("lost"))),
            "/status must be one of valid, pending, used, expired, reclaimed"
        );
        assert_eq!(said("status", Some(json!(5))), "/status must be one of valid, pending, used, expired, reclaimed");
        assert_eq!(said("account", None), "/account must be given");
        assert_eq!(said("colour", Some(json!("red"))), "/colour is no field of its object");
        assert!(said("claimed_at", Some(json!("yesterday"))).starts_with("/claimed_at must be an RFC 3339 time"));
        assert!(said("campaign", Some(json!(1))).starts_with("/campaign must be an id such as cmp_"));
        assert_eq!(said("as_is", Some(json!("yes"))), "/as_is must be true or false");
        for odd in ["[]", "5", "\"x\"", "null"] {
            assert_eq!(parse_line(odd, 2).expect_err("no object"), "it must be an object", "{odd}");
        }
        assert_eq!(parse_line("{\"account\":", 2).expect_err("cut").split(": ").next(), Some("not a JSON object"));
        let twice = LINE.replacen('{', "{\"account\":\"ben\",", 1);
        assert_eq!(parse_line(&twice, 2).expect_err("ambiguous"), "/account must be given once");
        // All at once, in a campaign's terms too.
        let campaign =
            json!({"campaign_key": "k", "status": "gone", "terms": {"name": "Old", "benefit": {"type": "half"}}});
        let told = parse_line(&campaign.to_string(), 2).expect_err("it is refused");
        for part in
            ["/status must be one of draft", "/terms/issuer must be given", "/terms/benefit/type must be one of"]
        {
            assert!(told.contains(part), "{part}: {told}");
        }
    }

    #[test]
    fn the_line_that_is_changed_is_a_good_one() {
        assert!(parse(LINE).is_ok());
    }
}
