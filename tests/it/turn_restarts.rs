//! A reply whose stream breaks off, starts over, or never comes: no text is lost or duplicated.

use crate::support::stream::*;
use claude_wire::session::{ContentDelta, Deltas, TextPiece};
use serde_json::{Value, json};

async fn shown(lines: &[Value]) -> Shown {
    crate::support::stream::shown(|| turn(lines)).await
}

/// A message whose only text block breaks off after these pieces.
fn broken(id: &str, pieces: &[&str]) -> Vec<Value> {
    let mut lines = vec![message_start(id), text_start(id, 0)];
    lines.extend(pieces.iter().map(|piece| text_piece(id, 0, piece)));
    lines
}

/// A message that is streamed to its end, in the CLI's format.
fn streamed(id: &str, pieces: &[&str]) -> Vec<Value> {
    let mut lines = broken(id, pieces);
    lines.push(whole(id, json!([text(&pieces.concat())])));
    lines.extend([block_stop(id, 0), message_stop(id)]);
    lines
}

#[tokio::test(start_paused = true)]
async fn whole_block_adds_what_its_pieces_lack() {
    for pieces in [&[][..], &[""], &["P"], &["P", "erfect, "], &["Perfect, that is all."]] {
        for (end, cut) in [(false, false), (true, false), (true, true)] {
            let mut lines = streamed("m0", &["doing X now"]);
            lines.extend(broken("m1", pieces));
            lines.extend(end.then(|| block_stop("m1", 0)));
            lines.extend(cut.then(|| message_stop("m1")));
            lines.push(whole("m1", json!([text("Perfect, that is all.")])));
            let shown = shown(&lines).await;
            assert_eq!(shown.text, "doing X nowPerfect, that is all.", "{pieces:?} {end} {cut}");
            assert_eq!(shown.blocks, ["doing X now", "Perfect, that is all."]);
            assert_eq!(shown.restarts, 0, "{pieces:?} {end} {cut}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn whole_block_that_differs_from_its_pieces_replaces_them() {
    let mut lines = streamed("m0", &["kept "]);
    lines.extend(broken("m1", &["Helo", " wrld"]));
    lines.push(whole("m1", json!([text("Hello world")])));
    let shown = shown(&lines).await;
    assert_eq!((shown.text.as_str(), shown.restarts), ("kept Hello world", 1));
    assert_eq!(shown.blocks, ["kept ", "Hello world"]);
}

/// How a reply can start again.
fn signs(id: &str) -> Vec<(&'static str, Vec<Value>)> {
    vec![
        ("abandoned", vec![block_stop(id, 0), abandoned(id, 0)]),
        ("abandoned, then a retry", vec![block_stop(id, 0), abandoned(id, 0), api_retry()]),
        ("a retry", vec![api_retry()]),
        ("a new start only", vec![]),
    ]
}

#[tokio::test(start_paused = true)]
async fn reply_that_starts_over_reports_how_much_is_kept() {
    for again in ["m2", "m1"] {
        for (sign, lines) in signs("m1") {
            let mut all = streamed("m0", &["before. "]);
            all.extend(broken("m1", &["Hel", "lo wor"]));
            all.extend(lines);
            all.extend(streamed(again, &["Hello", " world"]));
            let marks = marks(turn(&all).text_deltas()).await;
            assert_eq!(marks, [(9, "before. ".len())], "{sign}, again as {again}");
            let shown = shown(&all).await;
            assert_eq!(shown.text, "before. Hello world", "{sign}, again as {again}");
            assert_eq!(shown.blocks, ["before. ", "Hello world"], "{sign}, again as {again}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn pieces_taken_before_the_others_are_collected_stay_or_are_void() {
    for before in ["a", "\u{e9}", "before, at some length. "] {
        for again in ["m1", "m2"] {
            let mut all = streamed("m0", &[before, "and on. "]);
            all.extend(broken("m1", &["Hel\u{e9}", "lo wor"]));
            all.push(api_retry());
            all.extend(broken(again, &["He"]));
            all.push(api_retry());
            all.extend(streamed("m3", &["Hello", " world"]));
            let text = format!("{before}and on. Hello world");
            for taken in 0..=7 {
                let read = text_after(turn(&all), taken).await;
                assert_eq!(read, text, "{taken} of 7 pieces were taken");
            }
            for taken in 0..=20 {
                let blocks = blocks_after(turn(&all), taken).await;
                assert_eq!(blocks, [&format!("{before}and on. "), "Hello world"], "{taken}");
            }
            let mut pieces = turn(&all).text_deltas();
            assert_eq!(pieces.next().await.unwrap().unwrap(), before);
            assert_eq!(pieces.join().await.unwrap(), "and on. Hello world");
        }
    }
}

/// The restart marks among the pieces: how much of the abandoned text was shown, and how much is
/// kept.
async fn marks(mut pieces: Deltas<TextPiece>) -> Vec<(usize, usize)> {
    let (mut shown, mut marks) = (String::new(), Vec::new());
    while let Some(piece) = pieces.next().await {
        let piece = piece.unwrap();
        marks.extend(piece.starts_over_at().map(|at| (shown.len() - at, at)));
        piece.apply_to(&mut shown);
    }
    marks
}

#[tokio::test(start_paused = true)]
async fn reply_that_comes_whole_after_a_break_is_delivered() {
    for (sign, lines) in signs("m1") {
        for again in ["m2", "m1"] {
            let mut all = broken("m1", &["Hel"]);
            all.extend(lines.clone());
            all.push(whole(again, json!([text("Hello world")])));
            let shown = shown(&all).await;
            assert_eq!(shown.text, "Hello world", "{sign}, again as {again}");
            assert_eq!(shown.blocks, ["Hello world"], "{sign}, again as {again}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn blocks_before_a_break_are_kept() {
    let mut lines = vec![message_start("m1"), text_start("m1", 0), text_piece("m1", 0, "abc")];
    lines.extend([whole("m1", json!([text("abc")])), block_stop("m1", 0)]);
    lines.push(block_start("m1", 1, tool("t1", "Bash", json!({}))));
    lines.push(input_piece("m1", 1, r#"{"command": "ls"}"#));
    lines.push(whole("m1", json!([tool("t1", "Bash", json!({"command": "ls"}))])));
    lines.push(block_stop("m1", 1));
    lines.extend([text_start("m1", 2), text_piece("m1", 2, "word word ")]);
    lines.extend([block_stop("m1", 2), abandoned("m1", 2)]);
    lines.push(whole("x", json!([text("API Error: Connection lost.")])));
    lines.extend(streamed("m2", &["end"]));
    let shown = shown(&lines).await;
    assert_eq!(shown.text, "abcAPI Error: Connection lost.end");
    assert_eq!(shown.blocks, ["abc", r#"{"command": "ls"}"#, "API Error: Connection lost.", "end"]);
}

#[tokio::test(start_paused = true)]
async fn stream_that_continues_after_a_retry_elsewhere_loses_nothing() {
    let mut lines = broken("m1", &["Hel"]);
    // A sub-agent in the background was retried; its line does not show that.
    lines.push(api_retry());
    lines.push(text_piece("m1", 0, "lo"));
    for late in [whole("m1", json!([text("Hello")])), block_stop("m1", 0)] {
        let mut lines = lines.clone();
        lines.push(late);
        let shown = shown(&lines).await;
        assert_eq!(
            (shown.text.as_str(), shown.blocks.as_slice()),
            ("Hello", &["Hello".into()][..])
        );
    }
}

#[tokio::test(start_paused = true)]
async fn whole_blocks_that_come_late_are_not_shown_twice() {
    let two = |id: &str| {
        let mut lines = vec![message_start(id)];
        for (index, piece) in [(0, "A."), (1, "B.")] {
            lines.extend([text_start(id, index), text_piece(id, index, piece)]);
            lines.push(block_stop(id, index));
        }
        lines
    };
    let singly = vec![whole("m0", json!([text("A.")])), whole("m0", json!([text("B.")]))];
    let at_once = vec![whole("m0", json!([text("A."), text("B.")]))];
    let swapped = vec![whole("m0", json!([text("B.")])), whole("m0", json!([text("A.")]))];
    for late in [singly.clone(), at_once.clone(), swapped] {
        for stopped in [false, true] {
            let mut lines = two("m0");
            lines.extend(stopped.then(|| message_stop("m0")));
            lines.extend(late.clone());
            lines.extend(streamed("m1", &["C."]));
            let shown = shown(&lines).await;
            assert_eq!((shown.text.as_str(), shown.restarts), ("A.B.C.", 0), "{late:?}");
            assert_eq!(shown.blocks, ["A.", "B.", "C."]);
        }
    }
    // So late that the next message has already begun. They belong where they were first streamed.
    for late in [singly, at_once] {
        for stopped in [false, true] {
            let mut lines = two("m0");
            lines.extend(stopped.then(|| message_stop("m0")));
            lines.extend(broken("m1", &["C"]));
            lines.extend(late.clone());
            lines.extend([text_piece("m1", 0, "."), whole("m1", json!([text("C.")]))]);
            let shown = shown(&lines).await;
            assert_eq!(shown.text, "A.B.C.", "{late:?}");
            assert_eq!(shown.blocks, ["A.", "B.", "C."]);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn late_block_without_a_stream_comes_before_the_next_message() {
    let mut lines = streamed("m0", &["A."]);
    lines.extend(broken("m1", &["C"]));
    lines.push(whole("m0", json!([text("B.")])));
    lines.extend([text_piece("m1", 0, "."), whole("m1", json!([text("C.")]))]);
    let shown = shown(&lines).await;
    assert_eq!((shown.text.as_str(), shown.blocks.len()), ("A.B.C.", 3));
}

#[tokio::test(start_paused = true)]
async fn block_that_is_not_streamed_comes_whole() {
    let mut lines = vec![message_start("m1")];
    lines.push(block_start("m1", 0, json!({"type": "thinking", "thinking": ""})));
    lines.extend([thinking_piece("m1", 0, "hm"), whole("m1", json!([thinking("hmm")]))]);
    lines.push(block_stop("m1", 0));
    lines.push(whole("m1", json!([text("Hello ")])));
    lines.push(whole("m1", json!([text("world")])));
    let shown = shown(&lines).await;
    assert_eq!((shown.text.as_str(), shown.thinking.as_str()), ("Hello world", "hmm"));
    assert_eq!(shown.blocks, ["hmm", "Hello ", "world"]);
}

#[tokio::test(start_paused = true)]
async fn repeated_message_id_is_another_message() {
    let mut lines = streamed("m", &["one "]);
    lines.extend(streamed("m", &["two ", "three "]));
    lines.push(whole("m", json!([text("four ")])));
    lines.push(whole("x", json!([text("five ")])));
    lines.push(whole("m", json!([text("six")])));
    let shown = shown(&lines).await;
    assert_eq!((shown.text.as_str(), shown.restarts), ("one two three four five six", 0));
}

#[tokio::test(start_paused = true)]
async fn block_that_starts_over_without_a_new_message() {
    let mut lines = broken("m1", &["Hel"]);
    lines.extend([api_retry(), text_start("m1", 0), text_piece("m1", 0, "Hello")]);
    lines.push(whole("m1", json!([text("Hello")])));
    assert_eq!(shown(&lines).await.text, "Hello");
    // The same without a line about it.
    lines.remove(3);
    assert_eq!(shown(&lines).await.text, "Hello");
}

#[tokio::test(start_paused = true)]
async fn sub_agents_disturb_no_reply() {
    let mut lines = broken("m1", &["Hel"]);
    lines.extend(streamed("s1", &["not mine"]).into_iter().map(of_sub_agent));
    lines.extend(broken("s2", &["nor"]).into_iter().map(of_sub_agent));
    lines.push(of_sub_agent(abandoned("s2", 0)));
    lines.push(of_sub_agent(api_retry()));
    lines.push(of_sub_agent(whole("s3", json!([text("nor this")]))));
    lines.push(text_piece("m1", 0, "lo"));
    lines.push(of_sub_agent(whole("m1", json!([text("Hello, but not mine")]))));
    lines.push(whole("m1", json!([text("Hello")])));
    let shown = shown(&lines).await;
    assert_eq!((shown.text.as_str(), shown.restarts), ("Hello", 0));
}

#[tokio::test(start_paused = true)]
async fn late_pieces_after_the_whole_block_are_ignored() {
    let mut lines = broken("m1", &["Hel"]);
    lines.push(whole("m1", json!([text("Hello")])));
    lines.extend([text_piece("m1", 0, "lo"), block_stop("m1", 0), message_stop("m1")]);
    assert_eq!(shown(&lines).await.text, "Hello");
}

#[tokio::test(start_paused = true)]
async fn events_that_name_no_message_belong_to_the_one_that_started() {
    let unnamed = |mut line: Value| {
        line.as_object_mut().unwrap().remove("api_message_id");
        line
    };
    let mut lines: Vec<_> = broken("m1", &["Hel", "lo wor"]).into_iter().map(unnamed).collect();
    lines.extend(streamed("m2", &["Hello", " world"]).into_iter().map(unnamed));
    assert_eq!(shown(&lines).await.text, "Hello world");
    // The start does not name it either.
    for line in &mut lines {
        if line["event"]["type"] == "message_start" {
            line["event"]["message"].as_object_mut().unwrap().remove("id");
        }
    }
    assert_eq!(shown(&lines).await.text, "Hello world");
    // There is no start at all, but the events name another message.
    let mut lines = broken("m1", &["Hel"]);
    lines.extend(streamed("m2", &["Hello"]).into_iter().skip(1));
    assert_eq!(shown(&lines).await.text, "Hello");
}

#[tokio::test(start_paused = true)]
async fn text_cut_off_by_an_interrupt_is_kept() {
    let mut lines = broken("m1", &["This is a ", "slow answe"]);
    let mut cut = whole("m1", json!([text("This is a slow answer th")]));
    cut["aborted"] = json!(true);
    lines.extend([cut, block_stop("m1", 0), abandoned("m1", 1)]);
    let shown = shown(&lines).await;
    assert_eq!((shown.text.as_str(), shown.restarts), ("This is a slow answer th", 0));
}

#[tokio::test(start_paused = true)]
async fn text_without_a_whole_block_is_kept_at_the_end_of_a_turn() {
    let lines = broken("m1", &["so ", "far"]);
    assert_eq!(turn(&lines).text_deltas().collect().await.unwrap(), ["so ", "far"]);
}

#[tokio::test(start_paused = true)]
async fn withdrawn_messages_are_removed_from_the_text() {
    let mut fallback = json!({"type": "system", "subtype": "model_refusal_fallback", "trigger": "refusal",
        "direction": "retry", "original_model": "a", "fallback_model": "b", "content": "c"});
    fallback["retracted_message_uuids"] = json!(["line of m1"]);
    let mut superseding = whole("x", json!([text("again ")]));
    superseding["supersedes"] = json!(["line of m1"]);
    for (retraction, replacement) in [(fallback, ""), (superseding, "again ")] {
        let mut lines = streamed("m0", &["one "]);
        lines.extend(streamed("m1", &["withdrawn "]));
        lines.push(retraction);
        lines.extend(streamed("m2", &["two"]));
        let expected = format!("one {replacement}two");
        let shown = shown(&lines).await;
        assert_eq!((shown.text.as_str(), shown.restarts), (expected.as_str(), 1));
        let content = turn(&lines).text_content().join().await.unwrap();
        assert_eq!(content, expected, "block by block");
    }
}

#[tokio::test(start_paused = true)]
async fn withdrawn_message_in_the_middle_removes_only_itself() {
    let mut lines = streamed("m0", &["withdrawn "]);
    lines.extend(streamed("m1", &["kept "]));
    lines.extend(broken("m2", &["and"]));
    let mut superseding = whole("m2", json!([text("and more")]));
    superseding["supersedes"] = json!(["line of m0"]);
    lines.push(superseding);
    let shown = shown(&lines).await;
    assert_eq!(shown.text, "kept and more");
    assert_eq!(shown.blocks, ["kept ", "and more"]);
}

#[tokio::test(start_paused = true)]
async fn surrogate_pair_in_two_pieces_is_one_character_in_the_end() {
    let mut lines: Vec<_> = broken("m1", &["HIGH", "LOW"]).iter().map(Value::to_string).collect();
    lines = lines
        .iter()
        .map(|line| line.replace("HIGH", "\\ud83d").replace("LOW", "\\ude00"))
        .collect();
    lines.push(whole("m1", json!([text("\u{1f600}")])).to_string());
    assert_eq!(turn(&lines).text_deltas().join().await.unwrap(), "\u{1f600}");
}

#[tokio::test(start_paused = true)]
async fn recorded_reply_whose_stream_broke_off_is_read_as_the_answer() {
    for (name, lines, breaks) in [
        ("dropped twice", include_str!("turn_restarts/dropped-twice.jsonl"), 2),
        ("reset once", include_str!("turn_restarts/reset-once.jsonl"), 1),
    ] {
        let lines: Vec<Value> = lines.lines().map(|line| line.parse().unwrap()).collect();
        let shown = shown(&lines).await;
        assert_eq!((shown.text.as_str(), shown.restarts), ("recovered", breaks), "{name}");
        assert_eq!(shown.blocks, ["recovered"], "{name}");
        assert_eq!(turn(&lines).text_deltas().collect().await.unwrap(), ["recovered"], "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn inputs_of_several_tools_are_kept_apart() {
    use ContentDelta::{BlockStop, InputJson, ToolUse};
    let start = |index, id: &str, name: &str| block_start("m1", index, tool(id, name, json!({})));
    let mut lines = vec![message_start("m1"), start(0, "t1", "Write")];
    lines.extend([input_piece("m1", 0, "{\"file_"), input_piece("m1", 0, "path\":\"a\"}")]);
    lines.extend([
        block_stop("m1", 0),
        start(1, "t2", "mcp__server__list"),
        input_piece("m1", 1, ""),
    ]);
    lines.extend([block_stop("m1", 1), start(2, "t3", "Bash"), start(3, "t4", "Bash")]);
    lines.extend([
        input_piece("m1", 3, "{\"command\":"),
        input_piece("m1", 2, "{\"command\": \"ls\"}"),
    ]);
    lines.extend([block_stop("m1", 2), input_piece("m1", 3, "1}"), block_stop("m1", 3)]);
    let inputs =
        [json!({"file_path": "a"}), json!({}), json!({"command": "ls"}), json!({"command": 1})];
    lines.push(whole(
        "m1",
        json!([
            tool("t1", "Write", inputs[0].clone()),
            tool("t2", "mcp__server__list", inputs[1].clone()),
            tool("t3", "Bash", inputs[2].clone()),
            tool("t4", "Bash", inputs[3].clone()),
        ]),
    ));
    let deltas = turn(&lines).content_deltas().collect().await.unwrap();
    for (index, input) in inputs.into_iter().enumerate() {
        let id = format!("t{}", index + 1);
        let of_block = || deltas.iter().filter(|delta| delta.index() == index);
        assert!(
            matches!(of_block().next(), Some(ToolUse { tool_use_id, .. }) if *tool_use_id == id)
        );
        assert_eq!(of_block().next_back(), Some(&BlockStop { index }), "{deltas:?}");
        assert_eq!(of_block().filter(|delta| matches!(delta, BlockStop { .. })).count(), 1);
        let json: String = of_block()
            .filter_map(|delta| match delta {
                InputJson { tool_use_id, partial_json, .. } if *tool_use_id == id => {
                    Some(partial_json.as_str())
                }
                _ => None,
            })
            .collect();
        assert_eq!(serde_json::from_str::<Value>(&json).unwrap(), input);
    }
}

#[tokio::test(start_paused = true)]
async fn interrupted_tool_call_is_repeated_as_a_whole() {
    let mut lines = vec![message_start("m1"), block_start("m1", 0, tool("t1", "Bash", json!({})))];
    lines.extend([input_piece("m1", 0, "{\"comm"), abandoned("m1", 0), api_retry()]);
    lines.push(whole("m2", json!([tool("t2", "Bash", json!({"command": "ls"}))])));
    let deltas = turn(&lines).content_deltas().collect().await.unwrap();
    let tool_use_id = || "t2".to_owned();
    assert_eq!(
        deltas,
        [
            ContentDelta::ToolUse { index: 0, tool_use_id: tool_use_id(), name: "Bash".into() },
            ContentDelta::InputJson {
                index: 0,
                tool_use_id: tool_use_id(),
                partial_json: "{\"command\":\"ls\"}".into()
            },
            ContentDelta::BlockStop { index: 0 },
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn piece_contains_the_text_that_it_adds() {
    let mut lines = broken("m1", &["Hel"]);
    lines.extend(streamed("m2", &["Hello"]));
    let mut pieces = turn(&lines).text_deltas();
    let first = pieces.next().await.unwrap().unwrap();
    assert_eq!(
        (format!("{first}|{first:>5}|{first:?}"), first.len()),
        ("Hel|  Hel|\"Hel\"".into(), 3)
    );
    assert_eq!(first, "Hel");
    assert_eq!(first.starts_over_at(), None);
    let mark = pieces.next().await.unwrap().unwrap();
    assert_eq!((mark.as_str(), mark.starts_over_at()), ("", Some(0)));
    assert_ne!(mark, "", "it has an effect");
    assert_eq!(format!("{mark:?}"), "(starts over at 0) \"\"");
    // The shown text may be a different one: it is never cut in the middle of a character.
    let mut other = "\u{1f600}".to_owned();
    mark.apply_to(&mut other);
    assert_eq!(other, "");
    assert_eq!(String::from(pieces.next().await.unwrap().unwrap()), "Hello");
}
