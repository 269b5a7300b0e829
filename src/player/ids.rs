//! The ids of a line that belong to the host, and how the live ones replace them.
//!
//! A recorded line has the ids that the recorded host chose: of its control requests, its prompts,
//! its hook callbacks. A live host chooses others. Exactly these fields are rewritten, in place and
//! byte for byte:
//!
//! | field | in | live value |
//! |---|---|---|
//! | `request_id` | `control_response` (inside `response`), `control_request_progress` | of the request it answers |
//! | `user_message_uuid`, `user_message_uuids`, `command_uuid`, `message_uuid`, `still_queued`, `cancelled` | any line, outside of messages and tool data | the prompt's `uuid` |
//! | `uuid` | `user` lines with `isReplay` | the prompt's `uuid` |
//! | `callback_id` | `hook_callback` requests | the hook's callback in the same place of `initialize` |
//!
//! A prompt of a live host may have no `uuid`. The CLI names no such prompt, so the fields that
//! would name it are left out, and with them the `command_lifecycle` lines about it. A line with
//! `isReplay` has another `uuid` then: there the CLI makes one up. What else has the recorded uuid of
//! a prompt is in `mentions.rs`.

use std::ops::Range;

use bytes::Bytes;

use crate::wire::{Cursor, Frame};

/// The kind of an id, which decides where its live value is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum IdKind {
    /// A control request of the host.
    Request,
    /// A prompt.
    Prompt,
    /// The prompt that a `command_lifecycle` line is about.
    Lifecycle,
    /// A prompt that a line repeats (`isReplay`).
    Repeated,
    /// A hook callback.
    Callback,
    /// A prompt whose recorded uuid is part of a text.
    Mention,
}

/// An id in a recorded line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FoundId {
    pub(super) kind: IdKind,
    /// The id: a string's text, or the spelling of any other value.
    pub(super) id: String,
    /// The range of the value in the line, quotes included.
    pub(super) span: Range<usize>,
}

/// The search depth. No id was seen deeper than 3.
const MAX_DEPTH: usize = 6;

/// Text of users, models and tools: what looks like an id in there is data.
const DATA: [&[u8]; 8] = [
    b"message",
    b"event",
    b"tool_use_result",
    b"result",
    b"structured_output",
    b"input",
    b"content",
    b"permission_denials",
];

/// The ids of a line from the CLI that may be the host's, in the order of the line.
pub(super) fn find(line: &Bytes) -> Vec<FoundId> {
    let Ok(frame) = Frame::parse(line.clone()) else { return Vec::new() };
    let (root, offset) = (frame.root(), frame.object_start());
    let kind = frame.kind_name();
    let is_replay =
        kind == "user" && root.get("isReplay").and_then(|flag| flag.bool()) == Some(true);
    let mut search = Search {
        control: kind.starts_with("control_") && kind != "control_cancel_request",
        lifecycle: kind == "command_lifecycle",
        offset,
        found: Vec::new(),
    };
    search.object(&root, 0);
    if is_replay && let Some(uuid) = root.get("uuid") {
        search.push(IdKind::Repeated, &uuid);
    }
    search.found.sort_by_key(|id| id.span.start);
    search.found
}

struct Search {
    control: bool,
    lifecycle: bool,
    offset: usize,
    found: Vec<FoundId>,
}

impl Search {
    fn object(&mut self, object: &Cursor<'_>, depth: usize) {
        for (key, value) in object.fields() {
            match &*key {
                b"request_id" if self.control => self.push(IdKind::Request, &value),
                b"callback_id" if self.control => self.push(IdKind::Callback, &value),
                b"command_uuid" if self.lifecycle => self.push(IdKind::Lifecycle, &value),
                b"user_message_uuid" | b"command_uuid" | b"message_uuid" => {
                    self.push(IdKind::Prompt, &value)
                }
                b"user_message_uuids" | b"still_queued" | b"cancelled" => {
                    for item in value.items() {
                        self.push(IdKind::Prompt, &item);
                    }
                }
                key if DATA.contains(&key) || depth == MAX_DEPTH => {}
                _ => {
                    self.object(&value, depth + 1);
                    for item in value.items() {
                        self.object(&item, depth + 1);
                    }
                }
            }
        }
    }

    fn push(&mut self, kind: IdKind, value: &Cursor<'_>) {
        let id = value
            .string()
            .map_or_else(|| value.raw().text().into_owned(), |text| text.into_owned());
        let span = value.span();
        self.found.push(FoundId {
            kind,
            id,
            span: span.start + self.offset..span.end + self.offset,
        });
    }
}

