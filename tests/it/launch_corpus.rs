//! Every recording of the corpus, played to a host that was changed in one place, is refused there.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use claude_wire::Replay;
use claude_wire::recording::{EventKind, Recording};
use serde_json::{Value, json};

use crate::launch_support::played;
use crate::support::project::{files, versions};

/// A recording, and what its host did.
struct Case {
    name: String,
    replay: Replay,
    argv: Vec<String>,
    lines: Vec<String>,
}

fn corpus() -> Vec<Case> {
    let paths = versions().into_iter().flat_map(|folder| files(&folder));
    let cases = paths.filter_map(|path| {
        let recording = Recording::open(&path).unwrap();
        // With the folders of this machine, as a host here has them.
        let here = std::env::current_dir().unwrap().to_str().unwrap().to_owned();
        let home = std::env::var("HOME").unwrap_or_default();
        let folders = [("cwd", here), ("home", home)];
        let folders = folders.into_iter().filter(|(_, folder)| !folder.is_empty());
        let folders = folders.map(|(name, folder)| (name.to_owned(), folder)).collect();
        let expanded = recording.expand(&folders).unwrap();
        let lines = expanded.events.iter().filter_map(|event| match &event.kind {
            EventKind::In(line) => String::from_utf8(line.bytes().to_vec()).ok(),
            _ => None,
        });
        Some(Case {
            name: path.display().to_string(),
            argv: expanded.header.argv.clone()?,
            lines: lines.collect(),
            replay: Replay::new(recording).unverified(),
        })
    });
    cases.collect()
}

/// A launch that differs in one place: what to add, and where it is reported.
const ADDED: [(&[&str], &str); 14] = [
    (&["--model", "another"], "--model"),
    (&["--fallback-model", "another"], "--fallback-model"),
    (&["--allowed-tools", "Another"], "--allowed-tools"),
    (&["--tools", "Another"], "--tools"),
    (&["--max-turns", "77"], "--max-turns"),
    (&["--max-budget-usd", "77"], "--max-budget-usd"),
    (&["--permission-mode", "dontAsk"], "--permission-mode"),
    (&["--effort", "high"], "--effort"),
    (&["--resume=another"], "--resume"),
    (&["--add-dir", "/another"], "--add-dir"),
    (&["--setting-sources", "local"], "--setting-sources"),
    (&["--permission-prompt-tool", "another"], "--permission-prompt-tool"),
    (&["--no-such-flag-either"], "unknown flags"),
    (&["--", "another prompt"], "prompt[0]"),
];

#[tokio::test(start_paused = true)]
async fn a_launch_with_another_flag_is_refused() {
    for Case { name, replay, argv, .. } in corpus() {
        for (added, place) in ADDED {
            let live: Vec<&str> =
                argv.iter().map(String::as_str).chain(added.iter().copied()).collect();
            let played = played(&replay, &live, &[]).await;
            assert_eq!(played.code, Some(70), "{name}: {added:?}");
            let differs = played.differs();
            assert!(
                differs.iter().any(|found| found.starts_with(place)),
                "{name}: {added:?}: {differs:?}"
            );
        }
        let played = played(&replay, &["doctor"], &[]).await;
        assert!(played.differs()[0].starts_with("subcommand"), "{name}: {}", played.report);
    }
}

#[tokio::test(start_paused = true)]
async fn a_launch_without_a_recorded_flag_is_refused() {
    // What has its own effect in a recording, and is compared.
    let mut seen = Vec::new();
    for Case { name, replay, argv, lines } in corpus() {
        for (at, arg) in argv.iter().enumerate() {
            let (flag, attached) =
                arg.split_once('=').map_or((&**arg, false), |(flag, _)| (flag, true));
            let compared = [
                "--allowed-tools",
                "--allowedTools",
                "--fork-session",
                "--json-schema",
                "--max-budget-usd",
                "--max-turns",
                "--model",
                "--permission-mode",
                "--permission-prompt-tool",
                "--resume",
                "--setting-sources",
                "--strict-mcp-config",
                "--system-prompt",
                "--tools",
                "--no-session-persistence",
                "--no-such-flag",
            ];
            if !compared.contains(&flag) {
                continue;
            }
            let has_value =
                !attached && argv.get(at + 1).is_some_and(|next| !next.starts_with("--"));
            let mut live = argv.clone();
            live.drain(at..at + 1 + usize::from(has_value));
            let played = played(&replay, &live, &lines).await;
            assert_eq!(played.code, Some(70), "{name} without {arg}: {}", played.report);
            seen.push(flag.to_owned());
        }
    }
    for flag in
        ["--model", "--resume", "--json-schema", "--system-prompt", "--tools", "--max-turns"]
    {
        assert!(seen.iter().any(|seen| seen == flag), "{flag} is in no recording: {seen:?}");
    }
}

