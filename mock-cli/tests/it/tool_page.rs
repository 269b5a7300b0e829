//! `claude-wire show --html`: a page that needs nothing else, and gives its recordings back.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use claude_wire::recording::{Event, EventKind, Payload, Recording, recordings_in};
use serde_json::{Value, json};

use crate::support::{TOOL, corpus, folder, text};
use crate::tool_show::recording;

pub(crate) fn tool(args: &[&str], paths: &[&Path]) -> Output {
    Command::new(TOOL).args(args).args(paths).output().unwrap()
}

pub(crate) fn done(output: &Output) {
    assert_eq!(output.status.code(), Some(0), "{output:?}");
}

/// The page of these recordings.
pub(crate) fn page(target: &Path, paths: &[&Path]) -> String {
    let target_text = target.to_str().unwrap();
    done(&tool(&["show", "--force", "--html", target_text], paths));
    fs::read_to_string(target).unwrap()
}

/// Whatever state the file is in, its bytes come back.
#[test]
fn recordings_come_back_out_of_a_page() {
    let temporary = tempfile::tempdir().unwrap();
    let path = |name: &str| temporary.path().join(name);
    let whole = fs::read(corpus("permission-allow.jsonl")).unwrap();
    let edited = text(&whole).replace("Create a file", "Create a file \u{2028} </script>");
    let lines = whole.split_inclusive(|byte| *byte == b'\n');
    let truncated: Vec<u8> = lines.take(5).flatten().copied().collect();
    let half = &whole[..whole.len() / 2];
    let cases: [(&str, &[u8]); 4] = [
        ("sealed.jsonl", &whole),
        ("edited <b>&\"'.jsonl", edited.as_bytes()),
        ("truncated.jsonl", &truncated),
        ("half.jsonl", half),
    ];
    for (name, bytes) in cases {
        fs::write(path(name), bytes).unwrap();
        page(&path("one.html"), &[&path(name)]);
        let out = path("out.jsonl");
        done(&tool(&["extract", "--force", "-o", out.to_str().unwrap()], &[&path("one.html")]));
        assert_eq!(fs::read(&out).unwrap(), bytes, "{name}");
    }
    // All of them in one page, and out of it under their names.
    let names = cases.map(|(name, _)| path(name));
    page(&path("all.html"), &names.each_ref().map(PathBuf::as_path));
    done(&tool(&["extract", "-o", path("out").to_str().unwrap()], &[&path("all.html")]));
    for (name, bytes) in cases {
        assert_eq!(fs::read(path("out").join(name)).unwrap(), bytes, "{name}");
    }
}

#[test]
fn a_file_without_recordings_is_refused() {
    let temporary = tempfile::tempdir().unwrap();
    let path = |name: &str| temporary.path().join(name);
    let out = path("out.jsonl");
    let extract = |html: &str| {
        fs::write(path("page.html"), html).unwrap();
        let output = tool(&["extract", "-o", out.to_str().unwrap()], &[&path("page.html")]);
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        assert!(!out.exists());
        text(&output.stderr)
    };
    assert!(extract("<p>hello</p>").contains("no recordings in it"));
    let start =
        "<script type=\"application/x-claude-wire-recording\" id=\"recording-1\" data-name=\"a\">";
    assert!(extract(&format!("{start}AAAA")).contains("cut off"));
    assert!(extract(&format!("{start}*</script>")).contains("a recording in it"));
    let two = format!("{start}AAAA</script>{start}AAAA</script>");
    assert!(extract(&two).contains("it has 2 recordings; name a folder with -o"));
}

/// Every recording of the corpus has a page, and none of them refers to anything outside of it.
#[test]
fn a_page_refers_to_nothing_outside() {
    let temporary = tempfile::tempdir().unwrap();
    let html = page(&temporary.path().join("page.html"), &[&folder()]);
    let files = recordings_in(folder()).unwrap();
    assert_eq!(html.matches("<section class=\"run\"").count(), files.len());
    references(&html);
    let two = temporary.path().join("two.html");
    let (before, after) = (corpus("three-turns.jsonl"), corpus("sub-agent.jsonl"));
    let args = ["show", "--html", two.to_str().unwrap(), "--next-to", after.to_str().unwrap()];
    done(&tool(&args, &[&before]));
    let html = fs::read_to_string(&two).unwrap();
    references(&html);
    assert_eq!(html.matches("<section class=\"run\"").count(), 2);
    assert!(html.contains("class=\"severity-breaking\""), "their differences are listed");
}

