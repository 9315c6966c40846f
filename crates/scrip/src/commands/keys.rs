use std::process::ExitCode;

use crate::{
    admin::{self, Request, Response},
    cli::Keys,
    failure::Failure,
};

/// `scrip keys …`: through the running server, or here.
pub fn run(keys: Keys) -> Result<ExitCode, Failure> {
    let (data, request) = match keys {
        Keys::Create(arguments) => {
            if arguments.seller.is_some() && arguments.role != crate::cli::KeyRole::Seller {
                return Err(Failure::new("--seller goes with --role seller only"));
            }
            (arguments.data.data, Request::CreateKey { role: arguments.role.into(), seller: arguments.seller })
        }
        Keys::List(arguments) => (arguments.data, Request::ListKeys),
        Keys::Revoke(arguments) => (arguments.data.data, Request::RevokeKey { id: arguments.id }),
    };
    match admin::ask(&data, std::iter::once(request))?.pop() {
        Some(Response::Done(text)) => {
            println!("{text}");
            Ok(ExitCode::SUCCESS)
        }
        Some(Response::Refused(text)) => Err(Failure::new(text)),
        None => Err(Failure::new("the server gave no answer")),
    }
}
