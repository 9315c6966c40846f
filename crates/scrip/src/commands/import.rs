use std::{
    fs::File,
    io::{BufRead, BufReader},
    process::ExitCode,
};

use crate::{
    admin::{self, OldCoupon, Request, Response},
    cli::ImportArguments,
    failure::Failure,
};

/// `scrip import`: good lines are taken, bad ones reported with their number; exits 1 if there was one.
pub fn run(arguments: &ImportArguments) -> Result<ExitCode, Failure> {
    let doing = || format!("reading {}", arguments.file.display());
    let reader: Box<dyn BufRead> = if arguments.file.as_os_str() == "-" {
        Box::new(BufReader::new(std::io::stdin()))
    } else {
        Box::new(BufReader::new(File::open(&arguments.file).map_err(|error| Failure::of(doing(), &error))?))
    };
    let mut bad = 0_u64;
    let mut numbers = Vec::new();
    let mut requests = Vec::new();
    for (number, line) in (1_u64..).zip(reader.lines()) {
        let line = line.map_err(|error| Failure::of(doing(), &error))?;
        if line.trim().is_empty() {
            continue;
        }
        match parse(&line) {
            Ok(coupon) => {
                numbers.push(number);
                requests.push(Request::Import { coupon });
            }
            Err(error) => {
                bad += 1;
                eprintln!("line {number}: {error}");
            }
        }
    }
    let mut taken = 0_u64;
    for (number, answer) in numbers.into_iter().zip(admin::ask(&arguments.data.data, requests.into_iter())?) {
        match answer {
            Response::Done(_) => taken += 1,
            Response::Refused(why) => {
                bad += 1;
                eprintln!("line {number}: {why}");
            }
        }
    }
    println!("{taken} coupons taken, {bad} lines refused");
    Ok(if bad == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn parse(line: &str) -> Result<OldCoupon, serde_json::Error> {
    serde_json::from_str(line)
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
                if let Ok(coupon) = parse(&line) {
                    let again = serde_json::to_string(&coupon).expect("a coupon can be written");
                    prop_assert_eq!(parse(&again).expect("what was written can be read").expires_at, coupon.expires_at);
                }
            }
        }
    }

    #[test]
    fn the_line_that_is_changed_is_a_good_one() {
        assert!(parse(LINE).is_ok());
    }
}
