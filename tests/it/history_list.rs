//! Lists of past sessions show what the transcripts have, whatever else is in the folders.

use std::fs;

use claude_wire::history::{History, Page};
use serde_json::{Value, json};

use crate::history_support::{Config, START, age, id, prompt, user, with};

#[test]
fn sessions_are_listed_by_their_last_change() {
    let config = Config::new();
    let (one, other) = (config.directory("one"), config.directory("other.dir"));
    for (directory, n) in [(&one, 2), (&other, 3), (&one, 1)] {
        config.write(directory, n, &[prompt(&format!("prompt {n}"))]);
    }
    let list = config.list();
    let ids: Vec<_> = list.iter().map(|info| info.session_id.clone()).collect();
    assert_eq!(ids, [id(3), id(2), id(1)]);
    let first = &list[0];
    assert_eq!(first.summary, "prompt 3");
    assert_eq!(first.first_prompt.as_deref(), Some("prompt 3"));
    assert_eq!(first.last_modified, (START + 3) as i64 * 1000);
    assert_eq!(first.created_at, Some(1_795_224_001_000));
    assert_eq!(first.cwd.as_deref(), Some("/w"));
    assert!(first.file_size.is_some_and(|size| size > 100));
    assert_eq!((&first.custom_title, &first.tag, &first.git_branch), (&None, &None, &None));
    assert!(!first.archived);

    let of_one = config.history().directory(&one).list_sessions(Page::all()).unwrap();
    assert_eq!(of_one.sessions.len(), 2);
    let elsewhere = config.history().directory(config.directory("new"));
    assert!(elsewhere.list_sessions(Page::all()).unwrap().sessions.is_empty());
}

#[test]
fn a_page_is_a_part_of_the_whole_list() {
    let config = Config::new();
    let directory = config.directory("w");
    for n in 0..9 {
        // Some have nothing to show: they do not count.
        let line = if n % 3 == 1 { json!({"type": "mode"}) } else { prompt("x") };
        config.write(&directory, n, &[line]);
    }
    let all = config.list();
    assert_eq!(all.len(), 6);
    for (offset, limit) in [(0, 2), (1, 3), (4, 10), (6, 1), (7, 1), (0, 6), (3, 0)] {
        let page = Page { offset, limit: Some(limit) };
        let found = config.history().list_sessions(page).unwrap().sessions;
        let end = if limit == 0 { 6 } else { (offset + limit).min(6) };
        assert_eq!(found, all[offset.min(end)..end], "{page:?}");
    }
    let rest = Page { offset: 4, limit: None };
    assert_eq!(config.history().list_sessions(rest).unwrap().sessions, all[4..]);
    let far = Page { offset: usize::MAX, limit: Some(usize::MAX) };
    assert!(config.history().list_sessions(far).unwrap().sessions.is_empty());
}

/// The title of a transcript with these lines after the prompt.
fn title(lines: &[Value]) -> (String, Option<String>) {
    let config = Config::new();
    let all: Vec<_> = [prompt("the prompt")].iter().chain(lines).cloned().collect();
    config.write(&config.directory("w"), 1, &all);
    let info = config.list().remove(0);
    (info.summary, info.custom_title)
}

#[test]
fn the_best_title_is_shown() {
    let custom = |title| json!({"type": "custom-title", "customTitle": title});
    let ai = json!({"type": "ai-title", "aiTitle": "by the CLI"});
    let last = json!({"type": "last-prompt", "lastPrompt": "the last"});
    let summary = json!({"type": "summary", "summary": "a summary"});
    let padding = json!({"type": "api-request", "blob": "x".repeat(70_000)});
    for (lines, shown, custom_title) in [
        (vec![], "the prompt", None),
        (vec![summary.clone()], "a summary", None),
        (vec![last.clone(), summary.clone()], "the last", None),
        (vec![ai.clone(), last.clone()], "by the CLI", Some("by the CLI")),
        (vec![custom("mine"), ai.clone(), last.clone()], "mine", Some("mine")),
        (vec![custom("mine"), custom("newer")], "newer", Some("newer")),
        // A title that was removed.
        (vec![custom("")], "the prompt", None),
        // The first is only in the head, the other in the tail.
        (vec![custom("mine"), padding.clone(), ai.clone()], "mine", Some("mine")),
        (vec![ai.clone(), padding.clone()], "by the CLI", Some("by the CLI")),
        // Only the tail has the last prompt.
        (vec![last, padding.clone()], "the prompt", None),
        (
            vec![padding.clone(), padding, custom("caf\u{e9} \"\u{1f600}\"")],
            "caf\u{e9} \"\u{1f600}\"",
            Some("caf\u{e9} \"\u{1f600}\""),
        ),
    ] {
        assert_eq!(title(&lines), (shown.into(), custom_title.map(String::from)), "{lines:?}");
    }
}

