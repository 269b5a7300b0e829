//! Raw captures become recordings, and nothing is lost in the conversion.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use claude_wire::recording::{
    Eol, Event, EventKind, Header, ImportOptions, Payload, RecordedExit, Recording, Root, Stream,
    import,
};
use serde_json::Value;

use crate::support::captures::captures;

fn imported(capture: &str) -> Recording {
    import(capture.as_bytes(), &ImportOptions::default()).unwrap()
}

#[test]
fn each_row_becomes_an_event() {
    let recording = imported(concat!(
        r#"{"t": 0.0053, "dir": "in", "line": "{\"n\": 1.0}"}"#,
        "\n",
        r#"{"t": 0.5, "dir": "out", "line": "caf\u00e9"}"#,
        "\n",
        r#"{"t": 0.5, "dir": "err", "line": "oops\r"}"#,
        "\n",
        r#"{"t": 0.6, "dir": "in", "line": null, "ev": "eof"}"#,
        "\n",
        r#"{"t": 0.7, "dir": "in", "line": null, "ev": "SIGTERM"}"#,
        "\n",
        r#"{"t": 0.8, "dir": "in", "line": null, "ev": "reader closed stdout"}"#,
        "\n",
        r#"{"t": 0.9, "dir": "in", "line": null, "ev": "write-error Broken pipe"}"#,
        "\n",
        r#"{"t": 1, "dir": "out", "line": "{\"cut", "noeol": true}"#,
        "\n",
        r#"{"t": 1.5, "dir": "exit", "line": {"code": null, "signal": "SIGKILL"}}"#,
        "\n",
    ));
    let expected = [
        (5_300, EventKind::In(r#"{"n": 1.0}"#.into())),
        (494_700, EventKind::Out("café".into())),
        (0, EventKind::Err(Payload::line("oops").with_eol(Eol::CrLf))),
        (100_000, EventKind::Eof(Stream::In)),
        (100_000, EventKind::Signal("SIGTERM".to_owned())),
        (100_000, EventKind::Eof(Stream::Out)),
        (100_000, EventKind::Mark("write-error Broken pipe".to_owned())),
        (100_000, EventKind::Out(Payload::line("{\"cut").with_eol(Eol::None))),
        (500_000, EventKind::Exit(RecordedExit::signal("SIGKILL"))),
    ];
    assert_eq!(recording.events, expected.map(|(us, kind)| Event::new(us, kind)));
}

#[test]
fn a_write_of_several_lines_is_several_events() {
    let recording = imported(
        "{\"t\":1,\"dir\":\"in\",\"line\":\"a\\n\\nb\\r\"}\n{\"t\":1,\"dir\":\"in\",\"line\":\"\"}\n",
    );
    let lines: Vec<_> =
        recording.events.iter().map(|event| event.payload().unwrap().wire()).collect();
    assert_eq!(lines, ["a\n", "\n", "b\r\n", "\n"]);
    assert_eq!(recording.events[1].us, 0);
}

#[test]
fn an_invalid_row_is_rejected_with_its_line() {
    for (row, why) in [
        ("nonsense", "expected"),
        (r#"{"dir":"in","line":"x"}"#, "missing field `t`"),
        (r#"{"t":1,"dir":"up","line":"x"}"#, "\"dir\" must be"),
        (r#"{"t":1,"dir":"in","line":null}"#, "neither \"line\" nor \"ev\""),
        (r#"{"t":1,"dir":"in","line":{}}"#, "expected a string"),
        (r#"{"t":1,"dir":"exit","line":"0"}"#, "Exit"),
    ] {
        let capture = format!("{{\"t\":0,\"dir\":\"in\",\"line\":\"\"}}\n{row}\n");
        let error = import(capture.as_bytes(), &ImportOptions::default()).unwrap_err();
        assert_eq!(error.line(), Some(2), "{error}");
        assert!(error.to_string().contains(why), "{row}: {error}");
    }
}

#[test]
fn missing_capture_data_comes_from_the_options() {
    let mut header = Header::new();
    header.cli = Some("2.1.329".to_owned());
    header.argv = Some(vec!["--add-dir".to_owned(), "/srv/x/work/sub".to_owned()]);
    let options = ImportOptions::new(header).roots([Root::cwd("/srv/x/work")]);
    let recording =
        import(b"{\"t\":0,\"dir\":\"out\",\"line\":\"/srv/x/work\"}\n", &options).unwrap();
    assert_eq!(recording.header.cli.as_deref(), Some("2.1.329"));
    assert_eq!(recording.header.argv.unwrap()[1], "${cwd}/sub");
    assert_eq!(
        recording.header.vars,
        BTreeMap::from([("cwd".to_owned(), "/home/user/project".to_owned())])
    );
    assert_eq!(recording.header.redactions, Some(2));
}

#[test]
fn real_captures_round_trip_byte_for_byte() {
    for path in captures() {
        comes_back(&path);
    }
}

fn comes_back(path: &Path) {
    let capture = std::fs::read_to_string(path).unwrap();
    let lab = lab_of(&capture);
    let roots = lab.as_deref().map(|lab| roots_of(&capture, lab)).unwrap_or_default();
    let live: BTreeMap<String, String> =
        roots.iter().map(|(var, path)| (var.to_string(), path.clone())).collect();
    let roots = roots
        .into_iter()
        .map(|(var, path)| Root::new(var, path, format!("/home/user/{var}")))
        .collect::<Vec<_>>();
    let recording =
        import(capture.as_bytes(), &ImportOptions::new(Header::new()).roots(roots)).unwrap();

    let file = recording.to_bytes();
    if let Some(lab) = lab {
        assert!(
            !String::from_utf8_lossy(&file).contains(&lab),
            "{}: the lab shows",
            path.display()
        );
    }
    let expanded = Recording::from_bytes(&file).unwrap().expand(&live).unwrap();

    let rows: Vec<Value> = capture.lines().map(|row| serde_json::from_str(row).unwrap()).collect();
    assert_eq!(expanded.events.len(), rows.len(), "{}", path.display());
    for (event, row) in expanded.events.iter().zip(rows) {
        let kind = match &event.kind {
            EventKind::In(_) => "in",
            EventKind::Out(_) => "out",
            EventKind::Err(_) => "err",
            EventKind::Exit(_) => "exit",
            _ => "ev",
        };
        match event.payload() {
            Some(payload) => {
                assert_eq!(row["dir"], kind, "{}", path.display());
                let eol = if row["noeol"] == true { "" } else { "\n" };
                let expected = format!("{}{eol}", row["line"].as_str().unwrap());
                assert!(
                    payload.wire() == expected.as_bytes(),
                    "{}: {payload:?}\nis not\n{expected}",
                    path.display()
                );
            }
            None if kind == "exit" => assert_eq!(row["dir"], "exit"),
            None => assert!(row["ev"].is_string(), "{}", path.display()),
        }
    }
    let total: u64 = expanded.events.iter().map(|event| event.us).sum();
    let last = capture
        .lines()
        .last()
        .map(|row| serde_json::from_str::<Value>(row).unwrap()["t"].as_f64().unwrap());
    assert_eq!(total, (last.unwrap() * 1e6).round() as u64, "{}", path.display());
}

/// The common parent folder of the capture's first working folder and its configuration; `None` if
/// it does not name both.
fn lab_of(capture: &str) -> Option<String> {
    let first = |name: &str| {
        let value = &capture[capture.find(&format!(r#"\"{name}\":\"/"#))? + name.len() + 7..];
        Some(value[..value.find('\\')?].to_owned())
    };
    let (cwd, styles) = (first("cwd")?, first("output_styles_dir")?);
    let common = cwd
        .split('/')
        .zip(styles.split('/'))
        .take_while(|(a, b)| a == b)
        .map(|(name, _)| name)
        .collect::<Vec<_>>()
        .join("/");
    (!common.is_empty()).then_some(common)
}

/// The folders that a capture mentions: its working folders, and every home below the lab.
fn roots_of(capture: &str, lab: &str) -> Vec<(&'static str, String)> {
    let mut roots = vec![("lab", lab.to_owned())];
    for line in capture.lines().filter_map(|row| serde_json::from_str::<Value>(row).ok()) {
        let message: Value = line["line"]
            .as_str()
            .and_then(|line| serde_json::from_str(line).ok())
            .unwrap_or_default();
        if let Some(cwd) = message["cwd"].as_str().filter(|_| roots.len() == 1) {
            roots.push(("cwd", cwd.to_owned()));
        }
    }
    let home = format!("{lab}/home-");
    let homes: BTreeSet<&str> = capture
        .match_indices(&home)
        .map(|(at, _)| &capture[at..])
        .map(|rest| &rest[..rest.find(['/', '"', '\\', ' ', '\'']).unwrap_or(rest.len())])
        .collect();
    if let Some(home) = homes.first() {
        roots.push(("home", (*home).to_owned()));
    }
    roots
}