/// The line with the values at some places replaced, or left out where there is no new one. The
/// places are in order and do not overlap.
pub(super) fn replace(line: &Bytes, places: &[(Range<usize>, Option<Bytes>)]) -> Bytes {
    if places.is_empty() {
        return line.clone();
    }
    let mut bytes = line.to_vec();
    // From the back, so that the places before stay where they are.
    for (span, new) in places.iter().rev() {
        match new {
            Some(new) => drop(bytes.splice(span.clone(), new.iter().copied())),
            None => leave_out(&mut bytes, span.clone()),
        }
    }
    bytes.into()
}

/// Removes a member of an object or an item of an array, with the comma that belongs to it. An array
/// of prompts that is empty then goes as well.
fn leave_out(line: &mut Vec<u8>, value: Range<usize>) {
    let before = back_over_space(line, value.start);
    let is_member = before.checked_sub(1).and_then(|at| line.get(at)) == Some(&b':');
    let start = if is_member { key_start(line, before - 1) } else { value.start };
    let (before, after) = (back_over_space(line, start), over_space(line, value.end));
    let precedes = |byte| before.checked_sub(1).and_then(|at| line.get(at)) == Some(&byte);
    let follows = |byte| line.get(after) == Some(&byte);
    if precedes(b',') {
        line.drain(before - 1..value.end);
    } else if follows(b',') {
        line.drain(start..over_space(line, after + 1));
    } else if precedes(b'[') && follows(b']') {
        let list = before - 1..after + 1;
        line.drain(before..after);
        let colon = back_over_space(line, list.start);
        if colon > 0 && line[..colon - 1].trim_ascii_end().ends_with(b"\"user_message_uuids\"") {
            leave_out(line, list.start..list.start + 2);
        }
    } else {
        line.drain(start..value.end);
    }
}

/// The start of the key whose colon is at `colon`.
fn key_start(line: &[u8], colon: usize) -> usize {
    let end = back_over_space(line, colon).saturating_sub(1);
    let quotes = (0..end).rev().filter(|at| line[*at] == b'"');
    let is_escaped =
        |at: &usize| line[..*at].iter().rev().take_while(|byte| **byte == b'\\').count() % 2 == 1;
    quotes.into_iter().find(|at| !is_escaped(at)).unwrap_or(end)
}

fn back_over_space(line: &[u8], end: usize) -> usize {
    line.get(..end).unwrap_or_default().trim_ascii_end().len()
}

