//! The uuids of recorded prompts are not those of a live host, wherever they stand.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::collections::BTreeMap;

use claude_wire::Replay;
use claude_wire::recording::{EventKind, Recording};
use serde_json::Value;

use crate::launch_support::played;
use crate::replay_support::{Host, RESULT};
use crate::support::project::{files, versions};

const OLD: &str = "0a1b2c3d-0000-4000-8000-0a1b2c3d4e5f";
const QUEUED: &str = "1b2c3d4e-0000-4000-8000-1b2c3d4e5f60";
const NEW: &str = "99999999-1111-4111-9111-999999999999";

/// The uuid of a prompt in the lines of a host.
fn uuid_of(line: &str) -> Option<String> {
    let line: Value = serde_json::from_str(line).ok()?;
    (line["type"] == "user").then_some(())?;
    line["uuid"].as_str().map(str::to_owned)
}

/// Other uuids for the recorded ones.
fn others(recorded: &[String]) -> BTreeMap<&str, String> {
    let other = |number| format!("99999999-{number:04}-4111-9111-999999999999");
    recorded.iter().enumerate().map(|(number, uuid)| (uuid.as_str(), other(number))).collect()
}

/// The line without its `uuid`.
fn unnamed(line: &str) -> String {
    let mut line: Value = serde_json::from_str(line).unwrap();
    line.as_object_mut().unwrap().shift_remove("uuid");
    line.to_string()
}

/// Each recording, played to its host with other uuids, and with none.
#[tokio::test(start_paused = true)]
async fn no_recorded_uuid_of_a_prompt_reaches_a_host_with_others_or_none() {
    let (mut seen, mut places) = (0, BTreeMap::new());
    for path in versions().into_iter().flat_map(|folder| files(&folder)) {
        let recording = Recording::open(&path).unwrap();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let mut recording = recording.expand(&BTreeMap::new()).unwrap_or(recording);
        recording.header.argv = None;
        let lines: Vec<_> = recording
            .events
            .iter()
            .filter_map(|event| match &event.kind {
                EventKind::In(line) => String::from_utf8(line.bytes().to_vec()).ok(),
                _ => None,
            })
            .collect();
        let recorded: Vec<_> = lines.iter().filter_map(|line| uuid_of(line)).collect();
        if recorded.is_empty() {
            continue;
        }
        for event in &recording.events {
            let EventKind::Out(line) = &event.kind else { continue };
            let line = String::from_utf8_lossy(line.bytes()).into_owned();
            for uuid in recorded.iter().filter(|uuid| line.contains(*uuid)) {
                for (at, _) in line.match_indices(&format!("\"{uuid}\"")) {
                    let key = line[..at].rsplit('"').nth(1).unwrap_or_default().to_owned();
                    *places.entry(key).or_insert(0) += 1;
                }
            }
        }
        let others = others(&recorded);
        let renamed = lines.iter().map(|line| {
            others.iter().fold(line.clone(), |line, (recorded, live)| line.replace(recorded, live))
        });
        let without = lines.iter().map(|line| match uuid_of(line) {
            Some(_) => unnamed(line),
            None => line.clone(),
        });
        let replay = Replay::new(recording.clone()).allow_truncated().unverified();
        for (how, live) in [("others", renamed.collect::<Vec<_>>()), ("none", without.collect())] {
            let played = played(&replay, &[""; 0], &live).await;
            for uuid in &recorded {
                assert!(!played.out.contains(uuid), "{name}, {how}: {uuid} in {}", played.out);
            }
            seen += others.values().filter(|live| played.out.contains(*live)).count();
            if how == "none" {
                assert!(!others.values().any(|live| played.out.contains(live)), "{name}");
                assert!(!played.out.contains("command_lifecycle"), "{name}: {}", played.out);
            }
        }
    }
    assert!(seen > 50, "{seen} live uuids came back");
    // They stand in more places than those that name prompts.
    for place in ["user_message_uuid", "uuid", "parentUuid", "refused_user_message_uuid"] {
        assert!(places.contains_key(place), "{place}: {places:?}");
    }
}

