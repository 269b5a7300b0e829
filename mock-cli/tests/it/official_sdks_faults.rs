//! Programs on the official SDKs, unchanged, against faults: what the page `docs/faults.md` says.
//!
//! `cargo xtask faults` runs all of them; these three show that the page is still right.
#![cfg(unix)]

use std::fs;
use std::path::Path;
use std::thread;

use serde_json::Value;

use crate::official_sdks::{Program, Sdk};
use crate::support::text;

/// What was injected, and the words of the page for each SDK.
fn expected(fault: &str) -> [String; 2] {
    let table = Path::new(env!("CARGO_MANIFEST_DIR")).join("../xtask/faults.tsv");
    let table = fs::read_to_string(table).unwrap();
    let row = table.lines().find_map(|row| row.strip_prefix(&format!("{fault}\t"))).unwrap();
    let (python, typescript) = row.split_once('\t').unwrap();
    [python.to_owned(), typescript.to_owned()]
}

/// What a program printed, in the words of the page.
fn word(said: &Value) -> String {
    let typed = if said["typed"] == true { "typed" } else { "generic" };
    match said["answers"].as_str() {
        Some("Done: é | Again: é") => "ignored".to_owned(),
        Some(_) => "wrong answer".to_owned(),
        None if said["kind"] == "error" => {
            format!("{typed} error: `{}`", said["name"].as_str().unwrap())
        }
        None => "wrong answer: an end without a result".to_owned(),
    }
}

#[test]
#[ignore = "needs the official SDKs: .ci/run official-sdks"]
fn three_faults_do_what_the_page_says() {
    let scenario = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/scenarios/faults.json");
    let cases = ["exit_mid_turn", "crlf", "api_400"].into_iter().flat_map(|fault| {
        let expected = expected(fault);
        [Sdk::Python, Sdk::TypeScript].into_iter().zip(expected).map(move |it| (fault, it))
    });
    // An SDK takes seconds to start.
    let running: Vec<_> = cases
        .map(|(fault, (sdk, expected))| {
            let env = [
                ("CLAUDE_WIRE_SCENARIO", scenario.to_str().unwrap()),
                ("CLAUDE_WIRE_FAULT", fault),
                ("CLAUDE_WIRE_SEED", "7"),
            ];
            let program = Program::new(sdk, "faults").env(&env);
            let output = thread::spawn(move || program.output());
            (format!("{sdk:?}, {fault}"), expected, output)
        })
        .collect();
    for (case, expected, output) in running {
        let output = output.join().unwrap();
        let (printed, errors) = (text(&output.stdout), text(&output.stderr));
        let said = serde_json::from_str(printed.trim()).unwrap_or_default();
        assert_eq!(word(&said), expected, "{case}: {printed}{errors}");
    }
}
