use std::process::ExitCode;

use scrip_http::machine::{CLOCK, ClockAccepted};

use crate::{
    admin::{Admin, Answer},
    cli::Clock,
    failure::Failure,
};

/// `scrip clock accept`: only a running server has a clock to accept.
pub fn run(clock: &Clock) -> Result<ExitCode, Failure> {
    let Clock::Accept(arguments) = clock;
    let accepted = ClockAccepted { stand_still: arguments.stand_still };
    match Admin::server(&arguments.data.data)?.put(CLOCK, &accepted)? {
        Answer::Done(document) => {
            let shows = document["shows"].as_str().unwrap_or_default();
            say!("{shows} is taken for right; writing goes on");
            Ok(ExitCode::SUCCESS)
        }
        Answer::Refused(why) => Err(Failure::new(why)),
    }
}
