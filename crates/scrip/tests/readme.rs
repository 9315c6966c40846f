//! The README's walk with curl, run as it stands there.

mod support;

use std::process::Command;

use support::{Server, folder};

const README: &str = include_str!("../../../README.md");

#[test]
fn the_walk_with_curl_does_what_it_says() {
    let walk = README.split("<!-- walk: begin -->").nth(1).and_then(|rest| rest.split("<!-- walk: end -->").next());
    let walk = walk.expect("the marks are there");
    let script: Vec<&str> = walk.split("```sh\n").skip(1).filter_map(|block| block.split("```").next()).collect();
    assert!(script.len() >= 5, "{} blocks", script.len());
    if Command::new("curl").arg("--version").output().is_err() {
        assert!(std::env::var_os("CI").is_none(), "curl is missing in CI");
        eprintln!("SKIPPED: curl isn't installed (apt-get install curl)");
        return;
    }
    let data = folder();
    let server = Server::start(data.path());
    let output = Command::new("bash")
        .args(["-euo", "pipefail", "-c", &script.join("\necho\n")])
        .env("SCRIP", &server.base)
        .env("OPERATOR", server.key(&["operator"]))
        .env("SHOP", server.key(&["storefront"]))
        .output()
        .expect("bash runs");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    for expected in [
        r#""status":"live""#,
        r#""status":"valid""#,
        r#""discount":500,"total":9500"#,
        r#""units":[{"count":2,"amount":150}]"#,
        r#""status":"placed""#,
        r#""status":"paid""#,
        r#"{"valid":0,"inactive":1,"used":0,"expired":0,"reclaimed":0}"#,
        r#""amount":2850,"goods":2850"#,
        r#""outcome":"kept","status":"inactive""#,
    ] {
        assert!(said.contains(expected), "no {expected} in:\n{said}");
    }
}
