//! What the README and the pages in `docs` show: the code that a documentation test can only
//! compile, because it starts processes, and the commands with their output.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::support::{MOCK, STREAMS, corpus, crossed, text, to_the_cli};
use claude_wire::recording::Recording;
use claude_wire::{Scenario, reply};

const README: &str = include_str!("../../../README.md");
const STAND_IN: &str = include_str!("../../../docs/stand-in.md");

#[allow(unused_variables, reason = "the reader's to use")]
mod what_you_write {
    include!("../readme/what_you_write.rs");

    #[test]
    #[ignore = "run by another test, which gives it an environment"]
    fn runs() {
        main().unwrap();
    }
}

mod whole_process {
    include!("../readme/whole_process.rs");

    #[test]
    #[ignore = "run by another test, which gives it an environment"]
    fn runs() {
        main().unwrap();
    }
}

#[test]
fn the_code_here_is_that_of_the_pages() {
    for (page, code) in [
        (README, include_str!("../readme/what_you_write.rs")),
        (STAND_IN, include_str!("../readme/whole_process.rs")),
    ] {
        assert!(
            page.contains(&format!("```rust,no_run\n{code}```\n")),
            "the page has another version of:\n{code}"
        );
    }
}

#[test]
fn the_scenario_on_the_page_is_valid() {
    let scenario = STAND_IN.split("```json\n").nth(1).unwrap().split("```").next().unwrap();
    let _ = Scenario::parse(scenario).unwrap().unverified();
}

/// Each block that begins with `$ cargo` is run, and its output compared; `...` is any number of
/// lines.
#[test]
fn the_commands_of_the_readme_print_what_it_shows() {
    let blocks = README.split("```console\n$ cargo ").skip(1);
    // That one cannot run inside itself: see below.
    let blocks: Vec<_> = blocks.filter(|block| !block.starts_with("test\n")).collect();
    assert_eq!(blocks.len(), 2, "another block of commands? Its command is run here too");
    for block in blocks {
        let (command, shown) = block.split("```").next().unwrap().split_once('\n').unwrap();
        // The only quotes of these commands are around a last argument.
        let (words, quoted) = command.split_once(" \"").unwrap_or((command, ""));
        let words =
            words.split(' ').chain(Some(quoted.trim_end_matches('"')).filter(|q| !q.is_empty()));
        let output = cargo().args(["--quiet"]).args(words).output().unwrap();
        let printed = format!("{}{}", text(&output.stdout), text(&output.stderr));
        let folder = root().display().to_string();
        let printed = printed.replace(&folder, "/home/you/claude-wire");
        snapbox::Assert::new().eq(printed, shown.to_owned());
        assert_eq!(output.status.success(), quoted.is_empty(), "{command}");
    }
}

#[test]
#[ignore = "reads what `cargo test` printed: .ci/run readme"]
fn the_tests_print_what_the_readme_shows() {
    let path = std::env::var_os("CLAUDE_WIRE_CARGO_TEST")
        .expect("CLAUDE_WIRE_CARGO_TEST names the file with what `cargo test` printed");
    let printed = std::fs::read_to_string(path).unwrap();
    let shown = README.split("```console\n$ cargo test\n").nth(1).unwrap();
    let shown = shown.split("```").next().unwrap();
    let shown = shown.replace("-...)", "-[..])").replace(" in ...", " in [..]");
    snapbox::Assert::new().eq(printed, shown);
}

#[test]
fn the_readme_is_short() {
    let words = README.split_whitespace().count();
    assert!((700..=1000).contains(&words), "{words} words of about 900");
}

#[test]
fn the_first_example_runs_with_a_claude_on_the_path() {
    let folder = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(MOCK, folder.path().join("claude")).unwrap();
    // Each process plays it from the start: the one of the one-shot query, and the session's.
    let scenario = Scenario::new()
        .on_any_prompt(reply().text("Hello!"))
        .on_prompt("What's my name?", reply().text("Alice."));
    let path = folder.path().join("scenario.json");
    std::fs::write(&path, scenario.to_json()).unwrap();
    let mut runs = ignored("readme::what_you_write::runs");
    let output = runs
        .env("PATH", folder.path())
        .env("HOME", folder.path())
        .env("CLAUDE_WIRE_SCENARIO", path)
        .output()
        .unwrap();
    let text = passed(&output);
    assert!(text.contains("Hello!"), "{text}");
}

