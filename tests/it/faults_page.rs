//! The page `docs/faults.md`: the catalogue, and what a session and the official SDKs do about each
//! fault.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use claude_wire::faults::{FaultInfo, FaultKind, catalogue};

use crate::faults_support::outcome;

const HEAD: &str = "\
# Faults

Written by `cargo xtask faults`.

`mock-claude`, a replay, a scenario, any transport and the fake Messages API inject these faults, by name:
`CLAUDE_WIRE_FAULT=exit_mid_turn:nth=2,seed=7`. After the name come parameters of the fault, and when it happens:

| key | meaning |
|---|---|
| `nth=N` | only at the Nth opportunity, counted from 1 |
| `after=N` | the first N opportunities pass |
| `times=N`, `once` | at most N times, at most once |
| `every` | at every opportunity |
| `rate=P` | each opportunity with this probability, from 0 to 1 |
| `seed=N` | the seed of what is random, instead of that of the plan (`CLAUDE_WIRE_SEED`, default 0) |

Without any of them a fault happens once, at the first opportunity, or at every one if the table says so. Several faults are separated by semicolons;
in a scenario's file they are a list: `\"faults\": [{\"name\": \"exit_mid_turn\", \"nth\": 2, \"seed\": 7}]`. A text with a comma or a semicolon is in double
quotes, as a string in JSON: `non_json_noise:text=\"a, b\"`.

Opportunities are counted over all launches of a run (`CLAUDE_WIRE_RUN`), and in one process over all launches: `exit_before_init` ends the first launch,
`exit_before_init:nth=2` the second one. Without a run, each process of `mock-claude` counts from the start. A launch that only prints something, such as
`claude --version`, has no faults and is not counted.

What was injected, and why there, is in the report (`fault: ...`, `injected=N`), in the journal, and in the recording of a recorder around it. The report
also names each fault that was asked for and never happened: `fault: exit_mid_turn:nth=99 was not injected (2 opportunities)`. It does not fail a test by
itself: check `injected=N`.

A program cannot do its part after a fault that ends the conversation (\"ends it\" in the tables below). What is left of that launch does not count
then, and neither does what differs there after the fault; of what all launches share, such as the prompts of a scenario without `launches`, only if it
was the last launch. Every other difference fails the test as ever: in other launches, before the fault, and with all other faults.

With `claude -p` and text or JSON as output, the whole answer is the line of the model and the result, and the prompt among the arguments is the prompt.
A launch in which a fault cannot happen ends with exit code 78 and the reason: `stuck_tool` with text, or a reply to a control request without
`--input-format stream-json`.

## What an SDK does about them

The program asks two questions in one session, gives a permission in the first turn, and has a hook. The words:

| word | meaning |
|---|---|
| ignored | both answers came, and were right |
| typed error | an error that names its kind: a predicate, a class, a result that says it failed |
| generic error | an error of which only the text says what happened |
| wrong answer | an end without an error, and without the right answers |
| hang | nothing came: for a session, none of its time limits ended the wait; for the other SDKs, not in 10 seconds |

A session has its default limits (five minutes a turn), on a clock that does not make the test wait.

";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn table() -> String {
    fs::read_to_string(root().join("xtask/faults.tsv")).unwrap()
}

/// What the other SDKs did when they were last run, by fault.
fn others() -> BTreeMap<String, Vec<String>> {
    let table = table();
    let rows = table.lines().skip(1).map(|row| {
        let mut cells = row.split('\t').map(str::to_owned);
        (cells.next().unwrap(), cells.collect())
    });
    rows.collect()
}

/// The versions of the official SDKs when they were last run: Python, TypeScript.
fn versions() -> [String; 2] {
    let table = table();
    let mut cells = table.lines().next().unwrap().split('\t').skip(1);
    ["python", "typescript"].map(|sdk| {
        let cell = cells.next().unwrap();
        cell.strip_prefix(&format!("{sdk} ")).unwrap().to_owned()
    })
}

fn title(kind: FaultKind) -> &'static str {
    match kind {
        FaultKind::Process => "The process",
        FaultKind::Bytes => "The bytes",
        FaultKind::Protocol => "The protocol",
        _ => "The API",
    }
}

