//! Backup and restore under load: what was answered before a backup began is in it, and it is whole.

use std::{sync::Arc, time::Duration};

use rand::{Rng, SeedableRng, rngs::StdRng};

use crate::{
    Trouble, answered::Answered, load::Load, market::Market, power::open_and_judge, result::Outcome, server::Program,
    shim::folder,
};

/// Backups of one server before another begins: their replay takes longer with every one.
const BACKUPS_PER_SERVER: u64 = 10;

/// How much, and with which choices.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    pub backups: u64,
    pub seed: u64,
    pub clients: u32,
}

/// # Errors
/// The server can't be started, or refuses what sets the market up.
pub async fn run(program: &Program, options: Options) -> Result<Outcome, Trouble> {
    let mut rng = StdRng::seed_from_u64(options.seed);
    let mut outcome = Outcome::begin("backup", "backups", options.seed);
    let (mut answered, mut meanwhile) = (0, 0);
    while outcome.trials < options.backups {
        let data = folder()?;
        let log = Arc::new(Answered::default());
        let server = program.serve(data.path(), None)?;
        let market = Market::open(program, data.path(), &server, 200, &log).await?;
        let load = Load::start(options.clients, &server.base, "b", rng.random(), &market, &log);
        for _ in 0..BACKUPS_PER_SERVER.min(options.backups - outcome.trials) {
            tokio::time::sleep(Duration::from_millis(rng.random_range(20..200))).await;
            let before = log.log().facts.clone();
            let wrong = backup_and_restore(program, data.path(), &before).await?;
            answered += before.len();
            meanwhile += log.log().facts.len() - before.len();
            let name = format!("backup {}", outcome.trials + 1);
            outcome.trial(&name, &wrong);
        }
        load.end().await;
        server.terminate()?;
        outcome.beside("meanwhile", &log.log().wrong);
    }
    Ok(outcome.ended(format!("{answered} answers looked for, {meanwhile} given while a copy was made and restored")))
}

async fn backup_and_restore(
    program: &Program,
    data: &std::path::Path,
    before: &[crate::answered::Fact],
) -> Result<Vec<String>, Trouble> {
    let place = folder()?;
    let (copy, restored) = (place.path().join("copy.db"), place.path().join("restored"));
    let (copy, to) = (copy.display().to_string(), restored.clone());
    let secret = data.join("secret.key").display().to_string();
    let (program, data) = (program.clone(), data.to_owned());
    // Its own processes: the clients go on meanwhile.
    let ran = tokio::task::spawn_blocking(move || -> Result<Vec<String>, Trouble> {
        let mut wrong = Vec::new();
        let backup: &[&str] = &["backup", "--to", &copy];
        let restore: &[&str] = &["restore", "--from", &copy, "--secret-key", &secret];
        for (arguments, data) in [(backup, &data), (restore, &to)] {
            let output = program.run(arguments, data)?;
            if !output.status.success() {
                wrong.push(format!("scrip {}: {}", arguments[0], String::from_utf8_lossy(&output.stderr).trim()));
            }
        }
        Ok(wrong)
    });
    let mut wrong = ran.await.map_err(|error| Trouble::other(error.to_string()))??;
    if wrong.is_empty() {
        wrong = open_and_judge(&restored, before);
    }
    Ok(wrong)
}
