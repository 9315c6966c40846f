use std::process::ExitCode;

use crate::{
    admin::{Admin, Request, Response},
    cli::Clock,
    failure::Failure,
};

/// `scrip clock accept`: only a running server has a clock to accept.
pub fn run(clock: &Clock) -> Result<ExitCode, Failure> {
    let Clock::Accept(arguments) = clock;
    let mut admin = Admin::server(&arguments.data.data)?;
    match admin.ask(Request::AcceptClock { stand_still: arguments.stand_still })? {
        Response::Done(text) | Response::Had(text) => {
            say!("{text}");
            Ok(ExitCode::SUCCESS)
        }
        Response::Refused(text) => Err(Failure::new(text)),
    }
}
