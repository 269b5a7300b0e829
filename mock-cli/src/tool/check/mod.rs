//! `check`: what a real CLI does differently from a scenario.

mod flags;
mod report;
mod script;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use claude_wire::Scenario;
use claude_wire::recording::agreement;
use serde_json::{Value, json};
use tokio::runtime::Builder;

use self::report::Report;
use self::script::Written;
use crate::lab::{self, Cli, Entry};
use crate::tool::terminal::Output;
use crate::{Failure, Found};

/// Play a scenario to a real CLI, and report what it does differently.
///
/// The model's side of the scenario becomes a Messages API on this machine, and a session sends the
/// scenario's prompts and grants what it is asked for. The CLI runs in an empty folder, without a
/// key, and can reach loopback only. What it writes is compared line by line with what the stand-in
/// writes for the same scenario, without ids, times and paths. Each difference is a place where the
/// scenario, or the stand-in, assumes something that the CLI does not do.
///
/// The tools of the scenario really run, with your rights: a scenario with tools needs --run-tools.
/// Each launch of a scenario with `launches` is checked by itself.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  claude-wire check scenario.json --cli ./claude
  claude-wire check scenario.json --cli ./claude --run-tools
  claude-wire check scenario.json --cli ./claude -- --permission-mode=acceptEdits --include-partial-messages

