//! Past sessions are renamed, tagged, archived, deleted and forked on disk.

use std::collections::BTreeSet;
use std::fs;

use claude_wire::history::{ForkSessionOptions, History, Page, Transcript, tag_entry, title_entry};
use serde_json::{Value, json};

use crate::history_support::{Config, id, prompt, reply, text, user, with};

fn lines(bytes: &[u8]) -> Vec<Value> {
    let text = std::str::from_utf8(bytes).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn the_last_title_and_the_last_tag_count() {
    let config = Config::new();
    let path = config.write(&config.directory("w"), 1, &[prompt("p")]);
    let before = fs::read(&path).unwrap();
    let history = config.history();
    history.rename_session(&id(1), "  first ").unwrap();
    history.tag_session(&id(1), Some("\u{200b} draft ")).unwrap();
    history.rename_session(&id(1), "caf\u{e9} \"two\"").unwrap();
    let info = config.list().remove(0);
    assert_eq!(info.custom_title.as_deref(), Some("caf\u{e9} \"two\""));
    assert_eq!(info.tag.as_deref(), Some("draft"));
    history.tag_session(&id(1), None).unwrap();
    assert_eq!(config.list()[0].tag, None);

    let after = fs::read(&path).unwrap();
    assert!(after.starts_with(&before));
    assert_eq!(
        std::str::from_utf8(&after[before.len()..]).unwrap(),
        format!(
            "{{\"type\":\"custom-title\",\"customTitle\":\"first\",\"sessionId\":\"{0}\"}}\n\
             {{\"type\":\"tag\",\"tag\":\"draft\",\"sessionId\":\"{0}\"}}\n\
             {{\"type\":\"custom-title\",\"customTitle\":\"caf\u{e9} \\\"two\\\"\",\"sessionId\":\"{0}\"}}\n\
             {{\"type\":\"tag\",\"tag\":\"\",\"sessionId\":\"{0}\"}}\n",
            id(1)
        )
    );
}

#[test]
fn a_title_after_a_line_that_was_cut_off_can_be_read() {
    let config = Config::new();
    let bytes = format!("{}\n{{\"type\":\"user\",\"uu", prompt("p"));
    config.write_bytes(&config.directory("w"), 1, bytes.as_bytes());
    config.history().rename_session(&id(1), "mine").unwrap();
    assert_eq!(config.list()[0].summary, "mine");
    let found = config.history().get_session_messages(&id(1), Page::all()).unwrap();
    assert_eq!((found.messages.len(), found.skipped.len()), (1, 1));
}

type Change = fn(&History, &str) -> claude_wire::history::Result<()>;

const CHANGES: [(&str, Change); 6] = [
    ("rename", |history, id| history.rename_session(id, "t")),
    ("tag", |history, id| history.tag_session(id, Some("t"))),
    ("archive", History::archive_session),
    ("unarchive", History::unarchive_session),
    ("delete", History::delete_session),
    ("fork", |history, id| history.fork_session(id, &ForkSessionOptions::default()).map(drop)),
];

#[test]
fn a_session_that_does_not_exist_is_not_changed() {
    let config = Config::new();
    let directory = config.directory("w");
    // An empty file does not count as a session.
    config.write_bytes(&directory, 2, b"");
    for (name, change) in CHANGES {
        for n in [1, 2] {
            let error = change(&config.history(), &id(n)).unwrap_err();
            assert!(error.is_not_found(), "{name}: {error}");
        }
        for bad in ["", "..", "a/b", "0a1b2c3d"] {
            let error = change(&config.history(), bad).unwrap_err();
            assert!(error.is_invalid_id(), "{name} {bad}: {error}");
        }
    }
    let left: Vec<_> = fs::read_dir(config.project(&directory)).unwrap().collect();
    assert_eq!(left.len(), 1);
}

#[test]
fn an_empty_title_or_tag_is_an_error() {
    let config = Config::new();
    let path = config.write(&config.directory("w"), 1, &[prompt("p")]);
    let before = fs::read(&path).unwrap();
    for empty in ["", "  \n"] {
        assert!(config.history().rename_session(&id(1), empty).unwrap_err().is_invalid_value());
        assert!(title_entry(&id(1), empty).unwrap_err().is_invalid_value());
    }
    for empty in ["", " ", "\u{200b}\u{2066}", "\u{e000}"] {
        let error = config.history().tag_session(&id(1), Some(empty)).unwrap_err();
        assert!(error.is_invalid_value(), "{empty:?}");
        assert_eq!(error.to_string(), tag_entry(&id(1), Some(empty)).unwrap_err().to_string());
    }
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn a_session_is_archived_until_a_person_goes_on_with_it() {
    let config = Config::new();
    let directory = config.directory("w");
    let path = config.write(&directory, 1, &[prompt("p")]);
    let history = config.history();
    history.archive_session(&id(1)).unwrap();
    assert!(config.list()[0].archived);
    assert!(history.get_session_info(&id(1)).unwrap().unwrap().archived);
    let mark: Value =
        serde_json::from_slice(&fs::read(path.with_extension("").join("archived.json")).unwrap())
            .unwrap();
    assert_eq!((&mark["archived"], &mark["by"]), (&json!(true), &json!("sdk")));
    history.unarchive_session(&id(1)).unwrap();
    assert!(!config.list()[0].archived);
    // Nothing else is left in the folder.
    assert_eq!(fs::read_dir(path.with_extension("")).unwrap().count(), 1);

    history.archive_session(&id(1)).unwrap();
    let later = |value: Value| with(value, &[("timestamp", json!("2999-01-01T00:00:00Z"))]);
    let result = json!([{"type": "tool_result", "tool_use_id": "t", "content": "x"}]);
    let queued = |kind: &str| json!({"type": "attachment", "attachment": {"type": "queued_command", "prompt": "more", "origin": {"kind": kind}}});
    for (line, archived) in [
        (reply(2, 1, "m", text("a")), true),
        (user(2, Some(1), result), true),
        (with(user(2, Some(1), json!("x")), &[("isMeta", json!(true))]), true),
        (
            with(user(2, Some(1), json!("x")), &[("origin", json!({"kind": "task-notification"}))]),
            true,
        ),
        (with(user(2, Some(1), json!("x")), &[("origin", json!({"kind": "human"}))]), false),
        (user(2, Some(1), json!("more")), false),
        (queued("human"), false),
        (queued("peer"), true),
    ] {
        config.write(&directory, 1, &[prompt("p"), later(line.clone())]);
        assert_eq!(config.list()[0].archived, archived, "{line}");
    }
    for broken in ["", "{}", r#"{"archived":true}"#, r#"{"archived":true,"at":"soon"}"#] {
        config.write(&directory, 1, &[prompt("p")]);
        fs::write(path.with_extension("").join("archived.json"), broken).unwrap();
        assert!(!config.list()[0].archived, "{broken}");
    }
}

#[test]
fn a_deleted_session_is_gone_from_every_folder() {
    let config = Config::new();
    let (one, other) = (config.directory("one"), config.directory("other"));
    let first = config.write(&one, 1, &[prompt("p")]);
    let second = config.write(&other, 1, &[prompt("p")]);
    config.write(&one, 2, &[prompt("stays")]);
    let agents = first.with_extension("").join("subagents");
    fs::create_dir_all(&agents).unwrap();
    fs::write(agents.join("agent-a.jsonl"), "x").unwrap();
    // One directory only.
    config.history().directory(&other).delete_session(&id(1)).unwrap();
    assert!(first.exists() && !second.exists());
    config.history().delete_session(&id(1)).unwrap();
    assert!(!first.exists() && !first.with_extension("").exists());
    assert_eq!(config.list().iter().map(|info| &*info.summary).collect::<Vec<_>>(), ["stays"]);
}

#[test]
fn sub_agents_are_found_at_any_depth() {
    let config = Config::new();
    let path = config.write(&config.directory("w"), 1, &[prompt("p")]);
    let history = config.history();
    assert_eq!(history.list_subagents(&id(1)).unwrap(), [""; 0]);
    let agents = path.with_extension("").join("subagents");
    let deep = agents.join("workflows/run-1");
    fs::create_dir_all(&deep).unwrap();
    let side = [("isSidechain", json!(true)), ("agentId", json!("b.2"))];
    let conversation =
        [with(user(1, None, json!("look")), &side), with(reply(2, 1, "m", text("seen")), &side)];
    let write = |path: &std::path::Path| {
        let text: String = conversation.iter().map(|line| format!("{line}\n")).collect();
        fs::write(path, text).unwrap();
    };
    write(&agents.join("agent-b.2.jsonl"));
    write(&deep.join("agent-a.jsonl"));
    for other in ["agent-c.meta.json", "notes.jsonl", "agent-d.txt"] {
        fs::write(agents.join(other), "{}").unwrap();
    }
    assert_eq!(history.list_subagents(&id(1)).unwrap(), ["b.2", "a"]);

    let read = |agent| history.get_subagent_messages(&id(1), agent, Page::all()).unwrap().messages;
    for (meta, tool_use, parent) in [
        (None, None, None),
        (
            Some(r#"{"toolUseId":"toolu_1","parentAgentId":"x","agentType":"y"}"#),
            Some("toolu_1"),
            Some("x"),
        ),
        (Some(r#"{"toolUseId":"","parentAgentId":5}"#), None, None),
        (Some("torn {"), None, None),
    ] {
        if let Some(meta) = meta {
            fs::write(agents.join("agent-b.2.meta.json"), meta).unwrap();
        }
        let messages = read("b.2");
        assert_eq!(messages.iter().map(|m| m.text()).collect::<Vec<_>>(), ["look", "seen"]);
        for message in messages {
            assert_eq!(message.parent_tool_use_id.as_deref(), tool_use, "{meta:?}");
            assert_eq!(message.parent_agent_id.as_deref(), parent, "{meta:?}");
        }
    }
    assert_eq!(read("a").len(), 2);
    let error = history.get_subagent_messages(&id(1), "../x", Page::all()).unwrap_err();
    assert!(error.is_not_found() && error.to_string().contains("list_subagents"), "{error}");

    // As a store keeps them: the metadata is one of the lines, and the last counts.
    let stored = [
        json!({"type": "agent_metadata", "toolUseId": "old"}),
        conversation[0].clone(),
        json!({"type": "agent_metadata", "toolUseId": "new"}),
    ];
    let messages =
        Transcript::from_lines(stored.map(|line| line.to_string())).agent_messages(Page::all());
    assert_eq!(messages.len(), 1);
    assert_eq!(messages[0].parent_tool_use_id.as_deref(), Some("new"));
}

/// A conversation with all that a fork has to care for.
fn conversation() -> Vec<Value> {
    let progress =
        json!({"type": "progress", "uuid": id(2), "parentUuid": id(1), "timestamp": "x"});
    vec![
        json!({"type": "custom-title", "customTitle": "mine", "sessionId": id(0)}),
        with(
            user(1, None, json!("q")),
            &[("slug", json!("a-b")), ("kept", json!({"deep": [1.50]}))],
        ),
        progress,
        with(reply(3, 2, "m1", text("a")), &[("teamName", json!("t")), ("agentName", json!("n"))]),
        with(user(4, Some(1), json!("side")), &[("isSidechain", json!(true))]),
        json!({"type": "system", "subtype": "compact_boundary", "uuid": id(5), "parentUuid": null, "logicalParentUuid": id(3), "timestamp": "2026-11-21T01:20:05Z"}),
        json!({"type": "content-replacement", "sessionId": id(9), "replacements": [{"a": 1}]}),
        json!({"type": "content-replacement", "sessionId": id(1), "replacements": [{"a": 2}]}),
        with(
            user(6, Some(5), json!("next")),
            &[("isMeta", json!(true)), ("sourceToolAssistantUUID", json!(id(3)))],
        ),
        reply(7, 6, "m2", text("b")),
    ]
}

#[test]
fn a_fork_has_the_conversation_under_new_ids() {
    let config = Config::new();
    let path = config.write(&config.directory("w"), 1, &conversation());
    let before = fs::read(&path).unwrap();
    let history = config.history();
    let fork = history.fork_session(&id(1), &ForkSessionOptions::default()).unwrap();
    assert_eq!(fs::read(&path).unwrap(), before);
    let fork_path = history.transcript_path(&fork).unwrap();
    assert_eq!(fork_path.parent(), path.parent());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(&fork_path).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let lines = lines(&fs::read(&fork_path).unwrap());
    let kinds: Vec<_> = lines.iter().map(|line| line["type"].as_str().unwrap()).collect();
    assert_eq!(
        kinds,
        ["user", "assistant", "system", "user", "assistant", "content-replacement", "custom-title"]
    );
    let [q, a, boundary, next, b, replaced, title] = &lines[..] else { unreachable!() };
    let uuids: BTreeSet<_> = lines.iter().map(|line| line["uuid"].as_str().unwrap()).collect();
    assert_eq!(uuids.len(), 7);
    assert!(lines.iter().all(|line| line["sessionId"] == json!(fork)));
    for (line, from) in [(q, 1), (a, 3), (boundary, 5), (next, 6), (b, 7)] {
        assert_eq!(line["forkedFrom"], json!({"sessionId": id(1), "messageUuid": id(from)}));
        assert_ne!(line["uuid"], json!(id(from)));
        assert_eq!(line["isSidechain"], json!(false));
        for left in ["teamName", "agentName", "slug", "sourceToolAssistantUUID"] {
            assert!(line.get(left).is_none(), "{left}");
        }
    }
    assert_eq!(q["parentUuid"], Value::Null);
    // Not by the entry that only reports progress.
    assert_eq!(a["parentUuid"], q["uuid"]);
    assert_eq!(boundary["logicalParentUuid"], a["uuid"]);
    assert_eq!((&boundary["parentUuid"], &q["logicalParentUuid"]), (&Value::Null, &Value::Null));
    assert_eq!((&next["parentUuid"], &b["parentUuid"]), (&boundary["uuid"], &next["uuid"]));
    assert_eq!(next["isMeta"], json!(true));
    assert_eq!(q["timestamp"], json!("2026-11-21T01:20:01.000Z"));
    assert!(b["timestamp"].as_str().unwrap() > "2026-11-21T01:20:07.000Z", "{}", b["timestamp"]);
    assert_eq!(replaced["replacements"], json!([{"a": 2}]));
    assert_eq!(title["customTitle"], json!("mine (fork)"));
    // What is not changed keeps its bytes and its place.
    let text = fs::read_to_string(&fork_path).unwrap();
    assert!(text.contains(r#""kept":{"deep":[1.5]}"#), "{text}");
    assert!(text.starts_with(&format!(r#"{{"parentUuid":null,"isSidechain":false,"type":"user","message":{{"role":"user","content":"q"}},"uuid":{}"#, q["uuid"])), "{text}");

    let messages = history.get_session_messages(&fork, Page::all()).unwrap();
    assert_eq!(messages.into_iter().map(|m| m.text()).collect::<Vec<_>>(), ["b"]);
}

/// As in the official TypeScript SDK; the one for Python does not know the file.
#[test]
fn a_fork_has_the_title_that_the_list_shows() {
    let title = |title: &str| json!({"type": "custom-title", "customTitle": title});
    let made = |title: &str| json!({"type": "ai-title", "aiTitle": title});
    let far = json!({"type": "api-request", "blob": "x".repeat(140_000)});
    let near = json!({"type": "mode"});
    let file = Some(r#"{"customTitle":" file "}"#);
    for (at_start, between, at_end, file, expected) in [
        (title("start"), &far, &near, file, "file"),
        (title("start"), &far, &near, None, "start"),
        (title("start"), &far, &near, Some(r#"{"customTitle":" "}"#), "start"),
        (title("start"), &far, &near, Some("not JSON"), "start"),
        (title("start"), &near, &near, file, "start"),
        (title("start"), &far, &title("end"), file, "end"),
        (made("start"), &far, &made("end"), file, "file"),
        (made("start"), &far, &made("end"), None, "end"),
        (made("start"), &far, &near, None, "start"),
        (near.clone(), &near, &near, file, "file"),
        (near.clone(), &near, &near, None, "q"),
    ] {
        let config = Config::new();
        let question = user(1, None, json!("q"));
        let lines = [at_start, question, between.clone(), at_end.clone()];
        let path = config.write(&config.directory("w"), 1, &lines);
        if let Some(file) = file {
            let folder = path.with_extension("");
            fs::create_dir(&folder).unwrap();
            fs::write(folder.join("custom-title.json"), file).unwrap();
        }
        let history = config.history();
        let fork = history.fork_session(&id(1), &ForkSessionOptions::default()).unwrap();
        let shown = |id: &str| history.get_session_info(id).unwrap().unwrap();
        assert_eq!(shown(&id(1)).summary, expected, "{} {file:?}", lines[0]);
        let title = shown(&fork).custom_title;
        assert_eq!(title, Some(format!("{expected} (fork)")), "{} {file:?}", lines[0]);
    }
}

#[test]
fn a_fork_ends_where_it_is_asked_to() {
    let config = Config::new();
    config.write(&config.directory("w"), 1, &conversation());
    let history = config.history();
    let up_to = |n| ForkSessionOptions::default().up_to_message_id(id(n)).title(" other ");
    let fork = history.fork_session(&id(1), &up_to(3)).unwrap();
    let messages = history.get_session_messages(&fork, Page::all()).unwrap();
    assert_eq!(messages.into_iter().map(|m| m.text()).collect::<Vec<_>>(), ["q", "a"]);
    assert_eq!(history.get_session_info(&fork).unwrap().unwrap().summary, "other");
    // A message of a side chain is not part of the conversation.
    for missing in [4, 8] {
        let error = history.fork_session(&id(1), &up_to(missing)).unwrap_err();
        assert!(error.is_not_found() && error.to_string().contains(&id(missing)), "{error}");
    }
    let bad = ForkSessionOptions::default().up_to_message_id("m");
    assert!(history.fork_session(&id(1), &bad).unwrap_err().is_invalid_id());
}

#[test]
fn a_session_without_messages_cannot_be_forked() {
    let config = Config::new();
    let directory = config.directory("w");
    let progress = json!({"type": "progress", "uuid": id(2), "parentUuid": id(2)});
    for (n, lines) in [
        (1, vec![json!({"type": "mode"})]),
        (2, vec![with(prompt("x"), &[("isSidechain", json!(true))])]),
        (3, vec![progress]),
    ] {
        config.write(&directory, n, &lines);
        let error =
            config.history().fork_session(&id(n), &ForkSessionOptions::default()).unwrap_err();
        assert!(error.is_invalid_value(), "{n}: {error}");
    }
    assert_eq!(fs::read_dir(config.project(&directory)).unwrap().count(), 3);
}
