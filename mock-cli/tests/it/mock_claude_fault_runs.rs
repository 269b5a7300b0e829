//! Faults over the launches of a run: they are counted together, and excuse only the launch that they
//! ended.
#![cfg(unix)]

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Output};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{
    STREAMS, TOOL, corpus, crossed, mock, read_lines, run, spawn, text, to_the_cli,
};

/// A folder with a scenario and a run.
struct Place(TempDir);

impl Place {
    fn with(scenario: &Value) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("scenario.json"), scenario.to_string()).unwrap();
        Self(folder)
    }

    /// A scenario that answers any number of prompts.
    fn any() -> Self {
        let turns = json!([{"prompt": "Hi", "reply": "Hello", "times": "any"}]);
        Self::with(&json!({"claude-wire": "scenario", "version": 2, "turns": turns}))
    }

    /// A scenario with turns for two launches.
    fn two_launches() -> Self {
        let turn = |prompt: &str| json!([{"prompt": prompt, "reply": "yes"}]);
        let launches = json!([turn("one"), turn("two")]);
        Self::with(&json!({"claude-wire": "scenario", "version": 2, "launches": launches}))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn mock(&self, faults: &str) -> Command {
        let mut command = mock(&STREAMS);
        command.env("CLAUDE_WIRE_SCENARIO", self.path("scenario.json"));
        self.in_run(&mut command, faults);
        command
    }

    fn in_run(&self, command: &mut Command, faults: &str) {
        command.env("CLAUDE_WIRE_RUN", self.path("run"));
        if !faults.is_empty() {
            command.env("CLAUDE_WIRE_FAULT", faults);
        }
    }

    fn launch(&self, faults: &str, prompt: &str) -> Output {
        let user = json!({"type": "user", "message": {"role": "user", "content": prompt}});
        run(&mut self.mock(faults), format!("{user}\n").as_bytes())
    }

    /// The combined report, and the exit code.
    fn report(&self) -> (Value, Option<i32>) {
        let output =
            Command::new(TOOL).args(["report", "--json"]).arg(self.path("run")).output().unwrap();
        let rows = text(&output.stdout);
        (serde_json::from_str(rows.lines().last().unwrap()).unwrap(), output.status.code())
    }
}

/// A fault that ended one launch does not excuse the next one.
#[test]
fn another_launch_that_differs_is_not_clean() {
    for (prompt, is_clean) in [("WRONG", false), ("two", true)] {
        let place = Place::two_launches();
        place.launch("exit_after_result:code=0", "one");
        place.launch("", prompt);
        let (report, code) = place.report();
        assert_eq!(report["clean"], is_clean, "{report}");
        assert_eq!(code, Some(i32::from(!is_clean)));
        assert_eq!(report["injected"].as_array().unwrap().len(), 1, "{report}");
    }
    // The second launch is missing.
    let place = Place::two_launches();
    place.launch("exit_after_result:code=0", "one");
    assert_eq!(place.report().1, Some(1));
}

#[test]
fn opportunities_are_counted_over_the_launches() {
    for (faults, codes) in [
        ("exit_before_init:code=7", [7, 0, 0, 0]),
        ("exit_before_init:code=7,nth=2", [0, 7, 0, 0]),
        ("exit_mid_turn:code=3,nth=3", [0, 0, 3, 0]),
        ("exit_mid_turn:code=3,after=1,times=2", [0, 3, 3, 0]),
        ("exit_mid_turn:code=3,every", [3, 3, 3, 3]),
        ("exit_before_init:code=7;exit_mid_turn:code=3,nth=2", [7, 0, 3, 0]),
    ] {
        let place = Place::any();
        let exits = [(); 4].map(|()| place.launch(faults, "Hi").status.code().unwrap());
        assert_eq!(exits, codes, "{faults}");
        let (report, _) = place.report();
        let injected: Vec<_> = report["injected"].as_array().unwrap().iter().collect();
        let ended = codes.iter().filter(|code| **code != 0).count();
        assert_eq!(injected.len(), ended, "{report}");
        for (launch, _) in (1..).zip(codes).filter(|(launch, code)| *code != 0 && *launch > 1) {
            let named = |it: &&Value| it.as_str().unwrap().ends_with(&format!(", launch {launch}"));
            assert!(injected.iter().any(named), "{faults}: {report}");
        }
        assert_eq!(report["not_injected"], json!([]), "{report}");
    }
    // Without a run each process counts by itself.
    let place = Place::any();
    for _ in 0..2 {
        let mut command = place.mock("exit_before_init:code=7");
        assert_eq!(run(command.env_remove("CLAUDE_WIRE_RUN"), b"").status.code(), Some(7));
    }
}

