//! Every recording of the corpus, played to a host that was changed in one place, is refused there.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use claude_wire::Replay;
use claude_wire::recording::{EventKind, Recording};
use serde_json::{Value, json};

use crate::launch_support::{Played, played};
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
    (&["--resume=another", "--fork-session"], "--resume"),
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

/// The flags that the page of the stand-in lists as not compared.
fn not_compared() -> Vec<String> {
    let page = std::fs::read_to_string(crate::support::project::project().join("docs/stand-in.md"));
    let flags = page.unwrap();
    let flags = flags.lines().filter_map(|line| line.strip_prefix("| `--")?.split_once("` | "));
    flags.map(|(flag, _)| format!("--{flag}")).collect()
}

/// Whether the report says that this flag differs, under its main name.
fn differs_at(played: &Played, flag: &str) -> bool {
    let name = match flag {
        "--allowedTools" => "--allowed-tools",
        "--disallowedTools" => "--disallowed-tools",
        "--no-such-flag" => "unknown flags",
        name => name,
    };
    let differs = played.differs();
    // A value that the CLI refuses makes its arguments be compared word by word.
    differs.iter().any(|found| found.starts_with(name) || found.starts_with("arguments["))
}

/// Each flag of each recording, left out and with another value.
#[tokio::test(start_paused = true)]
async fn a_launch_without_a_recorded_flag_or_with_another_value_is_refused() {
    let not_compared = not_compared();
    assert!(not_compared.len() > 10, "{not_compared:?}");
    let (mut left_out, mut changed) = (Vec::new(), Vec::new());
    for Case { name, replay, argv, lines } in corpus() {
        for (at, arg) in argv.iter().enumerate().filter(|(_, arg)| arg.starts_with("--")) {
            let (flag, attached) =
                arg.split_once('=').map_or((&**arg, None), |(flag, value)| (flag, Some(value)));
            if not_compared.iter().any(|known| known == flag) || flag == "--" {
                continue;
            }
            let next = argv.get(at + 1).filter(|next| !next.starts_with('-'));
            let value = attached.or(next.map(String::as_str));
            let width = 1 + usize::from(attached.is_none() && next.is_some());
            let live = |new: &[String]| {
                let mut live = argv.clone();
                live.splice(at..at + width, new.iter().cloned());
                live
            };
            let without = played(&replay, &live(&[]), &lines).await;
            assert_eq!(without.code, Some(70), "{name} without {arg}: {}", without.report);
            assert!(differs_at(&without, flag), "{name} without {arg}: {}", without.report);
            left_out.push(flag.to_owned());
            // The content of a file is not known, and any file in a temporary folder is equal.
            let is_plain = |value: &&str| !value.starts_with(['{', '/', '$', '<']);
            if let Some(value) = value.filter(is_plain) {
                let other = match value.parse::<f64>() {
                    Ok(number) => (number + 1.0).to_string(),
                    Err(_) => format!("another{value}"),
                };
                let new = [flag.to_owned(), other];
                let played = played(&replay, &live(&new), &lines).await;
                assert_eq!(played.code, Some(70), "{name} with {new:?}: {}", played.report);
                assert!(differs_at(&played, flag), "{name} with {new:?}: {}", played.report);
                changed.push(flag.to_owned());
            }
        }
    }
    for flag in [
        "--model",
        "--resume",
        "--json-schema",
        "--system-prompt",
        "--tools",
        "--max-turns",
        "--output-format",
    ] {
        assert!(left_out.iter().any(|seen| seen == flag), "{flag} is in no recording");
    }
    for flag in ["--model", "--resume", "--max-turns", "--output-format", "--permission-mode"] {
        assert!(changed.iter().any(|seen| seen == flag), "{flag} was not changed: {changed:?}");
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

fn subtype_of(line: &Value) -> &str {
    line.pointer("/request/subtype").and_then(Value::as_str).unwrap_or_default()
}

/// The values in a line that are not containers, each with its path.
fn leaves(value: &Value, path: &mut Vec<String>, found: &mut Vec<(Vec<String>, Value)>) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                path.push(name.clone());
                leaves(field, path, found);
                path.pop();
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                path.push(index.to_string());
                leaves(item, path, found);
                path.pop();
            }
        }
        _ => found.push((path.clone(), value.clone())),
    }
}

/// Another value of the same type; `None` for a text that was redacted, which matches any.
fn another(value: &Value) -> Option<Value> {
    Some(match value {
        Value::String(text) if text.contains('<') || text.contains("REDACTED") => return None,
        Value::String(text) => format!("another {text}").into(),
        Value::Number(_) => 987_654.into(),
        Value::Bool(on) => (!on).into(),
        _ => "another".into(),
    })
}

