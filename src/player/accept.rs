//! Following a program that changed: its new line, or a rule, in the place of what was recorded.

use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::recording::{
    Event, EventKind, FIRST_LINE, HEADER_LINE, Header, Payload, Recording, Redaction, Root, hide,
    is_recordings_folder,
};

use super::difference::Difference;
use super::instead::{Instead, What};
use super::launch::CommandLine;
use super::report::Divergence;
use super::rules::{Matcher, Place, Rules};

/// Something that a program did in the place of what was recorded, and that can be accepted: by a
/// rule, or by its new line in the recording.
///
/// ```no_run
/// use claude_wire::player::RunFolder;
/// use claude_wire::recording::Recording;
///
/// let run = RunFolder::existing("/tmp/run")?;
/// if let Some(recordings) = run.recordings()? {
///     for change in run.launches()?.iter().flat_map(|launch| launch.acceptable(&recordings)) {
///         println!("{change}");
///         let mut recording = Recording::open(change.recording())?;
///         change.take(&mut recording)?;
///         recording.save(change.recording())?;
///     }
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Acceptable {
    recording: PathBuf,
    instead: Instead,
    differences: Vec<Difference>,
    argv: Vec<String>,
}

impl Acceptable {
    pub(super) fn of(divergence: &Divergence, recordings: &Path, argv: &[String]) -> Option<Self> {
        let (instead, differences) = divergence.acceptable()?;
        let recording = match is_recordings_folder(recordings) {
            true => recordings.join(Path::new(divergence.source()?).file_name()?),
            false => recordings.to_owned(),
        };
        let (instead, differences) = (instead.clone(), differences.to_vec());
        Some(Self { recording, instead, differences, argv: argv.to_vec() })
    }

    /// The recording that it was compared with.
    pub fn recording(&self) -> &Path {
        &self.recording
    }

    /// Rules with which a replay accepts it, one for each place, as rows of `match` in a file of
    /// rules. Each accepts what is necessary: a uuid, a date or a path where both values are one,
    /// and anything else as `any`. Empty if rules cannot name one of the places.
    pub fn rules(&self) -> Vec<Value> {
        let mut rows: Vec<Value> = Vec::new();
        for difference in &self.differences {
            let Some(place) = self.place(&difference.path) else { return Vec::new() };
            let mut row = json!({ "at": place });
            row[matcher(difference)] = true.into();
            match rows.iter_mut().find(|other| other["at"] == row["at"]) {
                // Two differences in one place.
                Some(other) => *other = json!({ "at": place, "any": true }),
                None => rows.push(row),
            }
        }
        // What a file of rules would refuse is no help.
        let file = json!({ "match": rows }).to_string();
        if Rules::parse(&file).is_ok() { rows } else { Vec::new() }
    }

    /// The name that rules have for the place of a difference.
    fn place(&self, path: &str) -> Option<String> {
        let below = |root: &str| {
            // A rule names a part, not the whole.
            let rest = path.strip_prefix(root).filter(|rest| !rest.is_empty())?;
            Some(pointer(rest))
        };
        // A difference within a rule has the name of the place.
        if Place::parse(path).is_ok() {
            return Some(path.to_owned());
        }
        match &self.instead.what {
            What::Prompt(number) => Some(format!("prompt[{number}]")),
            What::Launch => {
                let end = path.find(['.', '[']).unwrap_or(path.len());
                Some(path.get(..end)?.to_owned())
            }
            What::Request(subtype) if subtype == "mcp_message" => {
                Some(format!("{subtype} {}", below("request.message")?))
            }
            What::Request(subtype) => Some(format!("{subtype} {}", below("request")?)),
            What::Answer(subtype) if subtype == "mcp_message" => {
                Some(format!("{subtype} {}", below("response.response.mcp_response")?))
            }
            What::Answer(subtype) => Some(format!("{subtype} {}", below("response.response")?)),
        }
    }

    /// Puts what the program did into the recording, in the place of what was there, with the
    /// recorded ids and variables, and redacted if the recording is. The header's
    /// [`edited`](Header::edited) then names its line: the answers of the CLI to it were recorded for
    /// another input. Returns the numbers of the lines.
    ///
    /// # Errors
    /// If the recording does not have the line any more, or the arguments cannot be combined with
    /// the recorded ones. The recording is not changed.
    pub fn take(&self, recording: &mut Recording) -> Result<Vec<usize>, NotTaken> {
        let mut draft = Recording::new(recording.header.clone());
        let mut lines = Vec::new();
        if self.instead.what == What::Launch
            && let Some(argv) = self.arguments(&recording.header)?
        {
            draft.header.argv = Some(argv);
            lines.push(HEADER_LINE);
        }
        if let Some((index, value)) = self.instead.event.zip(self.instead.value.as_ref()) {
            let event = recording.events.get(index).ok_or(NotTaken("its line is gone"))?;
            draft.events.push(self.line(event, value)?);
            lines.push(index + FIRST_LINE);
        }
        let roots = self.roots(&recording.header);
        match recording.header.redactions {
            Some(_) => {
                let redaction = roots.into_iter().fold(Redaction::new(), Redaction::root);
                redaction.scrub(&mut draft);
            }
            None => hide(&mut draft, &roots),
        }
        if lines.contains(&HEADER_LINE) {
            recording.header.argv = draft.header.argv;
        }
        recording.header.vars.extend(draft.header.vars);
        if recording.header.redactions.is_some() {
            recording.header.redactions = draft.header.redactions;
        }
        if let Some((index, event)) = self.instead.event.zip(draft.events.pop())
            && let Some(place) = recording.events.get_mut(index)
        {
            place.kind = event.kind;
        }
        lines.iter().for_each(|line| recording.note_edited(*line));
        Ok(lines)
    }

