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
        match serde_json::from_str::<OldCoupon>(&line) {
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