/// A prompt among the arguments is that of the first turn; a turn without one has none.
#[test]
fn a_prompt_among_the_arguments_is_in_the_table_of_turns() {
    let temporary = tempfile::tempdir().unwrap();
    let target = temporary.path().join("page.html");
    let prompts = |name: &str| {
        let html = page(&target, &[&corpus(name)]);
        let cells = html.split("<td class=\"prompt\">").skip(1);
        let cells: Vec<_> =
            cells.map(|cell| cell.split("</td>").next().unwrap().to_owned()).collect();
        cells
    };
    let of_script = prompts("../../tests/official/recordings/shell-sum/002.jsonl");
    assert_eq!(of_script, ["Add 1 and 2 <i>(an argument)</i>"]);
    let of_session = prompts("sub-agent.jsonl");
    assert!(of_session[0].contains(">Delegate</a>"), "{of_session:?}");
    assert_eq!(of_session[1..], ["<i>none: the CLI began it</i>"]);
}

/// The recordings of two folders are paired, by name if one is in both; each pair has a link.
#[test]
fn folders_are_shown_next_to_each_other() {
    let temporary = tempfile::tempdir().unwrap();
    let place = |name: &str| temporary.path().join(name);
    for name in ["a/1.jsonl", "b/2.jsonl", "c/1.jsonl", "c/2.jsonl", "d/2.jsonl", "d/3.jsonl"] {
        fs::create_dir_all(place(name).parent().unwrap()).unwrap();
        fs::copy(corpus("one-shot.jsonl"), place(name)).unwrap();
    }
    let show = |one: &str, other: &str| {
        let (page, other) = (place("page.html"), place(other));
        let args = ["show", "--force", "--html", page.to_str().unwrap(), "--next-to"];
        tool(&[&args[..], &[other.to_str().unwrap()]].concat(), &[&place(one)])
    };
    let pairs = |one: &str, other: &str| {
        done(&show(one, other));
        let html = fs::read_to_string(place("page.html")).unwrap();
        references(&html);
        assert!(html.contains(&format!("<h1>{one} ↔ {other}</h1>")), "{one}, {other}");
        let links = html.split("<a href=\"#pair-").skip(1);
        let links = links.map(|link| link.split_once('>').unwrap().1.split("</a>").next().unwrap());
        let links: Vec<_> = links.map(str::to_owned).collect();
        (html.matches("<section class=\"run\"").count(), links)
    };
    // One and one need no link, and no name.
    assert_eq!(pairs("a", "b"), (2, vec![]));
    let by_name = ["c/1.jsonl ↔ none", "c/2.jsonl ↔ d/2.jsonl", "none ↔ d/3.jsonl"];
    assert_eq!(pairs("c", "d"), (4, by_name.map(str::to_owned).to_vec()));
    let in_order = ["c/1.jsonl ↔ 3.jsonl", "c/2.jsonl ↔ none"];
    fs::copy(corpus("one-shot.jsonl"), place("3.jsonl")).unwrap();
    assert_eq!(pairs("c", "3.jsonl"), (3, in_order.map(str::to_owned).to_vec()));

    // What cannot be read is not shown as a difference.
    fs::write(place("d/3.jsonl"), "no recording").unwrap();
    fs::remove_file(place("page.html")).unwrap();
    let output = show("c", "d");
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("d/3.jsonl"), "{}", text(&output.stderr));
    assert!(!place("page.html").exists());
}

/// Checks the markup of a page: tags, without the texts between them.
fn references(html: &str) {
    assert!(html.contains("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; script-src 'sha256-"));
    let tags = html.split('<').skip(1).filter_map(|part| part.split_once('>')).map(|(tag, _)| tag);
    let mut ids = std::collections::HashSet::new();
    let mut links = Vec::new();
    assert_eq!(html.matches(" http-equiv=\"").count(), 1);
    for tag in tags {
        // The attributes without their values, which may be any text.
        let bare: String = tag.split('"').step_by(2).collect();
        for outside in [" src=", " srcset=", " action=", " data=", " poster=", " style=", " on"] {
            assert!(!bare.contains(outside), "{tag}");
        }
        for name in
            ["link", "iframe", "object", "embed", "img", "base", "form action", "use", "image"]
        {
            assert!(tag.split([' ', '/']).next() != Some(name), "{tag}");
        }
        if let Some((_, link)) = tag.split_once("href=\"") {
            links.push(link.split('"').next().unwrap().strip_prefix('#').unwrap().to_owned());
        }
        if let Some((_, id)) = tag.split_once(" id=\"") {
            assert!(ids.insert(id.split('"').next().unwrap().to_owned()), "twice: {tag}");
        }
    }
    assert!(!links.is_empty());
    let broken: Vec<_> = links.iter().filter(|link| !ids.contains(*link)).collect();
    assert!(broken.is_empty(), "{broken:?}");
    for word in ["@import", "url(", "fetch(", "XMLHttpRequest", "WebSocket", "innerHTML", "eval("] {
        let of_page = html.split("<script type=").next().unwrap();
        let style = of_page.split("</style>").next().unwrap();
        let script = html.rsplit("<script>").next().unwrap();
        assert!(!style.contains(word) && !script.contains(word), "{word}");
    }
}

