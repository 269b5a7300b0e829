//! What CONTRIBUTING asks of every file and a compiler does not check.

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// All files below these folders with this ending, with their text.
fn files(folders: &[&str], ending: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut waiting: Vec<_> = folders.iter().map(|folder| root().join(folder)).collect();
    while let Some(folder) = waiting.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                waiting.push(path);
            } else if path.extension().is_some_and(|extension| extension == ending) {
                let name = path.strip_prefix(root()).unwrap().display().to_string();
                found.push((name, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    assert!(!found.is_empty(), "{folders:?}");
    found
}

/// The sleeps of a source that take real time and have no comment that says why, by line.
fn sleeps(text: &str) -> Vec<usize> {
    let lines: Vec<_> = text.lines().collect();
    let virtual_clock = text.contains("start_paused = true");
    let said = |number: usize| {
        let from = number.saturating_sub(4);
        lines[from..=number].iter().any(|line| line.contains("//"))
    };
    let real = |line: &str| {
        let sleep = [["sleep", "("], ["sleep_ms", "("]].map(|name| name.concat());
        sleep.iter().any(|sleep| line.contains(sleep))
            && (line.contains("thread::") || !virtual_clock)
    };
    (0..lines.len()).filter(|&at| real(lines[at]) && !said(at)).map(|at| at + 1).collect()
}

/// A test that waits for real time to pass is slow where it works and fails where the machine is
/// slow. Tests wait for what happens, or on tokio's paused clock.
#[test]
fn a_sleep_in_real_time_says_why() {
    let found: Vec<_> = files(&["tests", "mock-cli/tests"], "rs")
        .iter()
        .flat_map(|(name, text)| sleeps(text).into_iter().map(move |line| format!("{name}:{line}")))
        .collect();
    assert!(found.is_empty(), "real sleeps without a reason:\n{}", found.join("\n"));
}

#[test]
fn a_sleep_without_a_reason_is_found() {
    let sleep = ["thread::sl", "eep(x);"].concat();
    assert_eq!(sleeps(&sleep), [1]);
    assert_eq!(sleeps(&format!("start_paused = true\n{sleep}")), [2]);
    assert_eq!(sleeps(&format!("// The disk has no event.\n{sleep}")), [0; 0]);
    let sleep = sleep.replace("thread::", "tokio::time::");
    assert_eq!(sleeps(&sleep), [1]);
    assert_eq!(sleeps(&format!("start_paused = true\n{sleep}")), [0; 0]);
}

/// Guides are the README and the pages of `docs/`: their Rust is compiled, so that it cannot rot.
#[test]
fn every_block_of_rust_in_a_guide_is_compiled() {
    let library = fs::read_to_string(root().join("src/lib.rs")).unwrap();
    let mut pages = files(&["docs"], "md");
    pages.push(("README.md".into(), fs::read_to_string(root().join("README.md")).unwrap()));
    let mut blocks = 0;
    for (name, text) in &pages {
        let fences: Vec<_> = text.lines().filter(|line| line.starts_with("```")).collect();
        for fence in fences.iter().step_by(2).filter(|fence| fence.contains("rust")) {
            blocks += 1;
            assert!(!fence.contains("ignore"), "{name}: a block is not compiled: {fence}");
            assert!(
                library.contains(&format!("include_str!(\"../{name}\")")),
                "{name} has Rust, and src/lib.rs does not include it as documentation"
            );
        }
    }
    assert!(blocks >= 6, "only {blocks} blocks");
}

/// The path of each link of a guide to a file of this repository exists.
#[test]
fn every_link_of_a_guide_leads_somewhere() {
    let mut pages = files(&["docs"], "md");
    for name in
        ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "examples/README.md"]
    {
        pages.push((name.into(), fs::read_to_string(root().join(name)).unwrap()));
    }
    let mut links = 0;
    for (name, text) in &pages {
        let folder = root().join(name).parent().map(Path::to_path_buf).unwrap();
        for target in text.split("](").skip(1).filter_map(|rest| rest.split([')', '#']).next()) {
            if target.is_empty() || target.contains("://") {
                continue;
            }
            links += 1;
            assert!(folder.join(target).exists(), "{name}: no {target}");
        }
    }
    assert!(links > 10, "only {links} links");
}