/// Rows of a transcript, a text, and one with the name of a prompt that is still to come.
fn mentions() -> String {
    format!(
        r#"
        {{"us":0,"in":{{"type":"user","uuid":"{OLD}","message":{{"role":"user","content":"Hi"}}}}}}
        {{"us":1,"out":{{"type":"transcript_mirror","entries":[{{"uuid":"{OLD}","parentUuid":null}},{{"parentUuid":"{OLD}","n":["{OLD}",1]}}]}}}}
        {{"us":1,"in":{{"type":"user","uuid":"{QUEUED}","message":{{"role":"user","content":"Then"}}}}}}
        {{"us":1,"out":{{"type":"system","subtype":"x","text":"after {OLD}, before {QUEUED}\nx{OLD}"}}}}
        {{"us":1,"out":{RESULT}}}
        {{"us":1,"out":{RESULT}}}
        {{"us":1,"eof":"in"}}"#
    )
}

fn prompt(uuid: Option<&str>, text: &str) -> String {
    let uuid = uuid.map_or(String::new(), |uuid| format!(r#""uuid":"{uuid}","#));
    format!(r#"{{"type":"user",{uuid}"message":{{"role":"user","content":"{text}"}}}}"#)
}

#[tokio::test(start_paused = true)]
async fn the_live_uuid_of_a_prompt_is_wherever_the_recorded_one_was() {
    for live in [Some(NEW), Some("no-uuid"), Some(OLD), None] {
        let mut host = Host::of(&mentions());
        host.write(prompt(live, "Hi")).await;
        let rows = host.line().await.unwrap();
        // It came before the prompt that it names, and does not wait for it.
        let text = host.line().await.unwrap();
        let value: Value = serde_json::from_str(&rows).unwrap();
        let id = value["entries"][0]["uuid"].as_str().unwrap().to_owned();
        match live {
            Some(live) => assert_eq!(id, live),
            None => assert!(id != OLD && id.len() == OLD.len(), "{id}"),
        }
        assert_eq!(value["entries"][1]["parentUuid"], *id);
        assert_eq!(value["entries"][1]["n"], serde_json::json!([id, 1]));
        assert!(text.contains(&format!("after {id}, before ")), "{text}");
        assert!(!text.contains(QUEUED) && text.contains(&format!("x{OLD}")), "{text}");
        host.expect(&[RESULT]).await;
        host.write(prompt(None, "Then")).await;
        host.expect(&[RESULT]).await;
        host.finish().await;
    }
}

/// A host that reads the uuid that it did not give may name the prompt by it.
#[tokio::test(start_paused = true)]
async fn a_made_up_uuid_names_its_prompt() {
    let events = format!(
        r#"
        {{"us":0,"in":{{"type":"user","uuid":"{OLD}","message":{{"role":"user","content":"Hi"}}}}}}
        {{"us":1,"out":{{"type":"user","isReplay":true,"uuid":"{OLD}","message":{{"role":"user","content":"Hi"}}}}}}
        {{"us":1,"out":{RESULT}}}
        {{"us":1,"in":{{"type":"control_request","request_id":"1","request":{{"subtype":"rewind_files","user_message_id":"{OLD}"}}}}}}
        {{"us":1,"out":{{"type":"control_response","response":{{"subtype":"success","request_id":"1"}}}}}}
        {{"us":1,"eof":"in"}}"#
    );
    for wrong in [false, true] {
        let mut host = Host::of(&events);
        host.write(prompt(None, "Hi")).await;
        let line: Value = serde_json::from_str(&host.line().await.unwrap()).unwrap();
        let id = line["uuid"].as_str().unwrap();
        assert_ne!(id, OLD);
        host.expect(&[RESULT]).await;
        let id = if wrong { NEW } else { id };
        host.write(format!(
            r#"{{"type":"control_request","request_id":"1","request":{{"subtype":"rewind_files","user_message_id":"{id}"}}}}"#
        ))
        .await;
        if wrong {
            let report = host.end().await.divergence();
            assert!(report.contains("user_message_id"), "{report}");
        } else {
            host.line().await.unwrap();
            host.finish().await;
        }
    }
}