/// A change of a line that a host writes, if there is one that must be refused: the line, and where
/// the difference is.
fn changes(line: &str) -> Vec<(String, String)> {
    let Ok(line) = serde_json::from_str::<Value>(line) else { return Vec::new() };
    let changed = |pointer: &str, key: &str, value: Value, place: &str| {
        let mut changed = line.clone();
        changed.pointer_mut(pointer).unwrap()[key] = value;
        (changed.to_string(), place.to_owned())
    };
    let text = |pointer: &str| line.pointer(pointer).and_then(Value::as_str);
    match (text("/type"), text("/request/subtype"), text("/response/subtype")) {
        (Some("user"), ..) => {
            vec![changed("/message", "content", json!("another prompt"), "prompt.message.content")]
        }
        (_, Some("initialize"), _) => [
            ("systemPrompt", json!(["another"]), "--system-prompt"),
            ("appendSystemPrompt", json!("another"), "--append-system-prompt"),
            ("agents", json!({"another": {"description": "d", "prompt": "p"}}), "--agents"),
            ("jsonSchema", json!({"type": "null"}), "--json-schema"),
            ("sdkMcpServers", json!(["another"]), "--mcp-config"),
            (
                "hooks",
                json!({"Notification": [{"hookCallbackIds": ["a", "b", "c"]}]}),
                "initialize /hooks",
            ),
        ]
        .into_iter()
        .map(|(field, value, place)| changed("/request", field, value, place))
        .collect(),
        (_, Some(_), _) => vec![changed("/request", "another", json!(true), "request.another")],
        (_, _, Some("success")) => {
            if line.pointer("/response/response/behavior").is_some() {
                vec![changed(
                    "/response/response",
                    "behavior",
                    json!("another"),
                    "response.response.behavior",
                )]
            } else if line.pointer("/response/response/mcp_response/result/content").is_some() {
                vec![changed(
                    "/response/response/mcp_response/result",
                    "content",
                    json!([]),
                    "response.response.content",
                )]
            } else if line.pointer("/response/response/mcp_response").is_none() {
                vec![changed(
                    "/response",
                    "response",
                    json!({"systemMessage": "another"}),
                    "response.response.systemMessage",
                )]
            } else {
                Vec::new()
            }
        }
        _ => Vec::new(),
    }
}

#[tokio::test(start_paused = true)]
async fn a_host_that_writes_something_else_in_one_place_is_refused() {
    let mut seen = std::collections::BTreeMap::new();
    for Case { name, replay, argv, lines } in corpus() {
        let unchanged = played(&replay, &argv, &lines).await;
        for (at, line) in lines.iter().enumerate() {
            for (changed, place) in changes(line) {
                let mut live = lines.clone();
                live[at] = changed;
                let played = played(&replay, &argv, &live).await;
                let differs = played.differs();
                if differs.iter().any(|found| found.starts_with(&place)) {
                    assert_eq!(played.code, Some(70), "{name}");
                    *seen.entry(place).or_insert(0) += 1;
                    continue;
                }
                // The CLI ignores the line, or was gone before, or this host is too simple for the
                // recording.
                let is_refused = played.code == Some(70) || unchanged.code == Some(70);
                let is_ignored = unchanged.code == played.code && unchanged.out == played.out;
                assert!(is_refused || is_ignored, "{name}, line {at}: {place}\n{}", played.report);
                *seen.entry(format!("{place}, elsewhere")).or_insert(0) += 1;
            }
        }
    }
    for place in [
        "prompt.message.content",
        "--system-prompt",
        "--agents",
        "--json-schema",
        "--mcp-config",
        "initialize /hooks",
    ] {
        let (here, elsewhere) = (seen.get(place), seen.get(&format!("{place}, elsewhere")));
        let (here, elsewhere) = (here.copied().unwrap_or(0), elsewhere.copied().unwrap_or(0));
        assert!(here >= 80 && here > 4 * elsewhere, "{place}: {here}, {elsewhere}: {seen:?}");
    }
    for place in [
        "request.another",
        "response.response.behavior",
        "response.response.content",
        "response.response.systemMessage",
    ] {
        assert!(seen.contains_key(place), "{place} was changed nowhere: {seen:?}");
    }
}