/// Whether a host that has another value there does something else, as docs/stand-in.md and
/// `player/compare.rs` say it.
fn is_compared(line: &Value, path: &[&str]) -> bool {
    let text = |pointer: &str| line.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    match (text("/type"), path) {
        (_, ["type"]) => true,
        ("user", [name, ..]) => {
            ["message", "parent_tool_use_id", "priority", "isSynthetic", "shouldQuery"]
                .contains(name)
        }
        ("control_request", ["request", "subtype"]) => true,
        ("control_request", ["request", name, rest @ ..])
            if text("/request/subtype") == "initialize" =>
        {
            match (*name, rest) {
                ("hooks", rest) => !rest.contains(&"hookCallbackIds"),
                // Of a server only its name, which is a key here; of its tools what the model sees.
                ("mcpServers", _) => false,
                ("sdkMcpServerManifests", [_, "toolsListResult", "tools", _, field, rest @ ..]) => {
                    ["name", "description", "inputSchema"].contains(field)
                        && rest.first() != Some(&"$schema")
                }
                ("sdkMcpServerManifests", _) => false,
                ("plugins", [_, field]) => *field == "path",
                _ => true,
            }
        }
        ("control_request", ["request", "expires_at"])
        | ("control_request", ["request", "message", "id"]) => false,
        ("control_request", ["request", ..]) => true,
        ("control_response", ["response", "request_id" | "subtype"]) => true,
        ("control_response", ["response", "response", "mcp_response", "result", field, ..]) => {
            ["content", "isError", "structuredContent"].contains(field)
        }
        ("control_response", ["response", "response", "mcp_response", ..])
        | ("control_response", ["response", "response", "toolUseID"])
        | ("control_response", ["response", "error"]) => false,
        ("control_response", ["response", "response", ..]) => true,
        ("control_cancel_request", [name]) => *name == "request_id",
        _ => false,
    }
}

/// Where a report says that such a value differs; `None` for what decides which recorded line it is
/// compared with.
fn place(line: &Value, path: &[&str]) -> Option<String> {
    let text = |pointer: &str| line.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    Some(match path {
        ["type"] | ["request", "subtype"] | ["request_id"] | ["response", "request_id"] => {
            return None;
        }
        ["message", field, ..] => format!("prompt.message.{field}"),
        ["request", field, rest @ ..] if text("/request/subtype") == "initialize" => {
            match (*field, rest) {
                ("systemPrompt", _) => "--system-prompt".to_owned(),
                ("appendSystemPrompt", _) => "--append-system-prompt".to_owned(),
                ("agents" | "skills" | "plugins", _) => format!("--{field}"),
                ("jsonSchema", _) => "--json-schema".to_owned(),
                ("settings", _) => "--settings".to_owned(),
                ("managedSettings", _) => "--managed-settings".to_owned(),
                ("sdkMcpServers", _) => "--mcp-config".to_owned(),
                ("sdkMcpServerManifests", [server, ..]) => format!("tools of {server}"),
                ("hooks", _) => "initialize /hooks".to_owned(),
                _ => format!("request.{field}"),
            }
        }
        ["request", field, ..] => format!("request.{field}"),
        ["response", "subtype"] => "response.subtype".to_owned(),
        ["response", "response", "mcp_response", "result", field, ..] => {
            format!("response.response.{field}")
        }
        ["response", "response", field, ..] => format!("response.response.{field}"),
        [field, ..] => format!("prompt.{field}"),
        [] => return None,
    })
}

/// Each value of each line that the host of each recording wrote, changed once: what is compared is
/// refused, and what is not is in the list above.
#[tokio::test(start_paused = true)]
async fn each_value_that_is_compared_is_refused_when_it_is_changed() {
    let (mut counts, mut played_whole, mut skipped) = (std::collections::BTreeMap::new(), 0, 0);
    let mut wrong = Vec::new();
    for Case { name, replay, argv, lines } in corpus() {
        // This host is too simple for recordings with signals and races.
        if played(&replay, &argv, &lines).await.code == Some(70) || name.contains("large-") {
            skipped += 1;
            continue;
        }
        played_whole += 1;
        let mut seen = std::collections::BTreeSet::new();
        for (at, text) in lines.iter().enumerate() {
            let Ok(line) = serde_json::from_str::<Value>(text) else { continue };
            let mut all = Vec::new();
            leaves(&line, &mut Vec::new(), &mut all);
            // A line that the CLI needs: without it the replay differs.
            let mut without = lines.clone();
            without.remove(at);
            if played(&replay, &argv, &without).await.code != Some(70) {
                continue;
            }
            for (path, value) in all {
                let parts: Vec<&str> = path.iter().map(String::as_str).collect();
                let subtype = line.pointer("/request/subtype").map(Value::to_string);
                if !is_compared(&line, &parts) || !seen.insert((subtype, path.clone())) {
                    continue;
                }
                let Some(other) = another(&value) else { continue };
                let mut changed = line.clone();
                *changed.pointer_mut(&format!("/{}", path.join("/"))).unwrap() = other;
                let mut live = lines.clone();
                live[at] = changed.to_string();
                let kind = match line["type"].as_str() {
                    Some("control_request") => subtype_of(&line),
                    kind => kind.unwrap_or_default(),
                };
                *counts.entry(kind.to_owned()).or_insert(0) += 1;
                let found = played(&replay, &argv, &live).await;
                let is_there = match place(&line, &parts) {
                    Some(place) => found.differs().iter().any(|found| found.starts_with(&place)),
                    None => found.report.contains("\n  arrived: "),
                };
                if found.code != Some(70) || !is_there {
                    let path = path.join("/");
                    wrong.push(format!("{name}, line {at}: {path}: {:?}", found.differs()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} were not refused there:\n{}", wrong.len(), wrong.join("\n"));
    assert!(played_whole > 2 * skipped, "{played_whole} played, {skipped} skipped");
    for (kind, least) in [("user", 300), ("initialize", 80), ("control_response", 60)] {
        let count = counts.get(kind).copied().unwrap_or(0);
        assert!(count >= least, "{kind}: {count} values were changed: {counts:?}");
    }
    let others = counts.keys().filter(|kind| !["user", "initialize"].contains(&kind.as_str()));
    assert!(others.count() > 5, "{counts:?}");
}