#[test]
fn a_title_next_to_the_transcript_comes_before_one_far_up_in_it() {
    let config = Config::new();
    let padding = json!({"type": "api-request", "blob": "x".repeat(140_000)});
    let old = json!({"type": "custom-title", "customTitle": "old"});
    let path = config.write(&config.directory("w"), 1, &[prompt("p"), old, padding]);
    let folder = path.with_extension("");
    fs::create_dir(&folder).unwrap();
    for (content, shown) in [
        (r#"{"customTitle":" newer "}"#, "newer"),
        (r#"{"customTitle":" "}"#, "old"),
        ("not JSON", "old"),
        ("[]", "old"),
    ] {
        fs::write(folder.join("custom-title.json"), content).unwrap();
        assert_eq!(config.list()[0].summary, shown, "{content}");
    }
}

/// What is shown of a session with these lines.
fn first_prompt(lines: &[Value]) -> Option<String> {
    let config = Config::new();
    let mut lines = lines.to_vec();
    lines.push(json!({"type": "summary", "summary": "always something"}));
    config.write(&config.directory("w"), 1, &lines);
    config.list().remove(0).first_prompt
}

#[test]
fn the_first_prompt_is_what_a_person_typed() {
    let long = "wort \u{e4}".repeat(50);
    let cut: String = long.chars().take(200).collect();
    for (content, shown) in [
        (json!("  two\nlines "), "two lines"),
        (json!([{"type": "image"}, {"type": "text", "text": "of a block"}]), "of a block"),
        (json!([{"type": "text", "text": " "}, {"type": "text", "text": "second"}]), "second"),
        (json!(long), &format!("{}\u{2026}", cut.trim_end())),
        (
            json!("<ide_opened_file>a.rs</ide_opened_file> explain"),
            "<ide_opened_file>a.rs</ide_opened_file> explain",
        ),
    ] {
        assert_eq!(first_prompt(&[prompt("x")]).as_deref(), Some("x"));
        assert_eq!(
            first_prompt(&[user(1, None, content.clone())]).as_deref(),
            Some(shown),
            "{content}"
        );
    }
    for skipped in [
        json!("<local-command-stdout>out</local-command-stdout>"),
        json!("<session-start-hook>x"),
        json!("<tick>"),
        json!("<goal>x"),
        json!("[Request interrupted by user for tool use]"),
        json!("<ide_selection>a\nb</ide_selection>\n"),
        json!("\n "),
        json!([{"type": "tool_result", "tool_use_id": "t", "content": "x"}]),
        json!({"odd": 1}),
    ] {
        let lines = [user(1, None, skipped.clone()), prompt("typed")];
        assert_eq!(first_prompt(&lines).as_deref(), Some("typed"), "{skipped}");
    }
    for mark in ["isMeta", "isCompactSummary"] {
        let lines = [with(prompt("marked"), &[(mark, json!(true))]), prompt("typed")];
        assert_eq!(first_prompt(&lines).as_deref(), Some("typed"), "{mark}");
    }
    let command = prompt("<command-name>/review</command-name> all");
    assert_eq!(first_prompt(std::slice::from_ref(&command)).as_deref(), Some("/review"));
    assert_eq!(first_prompt(&[command, prompt("typed")]).as_deref(), Some("typed"));
}

#[test]
fn only_lines_that_are_tags_count_as_tags() {
    let config = Config::new();
    let directory = config.directory("w");
    let tag = |tag: &str| json!({"type": "tag", "tag": tag, "sessionId": id(1)});
    let tool = json!({"type": "assistant", "input": {"tag": "v1", "type": "tag"}});
    for (lines, shown) in [
        (vec![], None),
        (vec![tool.clone()], None),
        (vec![tag("a"), tag("b"), tool.clone()], Some("b")),
        (vec![tag("a"), tag("")], None),
        (vec![json!({"tag": "z", "sessionId": id(1), "type": "tag"}), tool], Some("z")),
    ] {
        let lines: Vec<_> = [prompt("p")].into_iter().chain(lines).collect();
        config.write(&directory, 1, &lines);
        assert_eq!(config.list()[0].tag.as_deref(), shown, "{lines:?}");
    }
}

#[test]
fn the_branch_is_the_last_and_the_directory_the_first() {
    let config = Config::new();
    let at = |cwd: &str, branch: &str| {
        with(prompt("p"), &[("cwd", json!(cwd)), ("gitBranch", json!(branch))])
    };
    let directory = config.directory("w");
    config.write(&directory, 1, &[at("/a", "main"), at("/b", "next")]);
    let moved = json!({"type": "relocated", "relocatedCwd": "/c"});
    config.write(&directory, 2, &[at("/a", "main"), at("/b", ""), moved]);
    let mut unknown = prompt("p");
    unknown.as_object_mut().unwrap().remove("cwd");
    config.write(&directory, 3, &[unknown]);
    let found = config.history().directory(&directory).list_sessions(Page::all()).unwrap();
    let found: Vec<_> =
        found.into_iter().map(|info| (info.cwd.unwrap(), info.git_branch)).collect();
    assert_eq!(
        found,
        [
            (directory.display().to_string(), None),
            ("/c".to_owned(), Some("main".to_owned())),
            ("/a".to_owned(), Some("next".to_owned())),
        ]
    );
}

/// As the CLI and the official TypeScript SDK read it: the last entry of that type.
#[test]
fn only_entries_of_a_move_are_moves() {
    let config = Config::new();
    let directory = config.directory("w");
    let moved = |cwd: &str| json!({"type": "relocated", "sessionId": id(1), "relocatedCwd": cwd});
    let tool =
        json!({"type": "assistant", "input": {"relocatedCwd": "/tool", "type": "relocated"}});
    // Where the prompt says that it was asked.
    let first = "/w";
    for (lines, shown) in [
        (vec![], first),
        (vec![tool.clone()], first),
        (vec![moved("/a"), moved("/b"), tool.clone()], "/b"),
        (vec![moved("")], first),
        (vec![json!({"type": "relocated"})], first),
        (vec![json!({"type": "relocated", "relocatedCwd": 1})], first),
        (vec![moved("/a"), prompt("later")], "/a"),
        (vec![json!({"relocatedCwd": "/z", "type": "relocated"}), tool], "/z"),
    ] {
        let lines: Vec<_> = [prompt("p")].into_iter().chain(lines).collect();
        config.write(&directory, 1, &lines);
        assert_eq!(config.list()[0].cwd.as_deref(), Some(shown), "{lines:?}");
    }
}

#[test]
fn a_session_in_two_folders_is_listed_once_as_it_was_changed_last() {
    let config = Config::new();
    let (one, other) = (config.directory("one"), config.directory("other"));
    config.write(&one, 1, &[prompt("older")]);
    let newer = config.write(&other, 1, &[prompt("newer")]);
    age(&newer, 5);
    for page in [Page::all(), Page::first(3)] {
        let list = config.history().list_sessions(page).unwrap().sessions;
        assert_eq!(list.iter().map(|info| &*info.summary).collect::<Vec<_>>(), ["newer"]);
    }
    let messages = config.history().get_session_messages(&id(1), Page::all()).unwrap();
    assert_eq!(messages.messages[0].text(), "newer");
}

#[test]
fn what_is_not_a_session_is_left_out() {
    let config = Config::new();
    let directory = config.directory("w");
    let good = config.write(&directory, 1, &[prompt("good")]);
    config.write_bytes(&directory, 2, b"");
    config.write(&directory, 3, &[with(prompt("side"), &[("isSidechain", json!(true))])]);
    config.write(&directory, 4, &[json!({"type": "mode", "mode": "plan"})]);
    config.write_bytes(&directory, 5, b"\xff\xfe not JSON\n{\"type\":\"us");
    let project = config.project(&directory);
    let text = fs::read(good).unwrap();
    for name in ["notes.jsonl", "0a1b2c3d.jsonl", "agent-x.jsonl", "x.json", &id(7)] {
        fs::write(project.join(name), &text).unwrap();
    }
    fs::create_dir(project.join(format!("{}.jsonl", id(8)))).unwrap();
    fs::create_dir(project.join("memory")).unwrap();
    fs::write(config.projects().join("a-file"), "x").unwrap();
    assert_eq!(config.list().iter().map(|info| &*info.summary).collect::<Vec<_>>(), ["good"]);
    let history = config.history();
    for n in [3, 4, 5] {
        assert_eq!(history.get_session_info(&id(n)).unwrap(), None, "{n}");
    }
    for n in [2, 7, 8] {
        assert!(history.get_session_info(&id(n)).unwrap_err().is_not_found(), "{n}");
    }
    assert_eq!(history.get_session_info(&id(1)).unwrap(), Some(config.list().remove(0)));
}

/// A named pipe would block the first reader for ever.
#[cfg(unix)]
#[test]
fn a_pipe_in_place_of_a_transcript_does_not_block() {
    let config = Config::new();
    let directory = config.directory("w");
    config.write(&directory, 1, &[prompt("good")]);
    let pipe = config.project(&directory).join(format!("{}.jsonl", id(2)));
    assert!(std::process::Command::new("mkfifo").arg(pipe).status().unwrap().success());
    assert_eq!(config.list().len(), 1);
    let error = config.history().get_session_messages(&id(2), Page::all()).unwrap_err();
    assert!(error.is_not_found());
}

#[test]
fn a_file_in_place_of_a_folder_is_an_error_that_names_it() {
    let config = Config::new();
    fs::remove_dir(config.projects()).unwrap();
    assert!(config.list().is_empty());
    fs::write(config.projects(), "x").unwrap();
    let directory = config.directory("w");
    for history in [config.history(), config.history().directory(directory)] {
        let error = history.list_sessions(Page::all()).unwrap_err();
        assert!(error.is_io());
        assert_eq!(error.path(), Some(&*config.projects()));
        assert!(error.to_string().starts_with(&config.projects().display().to_string()), "{error}");
    }
}

#[test]
fn sessions_of_programs_can_be_left_out() {
    let config = Config::new();
    let directory = config.directory("w");
    for (n, field, value) in [
        (1, "entrypoint", "cli"),
        (2, "entrypoint", "sdk-py"),
        (3, "entrypoint", "sdk-rust"),
        (4, "sessionKind", "daemon"),
    ] {
        config.write(&directory, n, &[with(prompt("p"), &[(field, json!(value))])]);
    }
    assert_eq!(config.list().len(), 4);
    let history: History = config.history().include_programmatic(false);
    for page in [Page::all(), Page::first(9)] {
        let ids: Vec<_> =
            history.list_sessions(page).unwrap().into_iter().map(|i| i.session_id).collect();
        assert_eq!(ids, [id(3), id(1)]);
    }
}

/// More than one thread reads them.
#[test]
fn a_thousand_sessions_are_listed_in_order() {
    let config = Config::new();
    let directory = config.directory("w");
    for n in 0..1000 {
        config.write(&directory, n, &[prompt(&format!("prompt {n}"))]);
    }
    let found: Vec<_> = config.list().into_iter().map(|info| info.summary).collect();
    let expected: Vec<_> = (0..1000).rev().map(|n| format!("prompt {n}")).collect();
    assert_eq!(found, expected);
}
