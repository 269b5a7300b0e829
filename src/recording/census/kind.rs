//! The name of a line's kind.

use std::collections::HashMap;

use serde_json::Value;

use crate::recording::event::EventKind;

/// Names the kinds of the lines of one recording, in order. An answer is named after its request.
#[derive(Default)]
pub(in crate::recording) struct Namer {
    /// The requests seen so far, by direction and id (as JSON).
    asked: HashMap<(bool, String), String>,
}

impl Namer {
    /// The kind of a line; `None` if it is not a line of stdin or stdout.
    pub(in crate::recording) fn name(
        &mut self,
        event: &EventKind,
        line: Option<&Value>,
    ) -> Option<String> {
        let (direction, to_cli) = match event {
            EventKind::In(_) => ("in", true),
            EventKind::Out(_) => ("out", false),
            _ => return None,
        };
        let Some(line) = line else { return Some(format!("{direction} not JSON")) };
        let Some(kind) = line["type"].as_str() else {
            return Some(format!("{direction} without type"));
        };
        let mut parts = vec![kind.to_owned()];
        match kind {
            "stream_event" => {
                let event = &line["event"];
                parts.extend(
                    [&event["type"], &event["delta"]["type"], &event["content_block"]["type"]]
                        .into_iter()
                        .filter_map(word),
                );
            }
            "control_request" => {
                let asked = request(&line["request"]);
                self.asked.insert((to_cli, line["request_id"].to_string()), asked.clone());
                parts.push(asked);
            }
            "control_response" => {
                let response = &line["response"];
                let asked = self.asked.get(&(!to_cli, response["request_id"].to_string()));
                parts.extend(asked.cloned());
                parts.extend(
                    (response["subtype"] != "success")
                        .then(|| word(&response["subtype"]))
                        .flatten(),
                );
            }
            _ => parts.extend(word(&line["subtype"])),
        }
        Some(format!("{direction} {}", parts.join("/")))
    }
}

fn request(request: &Value) -> String {
    let words =
        [&request["subtype"], &request["input"]["hook_event_name"], &request["message"]["method"]];
    words.into_iter().filter_map(word).collect::<Vec<_>>().join("/")
}

fn word(value: &Value) -> Option<String> {
    value.as_str().map(String::from)
}
