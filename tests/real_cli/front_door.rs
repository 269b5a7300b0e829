//! How the CLI is called: what the real one writes for a prompt as text, for no prompt, for an
//! unknown session and for subcommands, and what a scenario's CLI writes.

use std::process::Stdio;

use claude_wire::lab::{ApiReply, ApiScript, Hermetic, When, real_cli};
use claude_wire::player::{Scenario, reply};
use claude_wire::transport::{Launch, Transport};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::Command;

use crate::support::{close, launch, place};

const SESSION: &str = "22222222-3333-4444-8555-666666666666";
const UNKNOWN: &str = "0a1b2c3d-0000-4000-8000-0a1b2c3d4e5f";
const STREAM: [&str; 3] = ["--output-format", "stream-json", "--verbose"];
const LINES: [&str; 2] = ["--input-format", "stream-json"];

/// The commands of background sessions, whose pages the CLI does not write as the others.
const OWN_PAGES: [&str; 5] = ["attach", "logs", "respawn", "rm", "stop"];
/// The commands, among the flags, of the CLI.
const TABLE: &str = include_str!("../../src/player/launch/tables/2.1.332.txt");

/// stdout, stderr, and the exit code.
type Ran = (String, String, Option<i32>);

pub(crate) async fn run() {
    let read = || ApiReply::tool_use("Read", json!({"file_path": "missing"}));
    let script = ApiScript::new()
        .always(When::prompt("Read"), [read()])
        .always(When::any(), [ApiReply::text("Yes.")]);
    let place = place(script).await;
    let reads = reply().tool_use("Read", json!({"file_path": "missing"})).tool_error("no file");
    let reads = reads.tool_use("Read", json!({"file_path": "missing"})).tool_error("no file");
    let scenario = Scenario::new()
        .on_prompt("Read", reads)
        .always()
        .on_any_prompt(reply().text("Yes."))
        .always()
        .any_order()
        .sessions([""; 0]);

    let stream = [&STREAM[..], &LINES].concat();
    let resume = ["--resume", UNKNOWN];
    let of_stream: Vec<&str> = [&stream[..], &resume].concat();
    let partial = ["-p", "?", "--include-partial-messages"];
    let launches: &[(&[&str], &str)] = &[
        (&["-p", "?", "--continue"], ""),
        (&["-p", "?"], ""),
        (&["?"], "text"),
        (&["--model", "claude-opus-5-5"], "text\n"),
        (&["--model", "claude-opus-5-5"], ""),
        (&["--verbose"], " "),
        (&["-p", "?", "--setting-sources", "bogus"], ""),
        (&["-p", "?", "--setting-sources", "user,bogus"], ""),
        (&["-p", "?", "--setting-sources", " user , local"], ""),
        (&["-p"], "text\n"),
        (&["-p"], ""),
        (&["-p", "--output-format", "json"], ""),
        (&["-p", " "], "\n"),
        (&["-p", "?", "--resume", UNKNOWN], ""),
        (&["-p", "?", "--output-format", "json", "-r", UNKNOWN], ""),
        (&["-p", "?", "--output-format", "stream-json", "--verbose", "-r", UNKNOWN], ""),
        (&["-p", "?", "-r", "a title"], ""),
        (&["-p", "?", "--resume"], ""),
        (&of_stream, ""),
        (&["-p", "?", "--session-id", SESSION], ""),
        (&["-p", "?", "--session-id", SESSION], ""),
        (&["-p", "?", "--session-id", SESSION, "-c"], ""),
        (&["-p", "Read", "--max-turns", "1"], ""),
        (&["-p", "Read", "--max-budget-usd", "0.0000001"], ""),
        (&["-p", "?", "--max-turns", "0"], ""),
        (&stream, "{bad\n"),
        (&stream, "{\"type\":\"user\",\n"),
        (&stream, "null\n"),
        (&stream, "{\"type\":\"user\",\"message\":{\"role\":5}}\n"),
        (&stream, "{\"type\":\"control_request\",\"request_id\":\"1\"}\n"),
        (&stream, "[1]\n"),
        (&["--output-format", "stream-json", "--input-format", "stream-json"], ""),
        (&partial, ""),
        (&["-p", "?", "--replay-user-messages"], ""),
        (&["--version"], ""),
        (&["-p", "-V"], ""),
        (&["auth", "status"], ""),
        (&["auth", "status", "--text"], ""),
        (&["auth", "bogus"], ""),
        (&["agents", "--json"], ""),
        (&["agents"], ""),
        (&["mcp", "list"], ""),
        (&["mcp", "get", "nothing"], ""),
        (&["mcp", "remove", "nothing"], ""),
        (&["mcp", "get"], ""),
        (&["plugin", "list"], ""),
        (&["plugin", "list", "--json"], ""),
        (&["plugin", "marketplace", "list"], ""),
        (&["plugin", "marketplace", "list", "--json"], ""),
    ];
    for (args, stdin) in launches {
        let expected = comparable(real(&place, args, stdin).await);
        let simulated = comparable(simulated(&scenario, &place, args, stdin).await);
        assert_eq!(simulated, expected, "{args:?} {stdin:?}");
    }
    // What is between depends on the machine and on where the CLI is installed.
    let (expected, ..) = real(&place, &["doctor"], "").await;
    let (doctor, ..) = simulated(&scenario, &place, &["doctor"], "").await;
    for line in [doctor.lines().next(), doctor.lines().last()] {
        assert!(
            line.is_some_and(|line| expected.lines().any(|other| other == line)),
            "{line:?}: {expected}"
        );
    }
    let differing = help_pages(&scenario, &place).await;
    assert!(differing.is_empty(), "{}", differing.join("\n"));
    close(place);
}

