//! The tests of claude-wrapper that need a `claude`: with the stand-in, and with the real CLI.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use claude_wire::lab::{ApiReply, ApiScript, Hermetic, When};
use claude_wire_cli::Failure;
use serde_json::{Value, json};

use super::client::Place;
use super::link::symlink;
use crate::{limited, root};

/// Test programs of the crate, in the order of the page.
const PROGRAMS: [&str; 2] = ["integration", "contract"];
const SCENARIO: &str = "tests/scenarios/claude-wrapper.json";
const TABLE: &str = "xtask/claude-wrapper-tests.tsv";
const HEAD: &str = "test\tstand-in\treal CLI";
/// How long all tests of a program may take; usually it is a minute.
const LIMIT: Duration = Duration::from_secs(600);

/// The tests, by program and name, each with its outcomes: with the stand-in, and with the real CLI.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Tests(BTreeMap<String, [String; 2]>);

impl Tests {
    pub(super) fn load() -> Self {
        Self::parse(&fs::read_to_string(root().join(TABLE)).unwrap_or_default())
    }

    fn parse(text: &str) -> Self {
        let rows = text.lines().skip(1).filter_map(|line| {
            let cells: Vec<&str> = line.split('\t').collect();
            let [name, stand_in, real] = cells[..] else { return None };
            Some((name.to_owned(), [stand_in.to_owned(), real.to_owned()]))
        });
        Self(rows.collect())
    }

    pub(super) fn save(&self) -> Result<(), Failure> {
        let mut text = format!("{HEAD}\n");
        for (name, [stand_in, real]) in &self.0 {
            let _ = writeln!(text, "{name}\t{stand_in}\t{real}");
        }
        fs::write(root().join(TABLE), text).map_err(|error| format!("{TABLE}: {error}"))
    }

    /// Sets a column. Tests that the crate no longer has are left out.
    fn set(&mut self, column: usize, outcomes: Vec<(String, String)>) {
        self.0.retain(|known, _| outcomes.iter().any(|(name, _)| name == known));
        for (name, outcome) in outcomes {
            self.0.entry(name).or_default()[column] = outcome;
        }
    }

    /// Tests of which one passes and the other does not, or is missing, with the stand-in.
    pub(super) fn unlike(&self, expected: &Self) -> Vec<String> {
        let outcome = |tests: &Self, name: &str| {
            tests.0.get(name).map_or_else(|| "missing".to_owned(), |row| row[0].clone())
        };
        let word = |outcome: &str| outcome.split(':').next().map(str::to_owned);
        let names: BTreeSet<&String> = self.0.keys().chain(expected.0.keys()).collect();
        let both = names.iter().map(|name| (name, outcome(self, name), outcome(expected, name)));
        let unlike = both.filter(|(_, is, was)| word(is) != word(was));
        unlike
            .map(|(name, is, was)| format!("not as the page says: {name}: {is}, not {was}"))
            .collect()
    }

    /// For the page.
    pub(super) fn part(&self) -> String {
        let mut part = "\n## The tests of claude-wrapper that need a `claude`\n\n".to_owned();
        part.push_str(
            "| tests | with the stand-in | with the real CLI and a scripted API |\n|---|---|---|\n",
        );
        for program in PROGRAMS {
            let of: Vec<_> = self.0.iter().filter(|(name, _)| name.starts_with(program)).collect();
            let passed = |column: usize| of.iter().filter(|(_, row)| row[column] == "ok").count();
            let all = of.len();
            let _ = writeln!(
                part,
                "| `tests/{program}.rs`: {all} | {} of {all} pass | {} of {all} pass |",
                passed(0),
                passed(1),
            );
        }
        part.push_str("\n| test that does not pass with both | with the stand-in | with the real CLI |\n|---|---|---|\n");
        for (name, [stand_in, real]) in &self.0 {
            if stand_in != "ok" || real != "ok" {
                let _ = writeln!(
                    part,
                    "| `{name}` | {} | {} |",
                    super::page::cell(stand_in),
                    super::page::cell(real)
                );
            }
        }
        part
    }
}

/// The source of the crate, unpacked in a folder of ours: it is built there.
fn source(target: &Path) -> Result<PathBuf, Failure> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["metadata", "--format-version=1", "--locked"]);
    cargo.args(["--manifest-path=tests/peers/Cargo.toml"]).current_dir(root());
    let output = cargo.output().map_err(|error| format!("cargo metadata: {error}"))?;
    let found: Value = serde_json::from_slice(&output.stdout).map_err(|error| {
        format!("cargo metadata: {error}: {}", String::from_utf8_lossy(&output.stderr))
    })?;
    let packages = found["packages"].as_array().into_iter().flatten();
    let manifest = packages.filter(|package| package["name"] == "claude-wrapper");
    let manifest = manifest.filter_map(|package| package["manifest_path"].as_str()).next();
    let from = manifest.and_then(|manifest| Path::new(manifest).parent());
    let from = from.ok_or("cargo metadata does not name claude-wrapper")?;
    let into = target.join("claude-wrapper");
    let failed = |error: std::io::Error| format!("{}: {error}", from.display());
    copy(from, &into).map_err(failed)?;
    // It is below this repository, and not of its workspace.
    let manifest = into.join("Cargo.toml");
    let text = fs::read_to_string(&manifest).map_err(failed)?;
    if !text.contains("[workspace]") {
        fs::write(&manifest, format!("{text}\n[workspace]\n")).map_err(failed)?;
    }
    Ok(into)
}