    /// The recorded line with what is compared of the live one.
    fn line(&self, event: &Event, value: &Value) -> Result<Event, NotTaken> {
        let gone = NotTaken("its line is another one now");
        let EventKind::In(payload) = &event.kind else { return Err(gone) };
        let Ok(mut line) = serde_json::from_slice::<Value>(payload.bytes()) else {
            return Err(gone);
        };
        let (kind, field) = match &self.instead.what {
            What::Prompt(_) => ("user", "message"),
            What::Request(_) | What::Launch => ("control_request", "request"),
            What::Answer(_) => ("control_response", "response"),
        };
        let Some(part) = line.get(field).filter(|_| line["type"] == kind) else {
            return Err(gone);
        };
        let id = part.get("request_id").cloned();
        let mut new = match &self.instead.what {
            What::Prompt(_) => value.get(field).cloned().unwrap_or_default(),
            _ => value.clone(),
        };
        if let Some((id, place)) = id.zip(new.get_mut("request_id")) {
            *place = id;
        }
        line[field] = new;
        let payload = Payload::line(line.to_string()).with_eol(payload.eol());
        Ok(Event::new(event.us, EventKind::In(payload)))
    }

    /// The recorded arguments with the flags that differ, as they are now. `None` if none of them is
    /// among the arguments.
    fn arguments(&self, header: &Header) -> Result<Option<Vec<String>>, NotTaken> {
        const MIXED: NotTaken = NotTaken(
            "the new arguments cannot be put among the recorded ones; accept it with a rule, or record again",
        );
        let Some(recorded) = &header.argv else { return Ok(None) };
        let version = header.cli.as_deref();
        let read = |args: &[String]| CommandLine::read(args, version, true).map_err(|_| MIXED);
        let (old, live) = (read(recorded)?, read(&self.argv)?);
        if !old.subcommand().is_empty() || !live.subcommand().is_empty() {
            return Err(MIXED);
        }
        let differs: BTreeSet<String> =
            self.differences.iter().filter_map(|difference| self.place(&difference.path)).collect();
        let is_prompt = differs.contains("prompt[0]");
        let has = |line: &CommandLine| line.given().iter().any(|(name, _)| differs.contains(*name));
        if !is_prompt && !has(&old) && !has(&live) {
            return match self.instead.value {
                // It is declared in `initialize`.
                Some(_) => Ok(None),
                None => Err(MIXED),
            };
        }
        let prompt = if is_prompt { live.prompt() } else { old.prompt() };
        let mut args: Vec<String> = prompt.map(str::to_owned).into_iter().collect();
        let kept = old.given().iter().filter(|(name, _)| !differs.contains(*name));
        let new = live.given().iter().filter(|(name, _)| differs.contains(*name));
        for (name, value) in kept.chain(new) {
            args.push((*name).to_owned());
            args.extend(value.clone());
        }
        // What was put together must mean what was meant.
        let made = read(&args)?;
        let of = |line: &CommandLine, new: bool| -> Vec<(String, Option<String>)> {
            let given = line.given().iter().filter(|(name, _)| differs.contains(*name) == new);
            given.map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
        };
        let is_right = made.prompt() == prompt
            && made.subcommand().is_empty()
            && of(&made, false) == of(&old, false)
            && of(&made, true) == of(&live, true);
        if is_right { Ok(Some(args)) } else { Err(MIXED) }
    }

    /// The folders of the launch, as variables of the recording.
    fn roots(&self, header: &Header) -> Vec<Root> {
        let folders = self.instead.folders.iter();
        folders
            .filter(|(_, path)| !path.is_empty())
            .filter_map(|(var, path)| Some(Root::new(var, path, header.vars.get(var)?)))
            .collect()
    }
}

/// What it is and where it differs, on several lines.
impl fmt::Display for Acceptable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.instead.what {
            What::Prompt(number) => write!(f, "prompt {}", number + 1)?,
            What::Request(subtype) => write!(f, "request {subtype}")?,
            What::Answer(subtype) => write!(f, "answer to {subtype}")?,
            What::Launch => f.write_str("launch")?,
        }
        if let Some(event) = self.instead.event {
            write!(f, ", line {}", event + FIRST_LINE)?;
        }
        self.differences.iter().try_for_each(|difference| write!(f, "\n  {difference}"))
    }
}

