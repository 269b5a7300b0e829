//! The numbers that identities get.

use std::collections::HashMap;

use serde_json::Value;

use super::shapes::{self, Shape, TIME};
use crate::common::is_uuid;

/// What is compared after normalising.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::recording) enum Sides {
    /// Two versions of the CLI.
    Versions,
    /// Two runs of one version: versions and costs are kept.
    Runs,
}

/// The shortest word that is looked for in texts, in bytes; shorter ones are too common.
const SHORTEST_ID: usize = 4;

/// The identities seen so far, and their names.
pub(super) struct Names {
    sides: Sides,
    /// By the text itself: each text has one kind only.
    known: HashMap<String, String>,
    taken: HashMap<&'static str, usize>,
}

impl Names {
    pub(super) fn new(sides: Sides) -> Self {
        Self { sides, known: HashMap::new(), taken: HashMap::new() }
    }

    pub(super) fn hides_costs(&self) -> bool {
        self.sides == Sides::Versions
    }

    /// Collects the ids that are recognised by key only, so that they are found in texts too, even
    /// in earlier ones.
    pub(super) fn take_ids(&mut self, value: &Value) {
        match value {
            Value::Array(items) => items.iter().for_each(|item| self.take_ids(item)),
            Value::Object(members) => {
                for (key, value) in members {
                    match value {
                        Value::String(text) if is_id_key(key) => self.take_id(text),
                        Value::Array(items) if is_id_key(key) => items
                            .iter()
                            .filter_map(Value::as_str)
                            .for_each(|text| self.take_id(text)),
                        _ => {}
                    }
                    self.take_ids(value);
                }
            }
            _ => {}
        }
    }

    fn take_id(&mut self, text: &str) {
        let word = text.len() >= SHORTEST_ID && text.bytes().all(shapes::is_word);
        // A word without a digit is a name: of an agent, a server, a style.
        if word && text.bytes().any(|byte| byte.is_ascii_digit()) && !is_uuid(text.as_bytes()) {
            self.name("id", text);
        }
    }

    /// Replaces each identity in the text by its name.
    pub(super) fn in_text(&mut self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut at = 0;
        while let Some((shape, place)) = shapes::next(text, at) {
            // Every shape is ASCII, so it begins and ends between characters.
            out.push_str(&text[at..place.start]);
            at = place.end;
            let found = &text[place];
            match shape {
                Shape::Time => out.push_str(TIME),
                Shape::Word => out.push_str(self.known.get(found).map_or(found, String::as_str)),
                Shape::Named(shapes::VERSION) if self.sides == Sides::Runs => {
                    out.push_str(found);
                }
                Shape::Named(kind) => out.push_str(&self.name(kind, found)),
            }
        }
        out.push_str(&text[at..]);
        out
    }

    fn name(&mut self, kind: &'static str, text: &str) -> String {
        if let Some(name) = self.known.get(text) {
            return name.clone();
        }
        let number = self.taken.entry(kind).or_default();
        let name = format!("{kind}:{number}");
        *number += 1;
        self.known.insert(text.to_owned(), name.clone());
        name
    }
}

fn is_id_key(key: &str) -> bool {
    key == "id"
        || ["_id", "_ids", "Id", "Ids", "_uuid", "_uuids"].iter().any(|end| key.ends_with(end))
}
