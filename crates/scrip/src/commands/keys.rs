use std::process::ExitCode;

use crate::{
    admin::{Admin, Request, Response},
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
            let request = Request::CreateKey {
                role: arguments.role.into(),
                seller: arguments.seller,
                name: arguments.name,
                expires_at: arguments.expires_at,
            };
            (arguments.data.data, request)
        }
        Keys::List(arguments) => (arguments.data, Request::ListKeys),
        Keys::Revoke(arguments) => (arguments.data.data, Request::RevokeKey { id: arguments.id }),
    };
    match Admin::of(&data)?.ask(request)? {
        Response::Done(text) | Response::Had(text) if text.is_empty() => {
            complain!("No key yet: scrip keys create --help");
            Ok(ExitCode::SUCCESS)
        }
        Response::Done(text) | Response::Had(text) => {
            say!("{text}");
            Ok(ExitCode::SUCCESS)
        }
        Response::Refused(text) => Err(Failure::new(text)),
    }
}