/// What a program did cannot be put into a recording. Its text says why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotTaken(&'static str);

impl fmt::Display for NotTaken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for NotTaken {}

/// The narrowest matcher that both values fit.
fn matcher(difference: &Difference) -> &'static str {
    let fits = |matcher: &Matcher| {
        difference.texts().is_some_and(|(recorded, live)| {
            let [recorded, live] = [recorded, live].map(Value::from);
            matcher.fits(None, Some(&recorded)) && matcher.fits(None, Some(&live))
        })
    };
    let narrow = [("uuid", Matcher::Uuid), ("date", Matcher::Date), ("path", Matcher::Path)];
    narrow.iter().find(|(_, matcher)| fits(matcher)).map_or("any", |(name, _)| *name)
}

/// A path in a report (`.rules[0].name`) as a JSON pointer.
fn pointer(path: &str) -> String {
    path.replace('~', "~0").replace('/', "~1").replace(['.', '['], "/").replace(']', "")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn acceptable(what: What, differences: &[(&str, &str, &str)]) -> Acceptable {
        let differences = differences.iter().map(|(path, recorded, live)| {
            Difference::new(path, Some((*recorded).into()), Some((*live).into()))
        });
        Acceptable {
            recording: PathBuf::from("a.jsonl"),
            instead: Instead { what, event: None, value: None, folders: Default::default() },
            differences: differences.collect(),
            argv: Vec::new(),
        }
    }

    #[test]
    fn a_rule_accepts_what_is_necessary() {
        let request = |subtype: &str| What::Request(subtype.to_owned());
        let answer = |subtype: &str| What::Answer(subtype.to_owned());
        let uuids =
            ("11111111-2222-4333-8444-555555555555", "21111111-2222-4333-8444-555555555555");
        let cases = [
            (
                What::Prompt(1),
                "prompt.message.content[0].text",
                "a",
                "b",
                r#"{"at":"prompt[1]","any":true}"#,
            ),
            (What::Launch, "--model", "opus", "haiku", r#"{"at":"--model","any":true}"#),
            (What::Launch, "--agents.a.prompt", "/tmp/a", "/b", r#"{"at":"--agents","path":true}"#),
            (
                What::Launch,
                "prompt[0]",
                "2026-01-01",
                "2026-01-02",
                r#"{"at":"prompt[0]","date":true}"#,
            ),
            (
                request("set_model"),
                "request.model",
                uuids.0,
                uuids.1,
                r#"{"at":"set_model /model","uuid":true}"#,
            ),
            (
                request("mcp_message"),
                "request.message.params.a[0]",
                "x",
                "y",
                r#"{"at":"mcp_message /params/a/0","any":true}"#,
            ),
            (
                answer("can_use_tool"),
                "response.response.message",
                "x",
                "y",
                r#"{"at":"can_use_tool /message","any":true}"#,
            ),
            (
                answer("mcp_message"),
                "response.response.mcp_response.result",
                "x",
                "y",
                r#"{"at":"mcp_message /result","any":true}"#,
            ),
        ];
        for (what, path, recorded, live, rule) in cases {
            let rules = acceptable(what, &[(path, recorded, live)]).rules();
            let rules: Vec<_> = rules.iter().map(Value::to_string).collect();
            assert_eq!(rules, [rule], "{path}");
        }
    }

    #[test]
    fn a_difference_that_no_rule_can_name_has_none() {
        for (what, path) in [
            (What::Launch, "subcommand[0]"),
            (What::Launch, "arguments[2]"),
            (What::Answer("can_use_tool".to_owned()), "response.subtype"),
            (What::Request("set_model".to_owned()), "request"),
        ] {
            let acceptable = acceptable(what, &[(path, "a", "b"), ("--model", "a", "b")]);
            assert_eq!(acceptable.rules(), Vec::<Value>::new(), "{path}");
        }
    }

    #[test]
    fn only_flags_that_differ_are_taken() {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let mut header = Header::new();
        let id = |digit: &str| format!("--session-id {digit}1111111-2222-4333-8444-555555555555");
        let recorded = format!("--print --model opus {} --effort low", id("1"));
        header.argv = Some(words(&recorded));
        let mut change = acceptable(What::Launch, &[("--model", "opus", "haiku")]);
        change.argv = words(&format!("--print --effort high --model haiku {}", id("2")));
        let taken = change.arguments(&header).unwrap().unwrap();
        let expected = format!("--print {} --effort low --model haiku", id("1"));
        assert_eq!(taken, words(&expected));
        // A prompt after flags comes before them, where no flag can take it in.
        header.argv = Some(words("--print --tools Bash -- Hello"));
        let mut change = acceptable(What::Launch, &[("prompt[0]", "Hello", "Bye")]);
        change.argv = words("--print Bye --tools Bash");
        let taken = change.arguments(&header).unwrap().unwrap();
        assert_eq!(taken, words("Bye --print --tools Bash"));
        // Of a subcommand nothing is put together.
        header.argv = Some(words("mcp list"));
        change.argv = words("mcp get a");
        assert!(change.arguments(&header).is_err());
    }
}
