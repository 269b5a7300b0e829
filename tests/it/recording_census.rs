//! The contents of the project's recordings: listed in `docs/census.json`, and all of it modelled.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use crate::support::project;
use std::collections::BTreeSet;
use std::fs;

use claude_wire::recording::{Census, Event, EventKind, Payload, Recording, audit};
use claude_wire::wire::declared::declared;
use serde_json::Value;

fn recordings() -> Vec<Recording> {
    let files = project::files(&project::recordings());
    files.iter().map(|path| Recording::open(path).unwrap()).collect()
}

/// Rewrites the file if `CLAUDE_WIRE_WRITE_DOCS` is set.
#[test]
fn the_census_in_docs_matches_the_recordings() {
    let census = Census::of(&recordings()).to_string();
    let path = project::project().join("docs/census.json");
    if std::env::var_os("CLAUDE_WIRE_WRITE_DOCS").is_some() {
        fs::write(&path, &census).unwrap();
    }
    let kept = fs::read_to_string(&path).unwrap();
    let difference = kept.lines().zip(census.lines()).find(|(kept, now)| kept != now);
    assert!(
        kept == census,
        "{} is out of date, first at {difference:?}: run the test again with CLAUDE_WIRE_WRITE_DOCS=1",
        path.display()
    );
}

#[test]
fn every_line_of_the_recordings_is_modelled_in_full() {
    let gaps: BTreeSet<String> =
        recordings().iter().flat_map(audit).map(|gap| gap.to_string()).collect();
    assert_eq!(gaps, BTreeSet::new());
}

/// What the documentation calls "declared, not seen" is in no recording.
#[test]
fn no_recorded_field_is_called_not_seen() {
    let census: Value = serde_json::from_str(&Census::of(&recordings()).to_string()).unwrap();
    let declared = declared();
    let mut wrong = BTreeSet::new();
    let mut fields = 0;
    for (kind, of_kind) in census["kinds"].as_object().unwrap() {
        let Some(kind) = kind.strip_prefix("out ") else { continue };
        let (shape, start) = match *kind.split('/').collect::<Vec<_>>() {
            ["control_request", "hook_callback", event, ..] => {
                (declared.hook_inputs.get(event), "request.input.")
            }
            ["control_request", name, ..] => (declared.requests.get(name), "request."),
            ["control_response", name, ..] => (declared.replies.get(name), "response.response."),
            [name, subtype, ..] => {
                let shape = declared.messages.get(&format!("{name}/{subtype}"));
                (shape.or_else(|| declared.messages.get(name)), "")
            }
            _ => (declared.messages.get(kind), ""),
        };
        let Some(shape) = shape else { continue };
        for field in shape.unseen() {
            let path = format!("{start}{field}");
            if of_kind["fields"].get(&path).is_some() {
                wrong.insert(format!("{kind}: {path}"));
            }
        }
        fields += of_kind["fields"].as_object().unwrap().len();
    }
    assert!(fields > 1000, "only {fields} fields were looked up");
    assert_eq!(wrong, BTreeSet::new(), "recorded, so remove `declared`");
}

/// Verifies that the tests above would fail: adds an unknown field, value and kind to a modelled
/// recording.
#[test]
fn unmodelled_lines_are_detected() {
    let clean = Recording::open(project::recording("one-shot")).unwrap();
    for (from, to, gap) in [
        (
            r#""subtype":"init","#,
            r#""subtype":"init","aura":1,"#,
            "out system/init: aura is not modelled",
        ),
        (
            r#""subtype":"init","#,
            r#""subtype":"flux","#,
            r#"out system/flux: subtype = "flux" is not known"#,
        ),
        (
            r#""permissionMode":"default""#,
            r#""permissionMode":"quantum""#,
            r#"out system/init: permissionMode = "quantum" is not known"#,
        ),
        (
            r#""models":[{"#,
            r#""models":[{"aura":1,"#,
            "out control_response/initialize: response.response.models[].aura is not modelled",
        ),
    ] {
        let mut altered = clean.clone();
        let changed = altered
            .events
            .iter_mut()
            .map(|event| alter(event, from, to))
            .filter(|changed| *changed)
            .count();
        assert_eq!(changed, 1, "{from}");
        assert_eq!(audit(&altered).iter().map(ToString::to_string).collect::<Vec<_>>(), [gap]);
    }
}

fn alter(event: &mut Event, from: &str, to: &str) -> bool {
    let EventKind::Out(line) = &mut event.kind else { return false };
    let text = String::from_utf8(line.bytes().to_vec()).unwrap();
    *line = Payload::line(text.replacen(from, to, 1));
    text.contains(from)
}
