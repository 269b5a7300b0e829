//! `examples/one_run`: a Rust program and a Python program, tested with one run of the real CLI.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use crate::support::browser::Browser;
use crate::support::{MOCK, TOOL, mock, text};

const PAGE: &str = include_str!("../../../examples/one_run/README.md");

/// The script prints what the page shows, where `...` is any number of lines.
#[test]
#[ignore = "needs the official SDKs and chromium: .ci/run official-sdks"]
fn official_sdks_python_and_rust_programs_are_tested_with_one_run() {
    let installed = std::env::var_os("CLAUDE_WIRE_OFFICIAL_SDKS")
        .expect("CLAUDE_WIRE_OFFICIAL_SDKS names the folder with the official SDKs");
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let folder = tempfile::tempdir().unwrap();
    for (name, program) in [("mock-claude", MOCK), ("claude-wire", TOOL)] {
        symlink(program, folder.path().join(name)).unwrap();
    }
    // Where this test was built, the program is built already, or can be without a network.
    let target = std::env::current_exe().unwrap();
    let target = target.ancestors().nth(3).unwrap();
    let path = std::env::var("PATH").unwrap();
    let page = folder.path().join("run.html");
    let output = Command::new("examples/one_run/run.sh")
        .arg(&page)
        .current_dir(root)
        // The variables of the stand-in for a test.
        .envs(mock(&[]).get_envs().filter_map(|(name, value)| Some((name, value?))))
        .env("PATH", format!("{}:{path}", folder.path().display()))
        .env("PYTHONPATH", Path::new(&installed).join("python"))
        .env("CARGO_TARGET_DIR", target)
        .env("CARGO_NET_OFFLINE", "true")
        .output()
        .unwrap();
    let printed = text(&output.stdout);
    assert_eq!((text(&output.stderr).as_str(), output.status.code()), ("", Some(0)), "{printed}");
    let shown = PAGE.split("```console\n$ examples/one_run/run.sh\n").nth(1).unwrap();
    snapbox::Assert::new().eq(printed, shown.split("```").next().unwrap().to_owned());
    opens_in_a_browser(&page, &root.join("recordings/2.1.332/partial-messages.jsonl"));
}

/// The page of the run, as its reader opens it: it shows the conversation, asks for nothing, and
/// gives the recording back.
fn opens_in_a_browser(page: &Path, recording: &Path) {
    let mut browser = Browser::start();
    browser.open(page, "");
    assert!(browser.text("document.title").contains("partial-messages"));
    let prompts = "[...document.querySelectorAll('td.prompt')].map(it => it.textContent).join()";
    assert_eq!(browser.text(prompts), "Print two lines");
    let raw = "[...document.querySelectorAll('.row')].some(row => row.checkVisibility() && \
               row.textContent.includes('echo one; echo two'))";
    assert_eq!(browser.value(raw), true);
    assert_eq!(browser.asked_for(), [format!("file://{}", page.display())]);
    let saved = browser.saved_by("document.querySelector('[data-save=\"1\"]')");
    assert_eq!(fs::read(saved).unwrap(), fs::read(recording).unwrap());
    assert_eq!(browser.complaints(), [""; 0]);
}
