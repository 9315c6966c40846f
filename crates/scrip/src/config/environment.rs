//! Variables that are called as a setting's would be, and that nothing reads: mistyped ones, which the file refuses.

use super::setting::nearest;

const PREFIX: &str = "SCRIP_";

/// What to say of each variable of the environment that is called `SCRIP_…` and that nothing of the command line reads. They aren't
/// refused: a client's own may stand in the same environment, such as `SCRIP_API_KEY`.
pub fn unknown(read: &clap::Command) -> Vec<String> {
    let variables = std::env::vars_os().filter_map(|(name, value)| Some((name.to_str()?.to_owned(), value)));
    let theirs = variables.filter(|(name, value)| !is_of_kubernetes(name, &value.to_string_lossy()));
    of(theirs.map(|(name, _)| name), &known(read))
}

fn of(names: impl Iterator<Item = String>, known: &[String]) -> Vec<String> {
    let ours = names.filter(|name| name.starts_with(PREFIX) && !known.contains(name));
    let known: Vec<&str> = known.iter().filter_map(|name| name.strip_prefix(PREFIX)).collect();
    let mut told: Vec<String> = ours
        .map(|name| match nearest(&name[PREFIX.len()..], &known) {
            Some(meant) => format!("{name} is in the environment and read by nothing: is {PREFIX}{meant} meant?"),
            None => format!("{name} is in the environment and read by nothing; `scrip serve --help` has all that are"),
        })
        .collect();
    told.sort();
    told
}

/// All that the command line reads, and what a build for harnesses does.
fn known(read: &clap::Command) -> Vec<String> {
    fn collect(command: &clap::Command, known: &mut Vec<String>) {
        known.extend(command.get_arguments().filter_map(|argument| argument.get_env()?.to_str().map(str::to_owned)));
        command.get_subcommands().for_each(|below| collect(below, known));
    }
    let mut known = vec![scrip_faults::VARIABLE.to_owned()];
    collect(read, &mut known);
    known
}

/// What Kubernetes gives every container of a namespace that has a service called `scrip` or `scrip-…`.
fn is_of_kubernetes(name: &str, value: &str) -> bool {
    name.ends_with("_SERVICE_HOST")
        || name.contains("_SERVICE_PORT")
        || name.contains("_PORT_")
        || ["tcp://", "udp://", "sctp://"].iter().any(|scheme| value.starts_with(scheme))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;
    use crate::cli::Cli;

    #[test]
    fn a_mistyped_variable_is_told_with_the_one_that_is_most_like_it() {
        let said = |name: &str| of(std::iter::once(name.to_owned()), &known(&Cli::command()));
        for (mistyped, meant) in [
            ("SCRIP_TRUSTED_PROXY", "SCRIP_TRUSTED_PROXIES"),
            ("SCRIP_LISTN", "SCRIP_LISTEN"),
            ("SCRIP_DTAA", "SCRIP_DATA"),
            ("SCRIP_LOGJSON", "SCRIP_LOG_JSON"),
        ] {
            let told = said(mistyped);
            assert!(told[0].contains(mistyped) && told[0].contains(&format!("is {meant} meant?")), "{told:?}");
        }
        assert!(!said("SCRIP_WHATEVER")[0].contains("meant?"));
        for known in ["SCRIP_DATA", "SCRIP_CONFIG", "SCRIP_LISTEN", "SCRIP_LOG_JSON", "HOME"] {
            assert_eq!(said(known), [""; 0]);
        }
    }

    #[test]
    fn what_kubernetes_sets_is_nobodys_mistake() {
        for (name, value) in [
            ("SCRIP_SERVICE_HOST", "10.0.0.1"),
            ("SCRIP_SERVICE_PORT_HTTP", "8080"),
            ("SCRIP_PORT", "tcp://10.0.0.1:8080"),
            ("SCRIP_PORT_8080_TCP_PROTO", "tcp"),
        ] {
            assert!(is_of_kubernetes(name, value), "{name}");
        }
        assert!(!is_of_kubernetes("SCRIP_PORT", "8080"));
    }
}