/// The commands whose help page is not that of the CLI in its usage, flags, commands and columns.
async fn help_pages(scenario: &Scenario, place: &Hermetic) -> Vec<String> {
    let is_command = |line: &&str| line.starts_with(|first: char| first.is_ascii_lowercase());
    let mut differing = Vec::new();
    for line in [""].into_iter().chain(TABLE.lines().filter(is_command)) {
        let words = line.split(' ').take_while(|word| !word.starts_with(['<', '[']));
        let words: Vec<_> = words.filter_map(|word| word.split('|').next()).collect();
        if OWN_PAGES.contains(&words.join(" ").as_str()) {
            continue;
        }
        let args = [&words[..], &["--help"]].concat();
        let (expected, ..) = real(place, &args, "").await;
        let (help, ..) = simulated(scenario, place, &args, "").await;
        if terms(&help) != terms(&expected) {
            differing.push(format!("{line}:\n{help}\n{expected}"));
        }
    }
    differing
}

/// The usage, and each flag, command and argument with the column of its description.
fn terms(help: &str) -> Vec<(String, Option<usize>)> {
    let lines = help.lines().filter(|line| {
        let indent = line.len() - line.trim_start().len();
        indent == 0 && (line.ends_with(':') || line.starts_with("Usage: ")) || indent == 2
    });
    // An example of `mcp add` has this indent, too.
    let lines = lines.filter(|line| {
        !line.contains("# ") && !line.contains("claude mcp add ") || line.starts_with("Usage")
    });
    let term = |line: &str| {
        let text = line.trim_start();
        let end = text.find("  ").unwrap_or(text.len());
        let column = text[end..].find(|char| char != ' ').map(|at| at + end);
        (text[..end].to_owned(), column)
    };
    lines.map(term).filter(|(term, _)| !term.starts_with("Examples")).collect()
}

/// Numbers and ids differ from run to run.
fn comparable((out, err, code): Ran) -> (Vec<Value>, String, String, Option<i32>) {
    let lines = out.lines().map(|line| serde_json::from_str::<Value>(line).ok());
    match lines.collect::<Option<Vec<_>>>() {
        Some(mut lines) if out.starts_with("{\"") => {
            for line in &mut lines {
                line["uuid"] = "".into();
                if line["session_id"] != UNKNOWN {
                    line["session_id"] = "".into();
                }
            }
            (lines, String::new(), err, code)
        }
        _ => (Vec::new(), out, err, code),
    }
}

async fn real(place: &Hermetic, args: &[&str], stdin: &str) -> Ran {
    let mut command = Command::new(real_cli().expect("checked by the harness"));
    command.args(args).env_clear().envs(place.env()).current_dir(place.cwd());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    // A CLI that has ended does not read.
    let _ = input.write_all(stdin.as_bytes()).await;
    drop(input);
    let output = child.wait_with_output().await.unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (text(output.stdout), text(output.stderr), output.status.code())
}

async fn simulated(scenario: &Scenario, place: &Hermetic, args: &[&str], stdin: &str) -> Ran {
    let launch = Launch { args: args.iter().map(Into::into).collect(), ..launch(place, []) };
    let mut cli = scenario.open(launch).await.unwrap();
    let _ = cli.stdin.write_all(stdin.as_bytes()).await;
    drop(cli.stdin);
    let (mut out, mut err) = (String::new(), String::new());
    cli.stdout.read_to_string(&mut out).await.unwrap();
    cli.stderr.read_to_string(&mut err).await.unwrap();
    (out, err, cli.control.wait().await.unwrap().code)
}
