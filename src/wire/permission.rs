//! Changes to the permission rules: the CLI's suggestions, and a host's answers.

use std::fmt;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::decode::{At, Decode, Shape, Sink, member};
use super::json::{Cursor, RawJson, Reader};

/// A change to the permission rules (`PermissionUpdate`, CLI 2.1.329).
///
/// The CLI suggests such changes with a question, and a host may answer with them. If this version
/// of the crate does not know all of an update from the CLI, down to a single field, the update is
/// kept unchanged, so that it can be sent back without loss.
///
/// ```
/// use claude_wire::wire::{RawJson, permission::{PermissionBehavior, PermissionDestination, PermissionUpdate}};
///
/// let update = PermissionUpdate::AddRules {
///     rules: vec!["Bash(git log:*)".into(), "Read".into()],
///     behavior: PermissionBehavior::Allow,
///     destination: PermissionDestination::Session,
/// };
/// assert_eq!(
///     RawJson::from_serialize(&update)?.text(),
///     concat!(
///         r#"{"type":"addRules","rules":[{"toolName":"Bash","ruleContent":"git log:*"},{"toolName":"Read"}],"#,
///         r#""behavior":"allow","destination":"session"}"#
///     )
/// );
/// # Ok::<(), claude_wire::wire::JsonError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum PermissionUpdate {
    /// `addRules`.
    AddRules {
        /// `rules`.
        rules: Vec<PermissionRule>,
        /// `behavior`.
        behavior: PermissionBehavior,
        /// `destination`.
        destination: PermissionDestination,
    },
    /// `replaceRules`: replaces all rules of the same behaviour there.
    ReplaceRules {
        /// `rules`.
        rules: Vec<PermissionRule>,
        /// `behavior`.
        behavior: PermissionBehavior,
        /// `destination`.
        destination: PermissionDestination,
    },
    /// `removeRules`.
    RemoveRules {
        /// `rules`.
        rules: Vec<PermissionRule>,
        /// `behavior`.
        behavior: PermissionBehavior,
        /// `destination`.
        destination: PermissionDestination,
    },
    /// `setMode`.
    SetMode {
        /// `mode`.
        mode: PermissionMode,
        /// `destination`.
        destination: PermissionDestination,
    },
    /// `addDirectories`: additional working directories.
    AddDirectories {
        /// `directories`.
        directories: Vec<String>,
        /// `destination`.
        destination: PermissionDestination,
    },
    /// `removeDirectories`.
    RemoveDirectories {
        /// `directories`.
        directories: Vec<String>,
        /// `destination`.
        destination: PermissionDestination,
    },
    /// An update that this version of the crate does not fully know, unchanged.
    Other(RawJson),
}

object! {
    /// A rule, as in `Bash(git log:*)` (`PermissionRuleValue`, CLI 2.1.329).
    pub struct PermissionRule {
        /// The tool.
        pub tool_name: String = "toolName" required,
        /// The text in parentheses; without it the rule is for the whole tool. Never sent as
        /// `null`, since the CLI would then ignore every update of the answer.
        pub rule_content: Option<String> = "ruleContent",
    }
}

open_enum! {
    /// What a rule does (`behavior`).
    pub enum PermissionBehavior {
        Allow = "allow",
        Deny = "deny",
        Ask = "ask",
    }
}

open_enum! {
    /// Where a change is saved (`destination`).
    pub enum PermissionDestination {
        UserSettings = "userSettings",
        ProjectSettings = "projectSettings",
        /// `.claude/settings.local.json` in the working directory.
        LocalSettings = "localSettings",
        /// Nowhere: it applies to this session.
        Session = "session",
        CliArg = "cliArg",
    }
}

open_enum! {
    /// What a session may do without asking (`permissionMode`).
    pub enum PermissionMode {
        /// Ask.
        Default = "default",
        /// Another name for `default`, under which the CLI reports it.
        Manual = "manual",
        /// Ask, except for edits of files.
        AcceptEdits = "acceptEdits",
        /// Never ask, allow everything. Refused by the CLI when it runs as root outside a sandbox.
        BypassPermissions = "bypassPermissions",
        /// Read and plan; change nothing.
        Plan = "plan",
        /// Never ask, deny what would have been asked.
        DontAsk = "dontAsk",
        /// The CLI's own classifier decides.
        Auto = "auto",
    }
}

