//! The form of a scenario's file.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::ser::SerializeMap as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

use super::outside::{ScriptedServer, ScriptedSkill, ShellHook};
use super::reply::{ModelReply, Step};
use crate::faults::Fault;
use crate::player::simulator::Times;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    #[serde(rename = "claude-wire")]
    pub(super) kind: String,
    pub(super) version: u64,
    /// What commands print: a text, or `stdout`, `stderr` and `exit_code`.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub(super) commands: Map<String, Value>,
    /// The sessions before the first launch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) sessions: Option<Earlier>,
    /// What happens at the start and at the end of each launch.
    #[serde(default, skip_serializing_if = "Steps::is_empty")]
    pub(super) start: Steps,
    #[serde(default, skip_serializing_if = "Steps::is_empty")]
    pub(super) end: Steps,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) turns: Option<Vec<Turn>>,
    /// Whether prompts come in any order.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) any_order: bool,
    /// Whether the CLI has no key.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) logged_out: bool,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) skills: BTreeMap<String, ScriptedSkill>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) settings_hooks: Vec<ShellHook>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) mcp_servers: BTreeMap<String, ScriptedServer>,
    /// The faults that are injected.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) faults: Vec<Fault>,
    /// Files of the working folder.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) files: BTreeMap<String, String>,
    /// What each launch has: its turns, or an object with them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) launches: Option<Vec<LaunchFile>>,
}

/// The sessions that exist.
#[derive(Serialize, Deserialize)]
#[serde(untagged, expecting = "`sessions`: expected a list of ids, or \"any\"")]
pub(super) enum Earlier {
    Listed(Vec<String>),
    Any(Word),
}

/// A launch: a list of turns, or an object.
#[derive(Default)]
pub(super) struct LaunchFile {
    pub(super) start: Steps,
    pub(super) end: Steps,
    pub(super) turns: Vec<Turn>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LaunchObject {
    #[serde(default, skip_serializing_if = "Steps::is_empty")]
    pub(super) start: Steps,
    #[serde(default, skip_serializing_if = "Steps::is_empty")]
    pub(super) end: Steps,
    #[serde(default)]
    pub(super) turns: Vec<Turn>,
}

impl<'de> Deserialize<'de> for LaunchFile {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;

        impl<'de> Visitor<'de> for Either {
            type Value = LaunchFile;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of turns, or an object with `turns`")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, turns: A) -> Result<LaunchFile, A::Error> {
                let turns = Vec::deserialize(SeqAccessDeserializer::new(turns))?;
                Ok(LaunchFile { turns, ..LaunchFile::default() })
            }

            fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<LaunchFile, A::Error> {
                let LaunchObject { start, end, turns } =
                    LaunchObject::deserialize(MapAccessDeserializer::new(object))?;
                Ok(LaunchFile { start, end, turns })
            }
        }
        deserializer.deserialize_any(Either)
    }
}

impl Serialize for LaunchFile {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.start.is_empty() && self.end.is_empty() {
            return self.turns.serialize(serializer);
        }
        let mut object = serializer.serialize_map(None)?;
        for (name, steps) in [("start", &self.start), ("end", &self.end)] {
            if !steps.is_empty() {
                object.serialize_entry(name, steps)?;
            }
        }
        object.serialize_entry("turns", &self.turns)?;
        object.end()
    }
}

/// The steps of a reply: a list, or the text that the model says.
#[derive(Clone, Default, Serialize)]
#[serde(transparent)]
pub(super) struct Steps(pub(super) Vec<Step>);

impl Steps {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<Steps> for ModelReply {
    fn from(steps: Steps) -> Self {
        Self { steps: steps.0 }
    }
}

impl<'de> Deserialize<'de> for Steps {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;

        impl<'de> Visitor<'de> for Either {
            type Value = Steps;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of steps, or a text")
            }

            fn visit_str<E>(self, text: &str) -> Result<Steps, E> {
                Ok(Steps(vec![Step::Text(text.to_owned())]))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, steps: A) -> Result<Steps, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(steps)).map(Steps)
            }
        }
        deserializer.deserialize_any(Either)
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Turn {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) prompt: Option<String>,
    #[serde(default, rename = "prompt_contains", skip_serializing_if = "Option::is_none")]
    pub(super) contains: Option<String>,
    #[serde(default, rename = "prompt_regex", skip_serializing_if = "Option::is_none")]
    pub(super) regex: Option<String>,
    /// How often it is played.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) times: Option<Often>,
    pub(super) reply: Steps,
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Often {
    Times(usize),
    Any(Word),
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Word {
    Any,
}

impl From<Often> for Times {
    fn from(often: Often) -> Self {
        match often {
            Often::Times(times) => Self::Exactly(times),
            Often::Any(Word::Any) => Self::Any,
        }
    }
}
