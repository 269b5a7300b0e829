//! The folders of the capturing host: those that a capture tells of, and those that are still in a recording.

use std::collections::BTreeSet;

use claude_wire::recording::{EventKind, Recording, Root};
use serde_json::Value;

/// Below these lie the folders of people and of their projects.
const TOPS: [&str; 11] = [
    "home",
    "Users",
    "root",
    "srv",
    "mnt",
    "media",
    "opt",
    "data",
    "work",
    "workspace",
    "workspaces",
];

/// The working folder, the configuration folder and the home of the CLI, as far as the capture tells: `cwd` and `memory_paths` of the first
/// `system/init`, and `output_styles_dir` of the reply to `initialize`.
pub(super) fn told(capture: &Recording) -> Vec<Root> {
    let (mut cwd, mut config) = (None, None);
    for event in &capture.events {
        let EventKind::Out(line) = &event.kind else { continue };
        let Ok(message) = serde_json::from_slice::<Value>(line.bytes()) else { continue };
        let folder = |pointer: &str| {
            message.pointer(pointer).and_then(Value::as_str).filter(|path| path.starts_with('/'))
        };
        if message["type"] == "system" && message["subtype"] == "init" && cwd.is_none() {
            cwd = folder("/cwd").map(str::to_owned);
            config = config.or_else(|| {
                Some(folder("/memory_paths/auto")?.split_once("/projects/")?.0.to_owned())
            });
        }
        if message["type"] == "control_response" {
            let styles = folder("/response/response/output_styles_dir");
            config = config.or_else(|| Some(styles?.strip_suffix("/output-styles")?.to_owned()));
        }
    }
    let home = config.as_deref().and_then(|config| config.strip_suffix("/.claude")).map(Root::home);
    let config = config.as_deref().map(|path| Root::new("config", path, "/home/user/.claude"));
    cwd.map(Root::cwd)
        .into_iter()
        .chain(config)
        .chain(home)
        .filter(|root| !root.path().is_empty())
        .collect()
}

/// The folders that still stand in a recording as they are on the capturing host, by their first two names.
pub(super) fn left(recording: &Recording) -> BTreeSet<String> {
    let lines = recording
        .events
        .iter()
        .filter_map(|event| event.payload())
        .map(|line| String::from_utf8_lossy(line.bytes()).into_owned());
    let argv = recording.header.argv.iter().flatten().cloned();
    let env = recording.header.env.values().cloned();
    lines.chain(argv).chain(env).flat_map(|text| folders(&text)).collect()
}

fn folders(text: &str) -> Vec<String> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let mut found = Vec::new();
    for (at, _) in text.match_indices('/') {
        let before = &text[..at];
        let escape = before.len() > 1 && before.as_bytes()[before.len() - 2] == b'\\';
        if before
            .chars()
            .next_back()
            .is_some_and(|c| is_name(c) || matches!(c, '/' | '~' | '}' | ':' | '>'))
            && !escape
        {
            continue;
        }
        let mut names = text[at + 1..].split('/');
        let (Some(top), Some(next)) = (names.next(), names.next()) else { continue };
        let next = &next[..next.find(|c| !is_name(c)).unwrap_or(next.len())];
        if TOPS.contains(&top) && !next.is_empty() && (top, next) != ("home", "user") {
            found.push(format!("/{top}/{next}"));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folders_of_people_are_found_and_no_others() {
        let text = r#"{"a":"/srv/me/x","b":"see\n/root/y.txt","c":"/home/user/project /usr/bin ${cwd}/opt/z https://a.example/data/1 /work"}"#;
        assert_eq!(folders(text), ["/srv/me", "/root/y.txt"]);
    }
}