fn over_space(line: &[u8], start: usize) -> usize {
    let rest = line.get(start..).unwrap_or_default();
    start + rest.len() - rest.trim_ascii_start().len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(line: &'static str) -> Vec<(IdKind, String, &'static str)> {
        find(&Bytes::from_static(line.as_bytes()))
            .into_iter()
            .map(|id| (id.kind, id.id, &line[id.span]))
            .collect()
    }

    #[test]
    fn request_ids_are_in_the_response_and_need_not_be_strings() {
        let line =
            r#"  {"type":"control_response","response":{"subtype":"success","request_id" : 7}}"#;
        assert_eq!(found(line), [(IdKind::Request, "7".into(), "7")]);
        let line = r#"{"response":{"r\u0065quest_id":"a\u0062","subtype":"error"},"type":"control_response"}"#;
        assert_eq!(found(line), [(IdKind::Request, "ab".into(), r#""a\u0062""#)]);
    }

    #[test]
    fn ids_are_found_after_invisible_output() {
        let line = "\x1b]0;t\x07 {\"type\":\"control_response\",\"response\":{\"request_id\":\"r\"}}\x1b[0m";
        assert_eq!(found(line), [(IdKind::Request, "r".into(), "\"r\"")]);
    }

    #[test]
    fn an_api_request_id_is_not_the_hosts() {
        assert_eq!(
            found(r#"{"type":"assistant","request_id":"req_1","message":{"content":[]}}"#),
            []
        );
        assert_eq!(found(r#"{"type":"control_cancel_request","request_id":"req_1"}"#), []);
    }

    #[test]
    fn prompts_are_named_at_any_depth_outside_of_data() {
        let line = r#"{"user_message_uuid":"b","user_message_uuids":["a","b"],"type":"result","result":{"message_uuid":"x"}}"#;
        let ids: Vec<_> = found(line).into_iter().map(|(_, id, _)| id).collect();
        assert_eq!(ids, ["b", "a", "b"]);
        let line = r#"{"type":"control_response","response":{"request_id":"r","response":{"still_queued":["a"],"cancelled":["b"]}}}"#;
        let ids: Vec<_> = found(line).into_iter().map(|(kind, id, _)| (kind, id)).collect();
        assert_eq!(
            ids,
            [
                (IdKind::Request, "r".into()),
                (IdKind::Prompt, "a".into()),
                (IdKind::Prompt, "b".into())
            ]
        );
        let line = r#"{"type":"assistant","message":{"content":[{"input":{"command_uuid":"a"}}]}}"#;
        assert_eq!(found(line), []);
    }

    #[test]
    fn only_a_replayed_prompt_has_the_hosts_uuid() {
        assert_eq!(found(r#"{"type":"user","uuid":"a","message":{}}"#), []);
        assert_eq!(
            found(r#"{"type":"user","isReplay":true,"uuid":"a","message":{}}"#),
            [(IdKind::Repeated, "a".into(), r#""a""#)]
        );
    }

    #[test]
    fn broken_and_deep_lines_have_no_ids() {
        assert_eq!(found("not json"), []);
        let deep = format!("{}{}", r#"{"a":"#.repeat(5000), "1") + &"}".repeat(5000);
        assert_eq!(find(&deep.into()), []);
    }

    #[test]
    fn replaces_in_place_and_leaves_the_rest() {
        let line = Bytes::from_static(br#"{"a": "x" ,"b":["y",1.0e0]}"#);
        let new = replace(
            &line,
            &[
                (6..9, Some(Bytes::from_static(b"\"longer\""))),
                (16..19, Some(Bytes::from_static(b"7"))),
            ],
        );
        assert_eq!(new, &br#"{"a": "longer" ,"b":[7,1.0e0]}"#[..]);
        assert_eq!(replace(&line, &[]), line);
    }

    /// Leaves out the ids in `gone`, and spells the others `"new"`.
    fn without(line: &str, gone: &[&str]) -> String {
        let line = Bytes::copy_from_slice(line.as_bytes());
        let places: Vec<_> = find(&line)
            .into_iter()
            .map(|id| {
                let new = (!gone.contains(&id.id.as_str())).then(|| "\"new\"".into());
                (id.span, new)
            })
            .collect();
        String::from_utf8(replace(&line, &places).to_vec()).unwrap()
    }

    #[test]
    fn what_names_a_prompt_without_a_uuid_is_left_out() {
        for (line, gone, rest) in [
            (
                r#"{"type":"result","user_message_uuid":"a","n":1}"#,
                "a",
                r#"{"type":"result","n":1}"#,
            ),
            (r#"{"user_message_uuid" : "a" , "type":"x"}"#, "a", r#"{"type":"x"}"#),
            (r#"{"type":"x", "user_message_uuid":"a"}"#, "a", r#"{"type":"x"}"#),
            (r#"{"type":"x","us\u0065r_message_uuid":"a"}"#, "a", r#"{"type":"x"}"#),
            (r#"{"type":"x","user_message_uuids":["a"]}"#, "a", r#"{"type":"x"}"#),
            (
                r#"{"type":"x","user_message_uuids":[ "a" ],"n":[1]}"#,
                "a",
                r#"{"type":"x","n":[1]}"#,
            ),
            (
                r#"{"user_message_uuids":["a", "b"],"type":"x"}"#,
                "a",
                r#"{"user_message_uuids":["new"],"type":"x"}"#,
            ),
            (
                r#"{"user_message_uuids":["b", "a"],"type":"x"}"#,
                "a",
                r#"{"user_message_uuids":["new"],"type":"x"}"#,
            ),
            (
                r#"{"type":"control_response","response":{"request_id":"r","response":{"still_queued":["a"]}}}"#,
                "a",
                r#"{"type":"control_response","response":{"request_id":"new","response":{"still_queued":[]}}}"#,
            ),
        ] {
            assert_eq!(without(line, &[gone]), rest, "{line}");
        }
        let both = r#"{"type":"x","user_message_uuid":"a","user_message_uuids":["a","b"]}"#;
        assert_eq!(without(both, &["a", "b"]), r#"{"type":"x"}"#);
        assert_eq!(
            without(both, &["b"]),
            r#"{"type":"x","user_message_uuid":"new","user_message_uuids":["new"]}"#
        );
    }
}
