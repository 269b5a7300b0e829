//! The gate, `.ci/run`: how long it may take.
#![cfg(unix)]

use std::fs;
use std::process::Command;

/// The gate is to take 45 minutes at most; each step has its budget in seconds.
#[test]
fn its_budgets_are_45_minutes_together() {
    let root = env!("CARGO_MANIFEST_DIR");
    let listed =
        Command::new("bash").args([".ci/run", "--list"]).current_dir(root).output().unwrap();
    let text = String::from_utf8(listed.stdout).unwrap();
    let budget = |line: &str| line.split(' ').nth(1).and_then(|seconds| seconds.parse().ok());
    let budgets: Vec<u32> =
        text.lines().map(|line| budget(line).unwrap_or_else(|| panic!("{line}"))).collect();
    assert!(budgets.len() > 10, "{text}");
    let sum: u32 = budgets.iter().sum();
    assert!(sum <= 2700, "{sum} s: {text}");
}

/// A copy of the gate with two steps that take no time and one that fails, with this limit: what it
/// prints, and whether it succeeds.
fn quick_gate(limit: &str, steps: &[&str]) -> (String, bool) {
    let gate = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/.ci/run")).unwrap();
    let line = |start: &str| {
        let mut lines = gate.lines().filter(|line| line.starts_with(start));
        let line = lines.next().unwrap_or_else(|| panic!("no line {start:?} in .ci/run"));
        assert!(lines.next().is_none(), "several lines {start:?} in .ci/run");
        line.to_owned()
    };
    let gate = gate.replace(
        &line("steps=("),
        "steps=(one two)\nstep_one() { :; }\nstep_two() { :; }\nstep_bad() { echo why; false; }",
    );
    let gate = gate.replace(&line("limit="), &format!("limit={limit}"));
    let gate = gate.replace("    readme) echo", "    one | two | bad) echo 9 ;;\n    readme) echo");
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join(".ci/run");
    fs::create_dir(script.parent().unwrap()).unwrap();
    fs::write(&script, gate).unwrap();
    let output = Command::new("bash").arg(&script).args(steps).output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (String::from_utf8(text).unwrap(), output.status.success())
}

/// No one waits longer than that for the gate: what takes longer is a failure, not a remark.
#[test]
fn it_fails_if_its_steps_take_too_long_together() {
    let total = |text: &str, rest: &str| {
        let last = text.lines().find(|line| line.starts_with("== done: ")).unwrap();
        assert!(last.ends_with(rest), "{text}");
    };
    let (text, passes) = quick_gate("2700", &[]);
    assert!(passes && text.contains("== one: "), "{text}");
    total(&text, " s of 2700 s");
    // Less than no time.
    let (text, passes) = quick_gate("-1", &[]);
    assert!(!passes, "{text}");
    total(&text, " s of -1 s: OVER BUDGET");
    assert!(text.contains("all steps together took longer than -1 s"), "{text}");
    // Some of the steps say nothing about all of them.
    let (text, passes) = quick_gate("-1", &["two"]);
    assert!(passes && !text.contains("== one: "), "{text}");
    total(&text, " s");
}

#[test]
fn a_step_that_fails_is_seen_also_if_others_run_at_the_same_time() {
    for (steps, passes) in [("one two", true), ("bad one", false), ("one bad", false)] {
        let (text, passed) = quick_gate("2700", &[steps, "two"]);
        assert_eq!(passed, passes, "{steps}: {text}");
        for step in steps.split(' ') {
            let shown = format!("== {step}: ");
            assert!(text.contains(&shown) && (step != "bad" || text.contains("why")), "{text}");
        }
        assert_eq!(text.contains("== done: "), passes, "nothing runs after a failure: {text}");
    }
}