fn copy(from: &Path, into: &Path) -> std::io::Result<()> {
    fs::create_dir_all(into)?;
    for file in fs::read_dir(from)? {
        let file = file?;
        let into = into.join(file.file_name());
        match file.file_type()?.is_dir() {
            true => copy(&file.path(), &into)?,
            // What is there is not touched, so that it is not built again.
            false if !into.exists() => drop(fs::copy(file.path(), into)?),
            false => {}
        }
    }
    Ok(())
}

/// Builds the tests, which may fetch crates.
pub(super) fn build_all(target: &Path) -> Result<(), Failure> {
    let source = source(target)?;
    PROGRAMS.iter().try_for_each(|program| build(target, &source, program).map(drop))
}

/// Runs the tests with the stand-in.
pub(super) async fn with_stand_in(target: &Path, mock_claude: &Path) -> Result<Tests, Failure> {
    let mut tests = Tests::load();
    let place = Place::new().map_err(|error| error.to_string())?;
    let scenario = root().join(SCENARIO);
    let mut env = vec![("HOME".to_owned(), place.path("home"))];
    env.push(("CLAUDE_WIRE_SCENARIO".to_owned(), scenario));
    env.push(("CLAUDE_WIRE_IDLE_TIMEOUT".to_owned(), PathBuf::from("30")));
    let env: Vec<(String, String)> =
        env.into_iter().map(|(name, value)| (name, value.to_string_lossy().into_owned())).collect();
    tests.set(0, outcomes(target, mock_claude, &place, &env).await?);
    Ok(tests)
}

/// Runs the tests with the real CLI, in a closed network.
pub(super) async fn with_real_cli(target: &Path, cli: &Path) -> Result<Tests, Failure> {
    let mut tests = Tests::load();
    let hermetic = Hermetic::start(cli, api()).await.map_err(|error| error.to_string())?;
    let env = hermetic
        .env()
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect::<Vec<_>>();
    let place = Place::new().map_err(|error| error.to_string())?;
    let outcomes = outcomes(target, cli, &place, &env).await?;
    // What the API refuses, the tests show.
    let _ = hermetic.finish();
    tests.set(1, outcomes);
    Ok(tests)
}

/// What became of each test, with `claude` in `PATH`.
async fn outcomes(
    target: &Path,
    claude: &Path,
    place: &Place,
    env: &[(String, String)],
) -> Result<Vec<(String, String)>, Failure> {
    let source = source(target)?;
    symlink(claude, place.path("bin/claude")).map_err(|error| error.to_string())?;
    let mut outcomes = Vec::new();
    for program in PROGRAMS {
        let executable = build(target, &source, program)?;
        let mut command = tokio::process::Command::new(executable);
        command.args(["--ignored", "--test-threads=2"]).current_dir(&source);
        command.env_clear().envs(env.iter().map(|(name, value)| (name, value)));
        let path = env.iter().find(|(name, _)| name == "PATH").map(|(_, path)| path.as_str());
        let path = path.unwrap_or("/usr/local/bin:/usr/bin:/bin");
        command.env("PATH", format!("{}:{path}", place.path("bin").display()));
        let output = limited::output(&mut command, LIMIT).await;
        let output = output.map_err(|why| format!("the tests {program}: {why}"))?;
        let text = String::from_utf8_lossy(&output.stdout);
        let found = read(program, &text).map_err(|why| {
            let errors = String::from_utf8_lossy(&output.stderr);
            format!("the tests {program}: {why}: {text}{errors}")
        })?;
        outcomes.extend(found);
    }
    Ok(outcomes)
}