fn parameters(fault: &FaultInfo) -> String {
    let parameter = |it: &claude_wire::faults::Parameter| {
        format!("`{}={}`: {}", it.name(), it.default(), it.does())
    };
    fault.parameters().iter().map(parameter).collect::<Vec<_>>().join("<br>")
}

async fn page() -> String {
    let others = others();
    let mut page = HEAD.to_owned();
    let kinds = [FaultKind::Process, FaultKind::Bytes, FaultKind::Protocol, FaultKind::Api];
    let of = |kind| catalogue().iter().filter(move |fault| fault.kind() == kind);
    for kind in kinds {
        let versions = versions();
        let _ = write!(
            page,
            "### {}\n\n| fault | what it does | `Session` | Python {} | TypeScript {} |\n|---|---|---|---|---|\n",
            title(kind),
            versions[0],
            versions[1]
        );
        for fault in of(kind) {
            let ours = outcome(fault.name()).await.cell();
            let cells = others.get(fault.name()).cloned().unwrap_or_default();
            let cell = |at: usize| cells.get(at).cloned().unwrap_or_default();
            let cells = [cell(0), cell(1)];
            let _ = writeln!(
                page,
                "| `{}` | {} | {ours} | {} | {} |",
                fault.name(),
                fault.does(),
                cells[0],
                cells[1]
            );
        }
        page.push('\n');
    }
    page.push_str("## Opportunities and parameters\n\n");
    for kind in kinds {
        let _ = write!(
            page,
            "### {}: how\n\nInjected into: {}.\n\n| fault | each opportunity is a | by default | the conversation | parameters |\n|---|---|---|---|---|\n",
            title(kind),
            places(kind)
        );
        for fault in of(kind) {
            let default = if fault.repeats() { "every" } else { "once" };
            let _ = writeln!(
                page,
                "| `{}` | {} | {default} | {} | {} |",
                fault.name(),
                fault.opportunity(),
                ends(fault),
                parameters(fault)
            );
        }
        page.push('\n');
    }
    page.truncate(page.trim_end().len());
    page.push('\n');
    page
}

/// What a fault is for the conversation.
fn ends(fault: &FaultInfo) -> &'static str {
    match fault.name() {
        "oversize_line" => "ends it with `newline=false`",
        _ if fault.ends_conversation() => "ends it",
        _ => "goes on",
    }
}

/// Where the faults of a kind are injected.
fn places(kind: FaultKind) -> String {
    let all = || catalogue().iter().filter(|fault| fault.kind() == kind);
    let most = all().next_back().unwrap().places();
    let others = all().filter(|fault| fault.places() != most);
    let others = others.map(|fault| format!("; `{}`: {}", fault.name(), fault.places()));
    format!("{most}{}", others.collect::<String>())
}

/// If `CLAUDE_WIRE_WRITE_DOCS` is set, it writes the page.
#[tokio::test(start_paused = true)]
async fn the_page_shows_what_each_sdk_does() {
    let page = page().await;
    let path = root().join("docs/faults.md");
    if std::env::var_os("CLAUDE_WIRE_WRITE_DOCS").is_some() {
        fs::write(&path, &page).unwrap();
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert!(written == page, "docs/faults.md is not up to date: run cargo xtask faults\n{page}");
}

/// Every fault has the outcome of each SDK, in the words of the page.
#[test]
fn the_other_sdks_were_run_against_every_fault() {
    let others = others();
    let words = ["ignored", "typed error", "generic error", "wrong answer", "hang"];
    for fault in catalogue() {
        let cells = &others[fault.name()];
        assert_eq!(cells.len(), 2, "{}", fault.name());
        for cell in cells {
            let known = words.iter().any(|word| cell.starts_with(word));
            assert!(known, "{}: {cell:?}", fault.name());
        }
    }
    assert_eq!(others.len(), catalogue().len());
}

/// In the versions that everything else is compared with.
#[test]
fn the_other_sdks_were_run_in_the_versions_of_the_list_of_names() {
    let names = fs::read_to_string(root().join("xtask/official-names.tsv")).unwrap();
    let listed = ["python", "typescript"].map(|sdk| {
        let line = names.lines().find(|line| line.starts_with(&format!("{sdk} "))).unwrap();
        line.rsplit(' ').next().unwrap().to_owned()
    });
    assert_eq!(versions(), listed, "run cargo xtask faults --sdks FOLDER");
}