Exit codes: 0 the CLI does what the scenario says, 1 it does something else, 2 something could not be checked.")]
pub(crate) struct Arguments {
    /// The scenario
    #[arg(value_name = "SCENARIO")]
    scenario: PathBuf,
    /// The real CLI (default: the one in CLAUDE_WIRE_REAL_CLI, else the one that `claude-wire
    /// install` installed)
    #[arg(long, value_name = "CLAUDE")]
    cli: Option<PathBuf>,
    /// Let the tools of the scenario run on this machine, with your rights, in an empty folder
    #[arg(long)]
    run_tools: bool,
    #[command(flatten)]
    printed: Output,
    /// Flags of both launches, as --NAME or --NAME=VALUE
    #[arg(last = true, value_name = "FLAG")]
    flags: Vec<String>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Found, Failure> {
    let (file, launches, not_checked) = launches(&arguments.scenario)?;
    let version = &file["version"];
    let options = flags::options(&arguments.flags)?;
    let written: Vec<Written> =
        launches.iter().map(|turns| script::entry(turns, *version == 1, &options)).collect();
    let mut tools: Vec<&str> =
        written.iter().flat_map(|written| &written.tools).map(String::as_str).collect();
    tools.sort_unstable();
    tools.dedup();
    if !tools.is_empty() && !arguments.run_tools {
        return Err(format!(
            "the scenario uses {}, which would run on this machine: pass --run-tools to allow it",
            tools.join(", ")
        ));
    }
    let path = Cli::locate(arguments.cli.as_deref())?;
    lab::enter_closed_network()?;
    let cli = Cli::at(path)?;
    let mut report = Report::new(&cli.version);
    report.not_checked(not_checked);
    for (turns, written) in launches.into_iter().zip(written) {
        let mut one = json!({"claude-wire": "scenario", "version": version, "turns": turns});
        for key in PASSED_ON {
            if let Some(value) = file.get(key) {
                one[key] = value.clone();
            }
        }
        check(&one, written, &cli, &mut report)?;
    }
    arguments.printed.print(&report, || report.json())?;
    report.verdict()
}

/// What the stand-in gets of a scenario next to its turns. The real CLI gets the prompts in the order of
/// the turns, and its API answers each one by its text.
const PASSED_ON: [&str; 1] = ["any_order"];
/// What both sides get, launch by launch.
const OF_LAUNCHES: [&str; 4] = ["claude-wire", "version", "turns", "launches"];

/// A scenario, the turns of each launch, and what else it says that not both sides get.
type Launches = (Value, Vec<Vec<Value>>, Vec<String>);

fn launches(path: &Path) -> Result<Launches, Failure> {
    // Checks it; the error names the place.
    let scenario = Scenario::load(path).map_err(|error| error.to_string())?.unverified();
    let failed = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let text = fs::read_to_string(path).map_err(|error| failed(&error))?;
    let file: Value = serde_json::from_str(&text).map_err(|error| failed(&error))?;
    let turns = |turns: &Value| turns.as_array().cloned().unwrap_or_default();
    let launches = match file["launches"].as_array() {
        Some(launches) => {
            launches.iter().map(|launch| turns(launch.get("turns").unwrap_or(launch))).collect()
        }
        None => vec![turns(&file["turns"])],
    };
    let not_checked = not_checked(&scenario)?;
    Ok((file, launches, not_checked))
}

/// What a scenario says that not both sides get. The library writes it again with all that it can
/// say, so that a key which is new is here, too.
fn not_checked(scenario: &Scenario) -> Result<Vec<String>, Failure> {
    let declared: Value =
        serde_json::from_str(&scenario.to_json()).map_err(|error| error.to_string())?;
    let keys = |part: &Value| {
        part.as_object().into_iter().flatten().map(|(key, _)| key.clone()).collect::<Vec<_>>()
    };
    let launches = declared["launches"].as_array().into_iter().flatten();
    let all = keys(&declared).into_iter().chain(launches.flat_map(keys));
    let is_passed = |key: &str| PASSED_ON.contains(&key) || OF_LAUNCHES.contains(&key);
    let others: BTreeSet<_> = all.filter(|key| !is_passed(key)).collect();
    Ok(others.into_iter().map(|key| format!("`{key}` is not checked")).collect())
}

/// Checks one launch, as a scenario of its turns.
fn check(file: &Value, written: Written, cli: &Cli, report: &mut Report) -> Result<(), Failure> {
    let entry = Entry::parse("scenario", &written.entry).map_err(|error| error.to_string())?;
    let scenario =
        Scenario::parse(&file.to_string()).map_err(|error| error.to_string())?.unverified();
    let runtime = |paused: bool| {
        let runtime = Builder::new_current_thread().enable_all().start_paused(paused).build();
        runtime.map_err(|error| format!("no runtime: {error}"))
    };
    let real = runtime(false)?.block_on(lab::run(&entry, cli))?;
    let simulated = runtime(true)?.block_on(lab::simulate(&entry, scenario))?;
    for ((number, real), simulated) in (1..).zip(&real.recordings).zip(&simulated.recordings) {
        report.take(number, agreement(real, simulated));
    }
    if real.recordings.len() != simulated.recordings.len() {
        report.assumption(format!(
            "the CLI was launched {} times, and the stand-in {} times",
            real.recordings.len(),
            simulated.recordings.len()
        ));
    }
    real.problems.into_iter().chain(real.attempts).for_each(|problem| report.assumption(problem));
    let of_the_stand_in = simulated.problems.into_iter();
    of_the_stand_in.for_each(|problem| report.assumption(format!("the stand-in: {problem}")));
    report.not_checked(written.problems);
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn of(keys: Value) -> Vec<String> {
        let mut file = json!({"claude-wire": "scenario", "version": 2});
        file.as_object_mut().unwrap().extend(keys.as_object().unwrap().clone());
        not_checked(&Scenario::parse(&file.to_string()).unwrap().unverified()).unwrap()
    }

    /// Each key of the declaration, but those of the turns.
    #[test]
    fn each_part_of_a_scenario_that_is_not_played_to_both_sides_is_named() {
        let turns = json!([{"prompt": "Hello", "reply": "Hi!"}]);
        for (key, value) in [
            ("logged_out", json!(true)),
            ("settings_hooks", json!([{"event": "Stop"}])),
            ("mcp_servers", json!({"a": {}})),
            ("skills", json!({"a": {"description": "b", "text": "c"}})),
            ("files", json!({"a": "b"})),
            ("faults", json!([{"name": "double_result"}])),
            ("commands", json!({"mcp list": "None."})),
            ("sessions", json!([])),
            ("sessions", json!("any")),
            ("start", json!([{"stderr": "a"}])),
            ("end", json!([{"stderr": "a"}])),
        ] {
            assert_eq!(
                of(json!({"turns": turns, key: value})),
                [format!("`{key}` is not checked")]
            );
        }
        assert_eq!(of(json!({"turns": turns, "any_order": true})), [""; 0]);
        let launches = json!([turns, {"end": [{"stderr": "a"}], "turns": turns}]);
        assert_eq!(
            of(json!({"launches": launches, "logged_out": true})),
            ["`end` is not checked", "`logged_out` is not checked"]
        );
    }
}