/// What a recording could try. Each would set the title of the page to OWNED.
pub(crate) const ATTACKS: [&str; 9] = [
    "<script>document.title='OWNED'</script>",
    "</script><script>document.title='OWNED'</script>",
    "--></style></title></textarea><svg onload=\"document.title='OWNED'\">",
    "<!--<script>",
    "\u{2028}\u{2029}';document.title='OWNED';//",
    "\"><img src=x onerror=\"document.title='OWNED'\">",
    "' autofocus onfocus='document.title=\"OWNED\"",
    "javascript:document.title='OWNED'",
    "${document.title='OWNED'}`;document.title='OWNED'",
];

/// A recording that has an attack in every place that can hold a text.
pub(crate) fn hostile(attack: &str) -> Recording {
    let line = |from: &str, value: Value| format!("{from}{value}");
    let tool = json!({"type": "tool_use", "id": attack, "name": attack, "input": {attack: attack}});
    let lines = [
        line(
            ">",
            json!({"type": "control_request", "request_id": attack, "request": {"subtype": attack, attack: attack}}),
        ),
        line(
            "<",
            json!({"type": "control_response", "response": {"subtype": "error", "request_id": attack, "error": attack}}),
        ),
        line(
            ">",
            json!({"type": "user", "uuid": attack, "message": {"role": "user", "content": attack}}),
        ),
        line(
            "<",
            json!({"type": "system", "subtype": "init", "model": attack, "permissionMode": attack, "mcp_servers": [{"name": attack}], "cwd": attack}),
        ),
        line(
            "<",
            json!({"type": "assistant", "error": attack, "message": {"content": [
            {"type": "text", "text": attack}, {"type": "thinking", "thinking": attack}, tool,
            {"type": "image", "source": {"media_type": attack}}, {"type": attack, attack: attack}]}}),
        ),
        line(
            "<",
            json!({"type": "system", "subtype": "task_started", "task_type": "local_agent", "tool_use_id": attack, "description": attack}),
        ),
        line(
            "<",
            json!({"type": "assistant", "parent_tool_use_id": attack, "message": {"content": [{"type": "tool_use", "id": "b", "name": attack, "input": attack}]}}),
        ),
        line(
            "<",
            json!({"type": "stream_event", "event": {"type": attack, "delta": {"text": attack}}}),
        ),
        line(
            "<",
            json!({"type": "control_request", "request_id": "c", "request": {"subtype": "can_use_tool", "tool_name": attack, "tool_use_id": attack, "input": {attack: attack}}}),
        ),
        line(
            ">",
            json!({"type": "control_response", "response": {"subtype": "success", "request_id": "c", "response": {"behavior": attack, "message": attack}}}),
        ),
        line(
            "<",
            json!({"type": "user", "message": {"content": [{"type": "tool_result", "tool_use_id": attack, "content": attack}]}}),
        ),
        line("<", json!({"type": attack, "subtype": attack, attack: attack})),
        line(
            "<",
            json!({"type": "result", "subtype": attack, "is_error": true, "errors": [attack], "structured_output": {attack: attack}}),
        ),
        format!("<{attack}"),
        format!(">{attack}"),
        format!("!{attack}"),
    ];
    let mut recording = recording(&lines.iter().map(String::as_str).collect::<Vec<_>>());
    let header = &mut recording.header;
    header.cli = Some(attack.to_owned());
    header.recorder = Some(attack.to_owned());
    header.recorded_at = Some(attack.to_owned());
    header.argv = Some(vec![attack.to_owned()]);
    header.env.insert(attack.to_owned(), attack.to_owned());
    for kind in [
        EventKind::Mark(attack.to_owned()),
        EventKind::Fault(json!({"name": attack})),
        EventKind::Signal(attack.to_owned()),
        EventKind::Out(Payload::line(attack.as_bytes().to_vec())),
    ] {
        recording.events.push(Event::new(0, kind));
    }
    recording
}

/// Without a browser: no tag of the page comes from a recording.
#[test]
fn text_of_a_recording_is_never_markup() {
    let temporary = tempfile::tempdir().unwrap();
    let tags = |html: &str| {
        let names = html.split('<').skip(1);
        let names = names.map(|tag| tag.split([' ', '>']).next().unwrap().to_owned());
        let mut names: Vec<_> = names.collect();
        names.sort();
        names.dedup();
        names
    };
    let harmless = temporary.path().join("harmless.jsonl");
    hostile("harmless").save(&harmless).unwrap();
    let target = temporary.path().join("page.html");
    let expected = tags(&page(&target, &[&harmless]));
    for (number, attack) in ATTACKS.iter().enumerate() {
        // The name of the file is text, too; a slash cannot be in it.
        let name = format!("{number} {}.jsonl", attack.replace('/', ""));
        let path = temporary.path().join(name);
        hostile(attack).save(&path).unwrap();
        let html = page(&target, &[&path]);
        assert_eq!(tags(&html), expected, "{attack}");
        references(&html);
        assert_eq!(html.matches("<script").count(), 2, "{attack}");
    }
}
