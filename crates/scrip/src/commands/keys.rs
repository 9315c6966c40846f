use std::process::ExitCode;

use scrip_core::time::Timestamp;
use scrip_engine::{Clock, SystemClock};
use serde_json::{Value, json};

use crate::{
    admin::{Admin, Answer},
    cli::{KeyRole, Keys},
    failure::Failure,
};

/// `scrip keys …`: through the running server, or here.
pub fn run(keys: Keys) -> Result<ExitCode, Failure> {
    match keys {
        Keys::Create(arguments) => {
            if arguments.seller.is_some() && arguments.role != KeyRole::Seller {
                return Err(Failure::new("--seller goes with --role seller only"));
            }
            let wanted = json!({"role": scrip_core::api_key::Role::from(arguments.role).as_str(), "seller": arguments.seller,
                "name": arguments.name, "expires_at": arguments.expires_at});
            let made = done(Admin::of(&arguments.data.data)?.post("/v1/keys", &wanted)?)?;
            say!("{}", text(&made, "secret"));
        }
        Keys::List(arguments) => list(&mut Admin::of(&arguments.data)?)?,
        Keys::Revoke(arguments) => {
            let path = format!("/v1/keys/{}/revoke", arguments.id);
            done(Admin::of(&arguments.data.data)?.post(&path, &json!({}))?)?;
            say!("{} is revoked", arguments.id);
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// A line for each key, oldest first, page by page.
fn list(admin: &mut Admin) -> Result<(), Failure> {
    let now = SystemClock.now();
    let mut path = "/v1/keys?limit=100".to_owned();
    let mut any = false;
    loop {
        let page = done(admin.get(&path)?)?;
        for key in page["data"].as_array().into_iter().flatten() {
            any = true;
            say!("{}", line(key, now));
        }
        match page["next_cursor"].as_str() {
            Some(cursor) => path = format!("/v1/keys?limit=100&cursor={cursor}"),
            None => break,
        }
    }
    if !any {
        complain!("No key yet: scrip keys create --help");
    }
    Ok(())
}

/// Id, role and seller, when it was made, and what else is to be said of a key.
fn line(key: &Value, now: Timestamp) -> String {
    let [id, role, seller, created, used, revoked, expires, name] =
        ["id", "role", "seller", "created_at", "last_used_at", "revoked_at", "expires_at", "name"]
            .map(|member| text(key, member));
    let mut line = format!("{id}  {role}");
    if !seller.is_empty() {
        line += &format!(" {seller}");
    }
    line += &format!("  {created}");
    line += &if used.is_empty() { "  never used".to_owned() } else { format!("  used {used}") };
    if !revoked.is_empty() {
        line += &format!("  revoked {revoked}");
    } else if let Ok(expires_at) = Timestamp::parse(expires) {
        line += &format!("  {} {expires}", if expires_at <= now { "expired" } else { "expires" });
    }
    if !name.is_empty() {
        line += &format!("  {name}");
    }
    line
}

fn text<'v>(document: &'v Value, member: &str) -> &'v str {
    document[member].as_str().unwrap_or_default()
}

fn done(answer: Answer) -> Result<Value, Failure> {
    match answer {
        Answer::Done(document) => Ok(document),
        Answer::Refused(why) => Err(Failure::new(why)),
    }
}