#[test]
fn a_piece_of_a_streamed_answer_is_shown_before_the_answer_ends() {
    let folder = tempfile::tempdir().unwrap();
    for (name, scenario) in [
        ("one", Scenario::new().on_any_prompt(reply().text("4"))),
        ("two", Scenario::new().on_any_prompt(reply().text("Hello, no line ends here").hang())),
    ] {
        std::fs::write(folder.path().join(name), scenario.to_json()).unwrap();
    }
    // The first launch is that of the one-shot query. `launched` has the process id of the last one.
    let claude = folder.path().join("claude");
    let script = format!(
        "#!/bin/sh\ncd \"$HOME\" && [ -e launched ] && export CLAUDE_WIRE_SCENARIO=two\necho $$ >launched\nexec {MOCK} \"$@\"\n"
    );
    std::fs::write(&claude, script).unwrap();
    std::fs::set_permissions(&claude, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let mut runs = ignored("readme::what_you_write::runs");
    runs.env("PATH", folder.path()).env("HOME", folder.path()).env("CLAUDE_WIRE_SCENARIO", "one");
    let begin = Instant::now();
    let mut child = runs.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let (mut stdout, mut shown, mut chunk) = (child.stdout.take().unwrap(), Vec::new(), [0; 4096]);
    while !text(&shown).contains("Hello, no line ends here") {
        let read = stdout.read(&mut chunk).unwrap();
        assert!(read > 0, "the answer was never shown:\n{}", text(&shown));
        shown.extend_from_slice(&chunk[..read]);
    }
    // Its turn would end by its limit of two minutes.
    assert!(begin.elapsed() < Duration::from_secs(100), "shown at the end only");
    child.kill().unwrap();
    child.wait().unwrap();
    // The stand-in hangs, and the program that would end it was killed.
    let launched = std::fs::read_to_string(folder.path().join("launched")).unwrap();
    let stand_in = Pid::from_raw(launched.trim().parse().unwrap()).unwrap();
    kill_process(stand_in, Signal::KILL).unwrap();
}

#[test]
fn the_whole_process_plays_a_recording() {
    let output = ignored("readme::whole_process::runs")
        .env("CLAUDE_WIRE_MOCK_CLAUDE", MOCK)
        .output()
        .unwrap();
    passed(&output);
}

/// The commands of the package's README, with a program that writes what was recorded, and with one
/// that does not.
#[test]
fn the_program_of_the_packages_readme_finds_the_stand_in_as_claude() {
    let blocks = include_str!("../../README.md").split("```sh\n").skip(1);
    let mut blocks = blocks.filter_map(|block| block.split("```").next());
    let commands = blocks.find(|block| block.contains("your-program")).unwrap();
    let recording = Recording::open(corpus("one-shot.jsonl")).unwrap();
    let input = text(&crossed(&recording, to_the_cli));
    for (input, code) in [(input.clone(), 0), (input.replace("2 + 2", "2 + 3"), 70)] {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path();
        let bin = place.join("bin");
        std::fs::create_dir(&bin).unwrap();
        std::os::unix::fs::symlink(MOCK, bin.join("mock-claude")).unwrap();
        let program = bin.join("your-program");
        let script = format!("#!/bin/sh\nexec claude {} <input.jsonl\n", STREAMS.join(" "));
        std::fs::write(&program, script).unwrap();
        std::fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o755))
            .unwrap();
        std::fs::write(place.join("input.jsonl"), &input).unwrap();
        std::fs::copy(corpus("one-shot.jsonl"), place.join("run.jsonl")).unwrap();
        let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
        let output = Command::new("sh")
            .args(["-eu", "-c", commands])
            .current_dir(place)
            .env("PATH", path)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(code), "{output:?}");
        let report = text(&output.stderr);
        assert_eq!(report.contains("input differs from the recording"), code == 70, "{report}");
        let said = text(&output.stdout);
        assert_eq!(said.contains("2 + 2 is 4."), code == 0, "{said}");
        assert_eq!(said.contains(r#""claude_wire":{"divergence""#), code == 70, "{said}");
    }
}

/// What the run of one test printed, which must have run and passed.
fn passed(output: &Output) -> String {
    let text = text(&output.stdout);
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    assert!(text.contains("1 passed"), "the test did not run:\n{text}");
    text
}

/// One of the tests above, by itself, as if from the repository's root.
fn ignored(name: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--ignored", "--exact", "--nocapture", name]);
    command.current_dir(root());
    command
}

/// Runs Cargo at the root, with the target folder of this test, where everything is built already.
fn cargo() -> Command {
    let mut command = Command::new(env!("CARGO"));
    let built = std::env::current_exe().unwrap();
    command.current_dir(root()).env("CARGO_TARGET_DIR", built.ancestors().nth(3).unwrap());
    command
}

/// The root of the repository.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}