open_enum! {
    /// A code for the reason of a decision (`decision_reason_code`).
    pub enum DecisionReasonCode {
        ClassifierTranscriptTooLong = "classifier_transcript_too_long",
        OutsideReadsBlocked = "outside_reads_blocked",
        MemoryPaused = "memory_paused",
        AutoModeNoCheckInSession = "auto_mode_no_check_in_session",
        AutoModeStopNoCheckInSession = "auto_mode_stop_no_check_in_session",
        AutoModeStopNoResultForCalls = "auto_mode_stop_no_result_for_calls",
        AutoModeStopNoVerdict = "auto_mode_stop_no_verdict",
        OrgAskCeiling = "org_ask_ceiling",
        DenialLimitHostReset = "denial_limit_host_reset",
    }
}

impl PermissionUpdate {
    /// Why the CLI would not accept it; then it ignores every update of the answer.
    pub fn fault(&self) -> Option<&'static str> {
        match self {
            Self::AddRules { rules, .. } | Self::RemoveRules { rules, .. } if rules.is_empty() => {
                Some("no rules")
            }
            Self::AddRules { rules, .. }
            | Self::ReplaceRules { rules, .. }
            | Self::RemoveRules { rules, .. }
                if rules.iter().any(|rule| rule.tool_name.is_empty()) =>
            {
                Some("a rule without a tool")
            }
            Self::AddDirectories { directories, .. }
            | Self::RemoveDirectories { directories, .. }
                if directories.is_empty() =>
            {
                Some("no directories")
            }
            Self::Other(raw) if raw.pointer("/type").is_none_or(|kind| kind.as_str().is_none()) => {
                Some("no type")
            }
            _ => None,
        }
    }

    /// The `type` of an update that is known.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::AddRules { .. } => "addRules",
            Self::ReplaceRules { .. } => "replaceRules",
            Self::RemoveRules { .. } => "removeRules",
            Self::SetMode { .. } => "setMode",
            Self::AddDirectories { .. } => "addDirectories",
            Self::RemoveDirectories { .. } => "removeDirectories",
            Self::Other(_) => "",
        }
    }

    /// The update, if it is fully known.
    fn known(value: Cursor<'_>) -> Option<Self> {
        match &*value.get("type")?.string()? {
            "addRules" => whole(value).map(|Rules { rules, behavior, destination }| {
                Self::AddRules { rules, behavior, destination }
            }),
            "replaceRules" => whole(value).map(|Rules { rules, behavior, destination }| {
                Self::ReplaceRules { rules, behavior, destination }
            }),
            "removeRules" => whole(value).map(|Rules { rules, behavior, destination }| {
                Self::RemoveRules { rules, behavior, destination }
            }),
            "setMode" => {
                whole(value).map(|Mode { mode, destination }| Self::SetMode { mode, destination })
            }
            "addDirectories" => whole(value).map(|Directories { directories, destination }| {
                Self::AddDirectories { directories, destination }
            }),
            "removeDirectories" => whole(value).map(|Directories { directories, destination }| {
                Self::RemoveDirectories { directories, destination }
            }),
            _ => None,
        }
    }
}

impl Decode for PermissionUpdate {
    const EXPECTED: &'static str = "an object";

    fn decode(reader: &mut Reader<'_>, at: &At<'_>, sink: &mut Sink) -> Option<Self> {
        let value = reader.skip();
        Some(Self::known(value).unwrap_or_else(|| {
            let kind = value.get("type").and_then(|kind| kind.string()).unwrap_or_default();
            sink.unknown_word(&at.key("type"), &kind);
            Self::Other(value.raw())
        }))
    }

