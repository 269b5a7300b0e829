//! What the report of a replay says: words that differ, what is left, what a request asks, and
//! which difference caused a miss.

use crate::replay_support::{Host, user};

const INIT: &str =
    r#"{"type":"control_request","request_id":"r0","request":{"subtype":"initialize"}}"#;

fn prompts(texts: &[&str]) -> String {
    let events = texts.iter().map(|text| {
        format!(
            "{{\"us\":1,\"in\":{}}}\n{{\"us\":1,\"out\":{{\"type\":\"result\",\"subtype\":\"success\",\"is_error\":false}}}}\n",
            user(text)
        )
    });
    events.collect::<String>() + r#"{"us":1,"eof":"in"}"#
}

async fn miss(recorded: &str, lines: &[String]) -> String {
    let mut host = Host::of(recorded);
    for line in lines {
        host.write(line).await;
    }
    host.eof();
    host.end().await.divergence()
}

#[tokio::test(start_paused = true)]
async fn a_long_prompt_differs_by_word_with_its_place() {
    let text = format!("{}Answer in French.\n{}", "Be brief. ".repeat(60), "Be kind. ".repeat(60));
    for (word, other, place) in [
        ("French", "German", "Be brief. Answer in [-French.-]{+German.+} Be kind."),
        ("in French", "French", "Answer [-in -]French. Be kind."),
        ("Answer", "Always answer", "Be brief. [-Answer-]{+Always answer+} in French."),
    ] {
        let report = miss(&prompts(&[&text]), &[user(&text.replacen(word, other, 1))]).await;
        let line = report.lines().find(|line| line.contains("differs at")).unwrap();
        assert!(
            line.starts_with("  differs at prompt.message.content[0].text, character "),
            "{line}"
        );
        assert!(line.contains(place) && line.contains(": …"), "{line}");
        assert!(line.chars().count() < 250, "{line}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_left_is_counted_and_its_prompts_are_named() {
    let texts: Vec<_> = (0..12).map(|index| format!("prompt {index}")).collect();
    let texts: Vec<_> = texts.iter().map(String::as_str).collect();
    let report = miss(&prompts(&texts), &[user("prompt 0"), user("something else")]).await;
    assert!(report.contains("\n  left: 11 prompts, 11 lines of the CLI\n"), "{report}");
    assert!(report.contains("\n  left: prompt \"prompt 1\" (event 3)\n"), "{report}");
    assert!(report.contains("\n  left: ... and 3 more\n"), "{report}");
    assert!(report.contains(" divergences=1 left=22 "), "{report}");
}

#[tokio::test(start_paused = true)]
async fn a_request_is_named_by_what_it_asks() {
    for (request, name) in [
        (r#"{"subtype":"can_use_tool","tool_name":"Bash","input":{}}"#, "can_use_tool Bash"),
        (
            r#"{"subtype":"hook_callback","callback_id":"h","input":{"hook_event_name":"Stop"}}"#,
            "hook Stop",
        ),
        (
            r#"{"subtype":"mcp_message","server_name":"calc","message":{"method":"tools/call","params":{"name":"add"}}}"#,
            "mcp_message calc tools/call add",
        ),
    ] {
        let recorded = format!(
            r#"
            {{"us":0,"in":{prompt}}}
            {{"us":1,"out":{{"type":"control_request","request_id":"0a1b2c3d","request":{request}}}}}
            {{"us":1,"in":{{"type":"control_response","response":{{"subtype":"success","request_id":"0a1b2c3d","response":{{"a":1}}}}}}}}
            {{"us":1,"eof":"in"}}"#,
            prompt = user("Hi")
        );
        let missing = miss(&recorded, &[user("Hi")]).await;
        assert!(missing.contains(&format!("expected: answer to {name} (event 3)")), "{missing}");
        let mut host = Host::of(&recorded);
        host.write(user("Hi")).await;
        host.line().await;
        host.write(r#"{"type":"control_response","response":{"subtype":"error","request_id":"0a1b2c3d","error":"no"}}"#).await;
        let other = host.end().await.divergence();
        assert!(other.contains(&format!("arrived: answer to {name}: ")), "{other}");
        assert!(!other.contains("expected: answer to the CLI's request"), "{other}");
        let early = miss(&recorded, &[]).await;
        assert!(early.contains("left: 1 prompt, 1 answer, 1 line of the CLI"), "{early}");
    }
}

/// `(what the host wrote, the hint)`.
#[tokio::test(start_paused = true)]
async fn the_hint_names_the_difference_that_caused_the_miss() {
    let with_request = |subtype: &str| {
        format!(
            "{{\"us\":0,\"in\":{}}}\n{}",
            INIT.replace("initialize", subtype),
            prompts(&["Hi", "And again"])
        )
    };
    let model = INIT.replace("initialize", "set_model");
    for (recorded, wrote, hint) in [
        (with_request("initialize"), vec![user("Hi")], "without `initialize`"),
        (with_request("set_model"), vec![user("Hi")], "sent `set_model` before this prompt"),
        (with_request("initialize"), vec![], "if yours gives its prompt as an argument"),
        (prompts(&["Hi"]), vec![], "if yours gives its prompt as an argument"),
        (
            with_request("set_model"),
            vec![model.clone(), user("And again")],
            "this is the prompt of event 4: your program left out",
        ),
        (prompts(&["Hi"]), vec![user("Ho")], "make your program write what was recorded"),
        (prompts(&["Hi", "Ho"]), vec![user("Hi")], "make your program do the rest"),
        (prompts(&["Hi"]), vec![user("Hi"), user("Hi")], "stop your program earlier"),
    ] {
        let report = miss(&recorded, &wrote).await;
        let line = report.lines().find(|line| line.starts_with("  hint: "));
        assert!(line.is_some_and(|line| line.contains(hint)), "{hint}: {report}");
    }
}

#[test]
fn a_relative_path_that_does_not_exist_names_the_folder() {
    let folder = std::env::current_dir().unwrap().display().to_string();
    let place = format!("it was looked for in {folder}");
    let recording = claude_wire::Replay::open("no/such.jsonl").unwrap_err().to_string();
    assert!(recording.starts_with("no/such.jsonl: ") && recording.ends_with(&place), "{recording}");
    let recordings = claude_wire::Replay::open("no/such").unwrap_err().to_string();
    assert!(recordings.contains(&place), "{recordings}");
    let scenario = claude_wire::Scenario::load("no/such.json").unwrap_err().to_string();
    assert!(scenario.contains(&place), "{scenario}");
    let absolute = format!("{folder}/no/such.jsonl");
    let absolute = claude_wire::Replay::open(absolute).unwrap_err().to_string();
    assert!(!absolute.contains("looked for"), "{absolute}");
}