/// The random numbers of a rate go on over the launches, and a seed makes them the same.
#[test]
fn a_rate_goes_on_over_the_launches() {
    let exits = |seed: u32| {
        let place = Place::any();
        let faults = format!("exit_before_init:code=7,rate=0.5,seed={seed}");
        [(); 6].map(|()| place.launch(&faults, "Hi").status.code().unwrap())
    };
    let seven = exits(7);
    assert_eq!(seven, exits(7));
    assert!(seven.contains(&0) && seven.contains(&7), "{seven:?}");
}

#[test]
fn a_fault_that_never_happened_is_named() {
    let place = Place::any();
    let output = place.launch("exit_mid_turn:nth=99", "Hi");
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(0));
    let first = place.report().0;
    assert_eq!(
        first["not_injected"],
        json!(["exit_mid_turn:nth=99 was not injected (1 opportunity)"]),
        "{said}"
    );
    place.launch("exit_mid_turn:nth=99", "Hi");
    let (report, code) = place.report();
    assert_eq!(
        report["not_injected"],
        json!(["exit_mid_turn:nth=99 was not injected (2 opportunities)"])
    );
    assert_eq!(code, Some(0), "{report}");
    // For people, and of a launch without a run.
    let output = Command::new(TOOL).arg("report").arg(place.path("run")).output().unwrap();
    let shown = text(&output.stdout);
    assert!(
        shown.contains("fault: exit_mid_turn:nth=99 was not injected (2 opportunities)"),
        "{shown}"
    );
    assert!(shown.contains(" injected=0 "), "{shown}");
    let file = place.path("report");
    let mut command = place.mock("exit_mid_turn:nth=99");
    command.env_remove("CLAUDE_WIRE_RUN").env("CLAUDE_WIRE_REPORT", &file);
    run(&mut command, b"{\"type\":\"user\",\"message\":{\"role\":\"user\",\"content\":\"Hi\"}}\n");
    let report = std::fs::read_to_string(file).unwrap();
    assert!(report.contains("was not injected (1 opportunity)") && report.contains(" injected=0 "));
}

/// A program kills a CLI that hangs and is deaf: what the run knows of the fault excuses it.
#[test]
fn a_launch_that_was_killed_because_of_a_fault_is_excused() {
    for (faults, is_clean) in [("hang_after_result:deaf", true), ("bom", false)] {
        let place = Place::any();
        let mut child = spawn(&mut place.mock(faults));
        let mut stdin = child.stdin.take().unwrap();
        let prompt = "{\"type\":\"user\",\"message\":{\"role\":\"user\",\"content\":\"Hi\"}}\n";
        // The second one keeps the other launch busy: it is not at its end.
        stdin.write_all(prompt.as_bytes()).unwrap();
        let mut stdout = child.stdout.take().unwrap();
        while !read_lines(&mut stdout, 1).contains("\"type\":\"result\"") {}
        if !is_clean {
            stdin
                .write_all(
                    b"{\"type\":\"user\",\"message\":{\"role\":\"user\",\"content\":\"NO\"}}\n",
                )
                .unwrap();
            drop(stdin);
            child.wait().unwrap();
        } else {
            child.kill().unwrap();
            child.wait().unwrap();
        }
        let (report, code) = place.report();
        assert_eq!(report["clean"], is_clean, "{faults}: {report}");
        assert_eq!(code, Some(i32::from(!is_clean)));
        assert_eq!(report["injected"].as_array().unwrap().len(), 1, "{report}");
    }
}

/// A recording that the ended launch would have used is excused; the recordings of others are not.
#[test]
fn a_replay_counts_over_its_launches_too() {
    let place = Place::any();
    let folder = place.path("recordings");
    std::fs::create_dir(&folder).unwrap();
    for (name, from) in [("1.jsonl", "one-shot.jsonl"), ("2.jsonl", "one-shot.jsonl")] {
        std::fs::copy(corpus(from), folder.join(name)).unwrap();
    }
    let launch = |faults: &str, is_last: bool| {
        let recording = claude_wire::recording::Recording::open(corpus("one-shot.jsonl")).unwrap();
        let input = crossed(&recording, to_the_cli);
        let argv = recording.header.argv.unwrap();
        let mut command = mock(&argv.iter().map(String::as_str).collect::<Vec<_>>());
        command.env("CLAUDE_WIRE_REPLAY", &folder);
        place.in_run(&mut command, faults);
        let output = run(&mut command, &input);
        (output.status.code(), if is_last { place.report() } else { (Value::Null, None) })
    };
    let faults = "exit_before_init:code=7";
    let (code, (report, _)) = launch(faults, true);
    assert_eq!((code, report["left"].as_array().unwrap().len()), (Some(7), 2), "{report}");
    assert_eq!(report["clean"], false, "one of the two recordings is another launch's: {report}");
    assert_eq!(launch(faults, false).0, Some(0), "it happens once");
    let (code, (report, _)) = launch(faults, true);
    assert_eq!((code, &report["clean"]), (Some(0), &json!(true)), "{report}");
}