    fn declare(at: &str, shape: &mut Shape) {
        let kind = member(at, "type");
        for word in [
            "addRules",
            "replaceRules",
            "removeRules",
            "setMode",
            "addDirectories",
            "removeDirectories",
        ] {
            shape.add_word(&kind, word);
        }
        Rules::declare(at, shape);
        Mode::declare(at, shape);
        Directories::declare(at, shape);
    }
}

impl Serialize for PermissionUpdate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if let Self::Other(raw) = self {
            return raw.serialize(serializer);
        }
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("type", self.kind())?;
        match self {
            Self::AddRules { rules, behavior, destination }
            | Self::ReplaceRules { rules, behavior, destination }
            | Self::RemoveRules { rules, behavior, destination } => {
                map.serialize_entry("rules", rules)?;
                map.serialize_entry("behavior", behavior)?;
                map.serialize_entry("destination", destination)?;
            }
            Self::SetMode { mode, destination } => {
                map.serialize_entry("mode", mode)?;
                map.serialize_entry("destination", destination)?;
            }
            Self::AddDirectories { directories, destination }
            | Self::RemoveDirectories { directories, destination } => {
                map.serialize_entry("directories", directories)?;
                map.serialize_entry("destination", destination)?;
            }
            Self::Other(_) => {}
        }
        map.end()
    }
}

impl PermissionRule {
    /// A rule for a whole tool.
    pub fn tool(name: impl Into<String>) -> Self {
        Self { tool_name: name.into(), rule_content: None }
    }

    /// A rule for some uses of a tool, such as `git log:*` of `Bash`.
    pub fn content(name: impl Into<String>, content: impl Into<String>) -> Self {
        Self { tool_name: name.into(), rule_content: Some(content.into()) }
    }
}

/// Reads `Tool` or `Tool(content)`.
impl From<&str> for PermissionRule {
    fn from(rule: &str) -> Self {
        match rule.strip_suffix(')').and_then(|rule| rule.split_once('(')) {
            Some((tool, content)) => Self::content(tool, content),
            None => Self::tool(rule),
        }
    }
}

impl fmt::Display for PermissionRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.tool_name)?;
        self.rule_content.iter().try_for_each(|content| write!(f, "({content})"))
    }
}

impl Serialize for PermissionRule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("toolName", &self.tool_name)?;
        if let Some(content) = &self.rule_content {
            map.serialize_entry("ruleContent", content)?;
        }
        map.end()
    }
}

/// Decodes an object in which nothing may be missing, wrong or left over.
fn whole<T: Decode>(value: Cursor<'_>) -> Option<T> {
    let mut sink = Sink::auditing();
    let decoded = T::decode(&mut value.reader(), &At::Root, &mut sink)?;
    (sink.defects.is_empty() && sink.into_unmodelled().is_empty()).then_some(decoded)
}

object! {
    struct Rules without "type" {
        rules: Vec<PermissionRule> = "rules" required,
        behavior: PermissionBehavior = "behavior" required,
        destination: PermissionDestination = "destination" required,
    }
}

object! {
    struct Mode without "type" {
        mode: PermissionMode = "mode" required,
        destination: PermissionDestination = "destination" required,
    }
}

object! {
    struct Directories without "type" {
        directories: Vec<String> = "directories" required,
        destination: PermissionDestination = "destination" required,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn there_and_back(json: &str) -> (PermissionUpdate, String) {
        let raw = RawJson::parse(json.to_owned()).unwrap();
        let update =
            PermissionUpdate::decode(&mut raw.cursor().reader(), &At::Root, &mut Sink::default())
                .unwrap();
        let text = RawJson::from_serialize(&update).unwrap().text().into_owned();
        (update, text)
    }

    #[test]
    fn every_kind_round_trips() {
        for json in [
            r#"{"type":"addRules","rules":[{"toolName":"Bash","ruleContent":"touch p1 *"}],"behavior":"allow","destination":"localSettings"}"#,
            r#"{"type":"replaceRules","rules":[],"behavior":"deny","destination":"userSettings"}"#,
            r#"{"type":"removeRules","rules":[{"toolName":"Read"}],"behavior":"ask","destination":"projectSettings"}"#,
            r#"{"type":"setMode","mode":"acceptEdits","destination":"session"}"#,
            r#"{"type":"addDirectories","directories":["/a","/b"],"destination":"cliArg"}"#,
            r#"{"type":"removeDirectories","directories":["/a"],"destination":"a future place"}"#,
        ] {
            let (update, text) = there_and_back(json);
            assert!(!matches!(update, PermissionUpdate::Other(_)), "{json}");
            assert_eq!(update.fault(), None, "{json}");
            assert_eq!(text, json);
        }
    }

