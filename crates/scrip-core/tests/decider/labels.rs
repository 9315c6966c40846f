//! Names of commands stand in metrics and logs: dashboards know them, whatever the code calls its types.
//!
//! `SCRIP_BLESS=1` adds what is new to the file.

use scrip_core::command::Command;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/decider/golden/labels.txt");

#[test]
fn the_labels_of_commands_stay() {
    let known = std::fs::read_to_string(FILE).expect("the golden file is there");
    for label in known.lines() {
        assert!(Command::NAMES.contains(&label), "{label}: dashboards know it");
    }
    if std::env::var_os("SCRIP_BLESS").is_some() {
        let labels = Command::NAMES.iter().fold(String::new(), |text, label| text + label + "\n");
        std::fs::write(FILE, labels).expect("the golden file can be written");
    } else {
        assert_eq!(Command::NAMES.len(), known.lines().count(), "run with SCRIP_BLESS=1 to add what is new");
    }
}