/// Builds a test program; returns its path.
fn build(target: &Path, source: &Path, program: &str) -> Result<PathBuf, Failure> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["test", "--locked", "--no-run", "--message-format=json", "--test", program]);
    cargo.arg("--target-dir").arg(target).current_dir(source);
    cargo.env("CARGO_PROFILE_DEV_DEBUG", "0");
    cargo.stderr(Stdio::piped());
    let output = cargo.output().map_err(|error| format!("cargo test: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let messages = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let built = messages.filter(|message| message["target"]["name"] == *program);
    let executable =
        built.filter_map(|message| message["executable"].as_str().map(PathBuf::from)).next_back();
    executable.ok_or_else(|| {
        format!(
            "claude-wrapper: {program} was not built: {}",
            String::from_utf8_lossy(&output.stderr)
        )
    })
}

/// What a test program printed: each test with `ok`, or the first line of its panic. It is an error if
/// it did not run all of its tests: it has crashed, and those that are missing did not pass.
fn read(program: &str, text: &str) -> Result<Vec<(String, String)>, String> {
    let mut outcomes = Vec::new();
    for line in text.lines() {
        let Some((name, outcome)) =
            line.strip_prefix("test ").and_then(|rest| rest.split_once(" ... "))
        else {
            continue;
        };
        let outcome = match outcome.trim() {
            "ok" => "ok".to_owned(),
            _ => why(text, name),
        };
        outcomes.push((format!("{program}::{name}"), outcome));
    }
    let all = text.lines().find_map(|line| line.strip_prefix("running ")?.split(' ').next());
    match all.and_then(|all| all.parse::<usize>().ok()) {
        None | Some(0) => Err("no test ran".to_owned()),
        Some(all) if all != outcomes.len() => {
            Err(format!("only {} of {all} tests came to their ends", outcomes.len()))
        }
        Some(_) => Ok(outcomes),
    }
}

/// Why a test failed.
fn why(text: &str, name: &str) -> String {
    let rest = text.split_once(&format!("---- {name} stdout ----")).map_or("", |(_, rest)| rest);
    let mut lines = rest.lines().skip_while(|line| !line.contains("panicked at")).skip(1);
    let line = lines.next().unwrap_or("failed").trim();
    format!("failed: {line}").replace('\t', " ")
}

/// The model of the real CLI: it says what that of the scenario says.
fn api() -> ApiScript {
    let mut script = ApiScript::new();
    for (prompt, answer) in [
        ("What is 2+2?", "4"),
        ("What is 3+3?", "6"),
        ("Remember the number 7", "I will."),
        ("What number did I ask you to remember?", "7"),
        ("just the word 'hi'", "hi"),
        ("just the word 'hello'", "hello"),
        ("just the number 1", "1"),
        ("just the number 2", "2"),
        ("just the number 3", "3"),
        ("just the number 5", "5"),
        ("Say hello", "Hello. MARKER42"),
        ("Say hi", "Hi."),
    ] {
        script = script.always(When::prompt_contains(prompt), [ApiReply::text(answer)]);
    }
    let first = ApiReply::text("first").first_byte_after(Duration::from_secs(1));
    let essay = ApiReply::text("In 1957, ".repeat(400)).delta_chars(5);
    let essay = essay.delta_every(Duration::from_millis(50));
    let denied = json!({"command": "printf denied > must-not-exist", "description": "write"});
    script
        .always(When::prompt_contains("just the word 'first'"), [first])
        .always(When::prompt_contains("Write a long, detailed essay"), [essay])
        .always(
            When::prompt_contains("Use Bash exactly once"),
            [ApiReply::tool_use("Bash", denied), ApiReply::text("blocked")],
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes_are_read_with_their_reasons() {
        let text = "\nrunning 2 tests\ntest a_b ... FAILED\ntest c ... ok\n\nfailures:\n\n---- a_b stdout ----\n\nthread 'a_b' (7) panicked at tests/integration.rs:9:5:\nno\tserver\nnote: run\n\n\nfailures:\n    a_b\n\ntest result: FAILED. 1 passed; 1 failed\n";
        let expected = [
            ("integration::a_b".to_owned(), "failed: no server".to_owned()),
            ("integration::c".to_owned(), "ok".to_owned()),
        ];
        assert_eq!(read("integration", text).as_deref(), Ok(&expected[..]));
    }

    #[test]
    fn tests_that_did_not_come_to_their_ends_are_an_error() {
        for (text, why) in [
            ("", "no test ran"),
            ("\nrunning 0 tests\n\ntest result: ok. 0 passed\n", "no test ran"),
            ("\nrunning 1 test\n", "only 0 of 1 tests"),
            ("\nrunning 3 tests\ntest a ... ok\ntest b ... FAILED\n", "only 2 of 3 tests"),
        ] {
            let error = read("contract", text).unwrap_err();
            assert!(error.starts_with(why), "{text}: {error}");
        }
    }

    #[test]
    fn what_passes_is_compared_and_reasons_are_not() {
        let expected =
            Tests::parse("head\na::one\tok\tok\na::two\tfailed: x\tok\na::gone\tok\tok\n");
        assert_eq!(expected.unlike(&expected), Vec::<String>::new());
        let now = Tests::parse("head\na::new\tok\t\na::one\tfailed: y\t\na::two\tfailed: z\t\n");
        let unlike = |what: &str| format!("not as the page says: {what}");
        let differences = [
            unlike("a::gone: missing, not ok"),
            unlike("a::new: ok, not missing"),
            unlike("a::one: failed: y, not ok"),
        ];
        assert_eq!(now.unlike(&expected), differences);
    }

    #[test]
    fn tests_that_no_longer_exist_are_left_out() {
        let outcome = |name: &str| (name.to_owned(), "ok".to_owned());
        let mut tests = Tests::parse("head\na::kept\told\told\na::gone\tok\tok\n");
        tests.set(0, vec![outcome("a::kept"), outcome("a::new")]);
        let expected = Tests::parse("head\na::kept\tok\told\na::new\tok\t\n");
        assert_eq!(tests, expected);
    }
}