    #[test]
    fn partly_known_updates_round_trip_unchanged() {
        for json in [
            r#"{"type":"forgetRules", "rules":[]}"#,
            r#"{"type":"setMode","mode":"plan","destination":"session","until":5}"#,
            r#"{"type":"addRules","rules":[{"toolName":"Bash","scope":"x"}],"behavior":"allow","destination":"session"}"#,
            r#"{"type":"setMode","mode":"plan"}"#,
            r#"{"type":"setMode","mode":7,"destination":"session"}"#,
            "5",
        ] {
            let (update, text) = there_and_back(json);
            assert!(matches!(update, PermissionUpdate::Other(_)), "{json}");
            assert_eq!(text, json);
        }
        let rules = r#""rules":[{"toolName":"Bash"}],"behavior":"allow","destination":"session""#;
        let directories = r#""directories":["/d"],"destination":"session""#;
        for (kind, fields) in [
            ("addRules", rules),
            ("replaceRules", rules),
            ("removeRules", rules),
            ("setMode", r#""mode":"plan","destination":"session""#),
            ("addDirectories", directories),
            ("removeDirectories", directories),
        ] {
            let json = format!(r#"{{"type":"{kind}",{fields}}}"#);
            let (update, text) = there_and_back(&json);
            assert_eq!((update.kind(), &text), (kind, &json));
            assert!(!matches!(update, PermissionUpdate::Other(_)), "{json}");
            // A message has some of these fields; an update has none of them.
            for extra in ["uuid", "session_id", "subtype", "anything"] {
                let json = format!(r#"{{"type":"{kind}","{extra}":"x",{fields}}}"#);
                let (update, text) = there_and_back(&json);
                assert!(matches!(update, PermissionUpdate::Other(_)), "{json}");
                assert_eq!(text, json);
            }
        }
    }

    #[test]
    fn a_null_rule_content_is_left_out() {
        let (update, text) = there_and_back(
            r#"{"type":"addRules","rules":[{"toolName":"Bash","ruleContent":null}],"behavior":"allow","destination":"session"}"#,
        );
        assert_eq!(update.fault(), None);
        assert_eq!(
            text,
            r#"{"type":"addRules","rules":[{"toolName":"Bash"}],"behavior":"allow","destination":"session"}"#
        );
    }

    #[test]
    fn an_update_that_the_cli_would_refuse_is_reported() {
        let (behavior, destination) = (PermissionBehavior::Allow, PermissionDestination::Session);
        let rules = |rules| PermissionUpdate::AddRules {
            rules,
            behavior: behavior.clone(),
            destination: destination.clone(),
        };
        assert_eq!(rules(Vec::new()).fault(), Some("no rules"));
        assert_eq!(rules(vec!["".into()]).fault(), Some("a rule without a tool"));
        assert_eq!(
            PermissionUpdate::AddDirectories { directories: Vec::new(), destination }.fault(),
            Some("no directories")
        );
        assert_eq!(PermissionUpdate::Other(RawJson::parse("5").unwrap()).fault(), Some("no type"));
    }

    #[test]
    fn a_rule_is_read_from_its_text_form() {
        for (text, tool, content) in [
            ("Read", "Read", None),
            ("Bash(git log:*)", "Bash", Some("git log:*")),
            ("Bash(a (b))", "Bash", Some("a (b)")),
            ("mcp__s__t", "mcp__s__t", None),
            ("Read()", "Read", Some("")),
        ] {
            let rule = PermissionRule::from(text);
            assert_eq!((&*rule.tool_name, rule.rule_content.as_deref()), (tool, content));
            assert_eq!(rule.to_string(), text);
        }
    }
}
