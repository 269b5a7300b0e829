//! Why simulations differ from recordings: a file of reasons.
//!
//! Each line has an entry (or several with commas, or `*`), what differs, and the reason, separated
//! by tabs. What differs is a kind of line and, after a colon, `missing`, `not expected` or the path
//! of a field: `out assistant: message.usage.service_tier`. `problem` is a run that did not go as
//! the entry says. A `*` is any text.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use claude_wire::recording::LineDifference;
use claude_wire_cli::Failure;
use claude_wire_cli::lab::Judged;

use crate::root;

#[derive(Debug)]
pub(super) struct Reasons(Vec<Reason>);

#[derive(Debug)]
struct Reason {
    entries: Vec<String>,
    what: String,
    reason: String,
}

/// Which reasons have applied: their numbers, and the entries.
pub(super) type Used = BTreeSet<(usize, String)>;

/// What the reasons say about an entry.
#[derive(Debug, Default)]
pub(super) struct Explained {
    /// The reasons, with the number of lines that each explains.
    pub(super) reasons: BTreeMap<String, usize>,
    /// What has no reason.
    pub(super) unexplained: Vec<String>,
}

fn path() -> PathBuf {
    root().join("xtask/agreement.tsv")
}

impl Reasons {
    pub(super) fn load() -> Result<Self, Failure> {
        let path = path();
        let text =
            fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        Self::parse(&text).map_err(|error| format!("{}: {error}", path.display()))
    }

    fn parse(text: &str) -> Result<Self, String> {
        let read = |(number, line): (usize, &str)| match line.split('\t').collect::<Vec<_>>()[..] {
            [entries, what, reason] if !reason.is_empty() => Ok(Reason {
                entries: entries.split(',').map(|entry| entry.trim().to_owned()).collect(),
                what: what.to_owned(),
                reason: reason.to_owned(),
            }),
            _ => Err(format!(
                "line {number}: expected an entry, what differs and a reason, with tabs between"
            )),
        };
        let lines = (1..).zip(text.lines());
        let lines = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
        lines.map(read).collect::<Result<_, _>>().map(Self)
    }

    /// Finds the reasons of what differs in an entry.
    pub(super) fn explain(&self, entry: &str, judged: &Judged, used: &mut Used) -> Explained {
        let mut explained = Explained::default();
        for problem in &judged.problems {
            match self.find(entry, "problem", used) {
                Some(reason) => drop(explained.reasons.entry(reason.to_owned()).or_default()),
                None => explained.unexplained.push(format!("{entry}: problem: {problem}")),
            }
        }
        for (launch, agreement) in (1..).zip(&judged.launches) {
            for difference in &agreement.differences {
                let whats = whats(difference);
                let found: Vec<_> =
                    whats.iter().map(|what| (what, self.find(entry, what, used))).collect();
                let without = found.iter().filter(|(_, reason)| reason.is_none());
                explained.unexplained.extend(without.map(|(what, _)| {
                    let line = difference.expected.or(difference.actual).unwrap_or_default();
                    format!("{entry}: launch {launch}, line {line}: {what} has no reason")
                }));
                let reasons: BTreeSet<_> = found.iter().filter_map(|(_, reason)| *reason).collect();
                for reason in reasons {
                    *explained.reasons.entry(reason.to_owned()).or_default() += 1;
                }
            }
        }
        explained
    }

    fn find(&self, entry: &str, what: &str, used: &mut Used) -> Option<&str> {
        let applies = |reason: &Reason| {
            reason.entries.iter().any(|name| name == "*" || name == entry)
                && fits(&reason.what, what)
        };
        let number = self.0.iter().position(applies)?;
        let reason = &self.0[number];
        let name = if reason.entries.iter().any(|name| name == entry) { entry } else { "*" };
        used.insert((number, name.to_owned()));
        Some(&reason.reason)
    }

    /// The reasons that no longer apply.
    pub(super) fn unused(&self, used: &Used) -> Vec<String> {
        let rows = self.0.iter().enumerate().flat_map(|(number, reason)| {
            reason.entries.iter().map(move |entry| (number, entry, reason))
        });
        let unused = rows.filter(|(number, entry, _)| !used.contains(&(*number, (*entry).clone())));
        unused
            .map(|(_, entry, reason)| {
                format!("xtask/agreement.tsv: {entry}: {} does not differ any more", reason.what)
            })
            .collect()
    }
}

/// What differs, as a reason names it.
fn whats(difference: &LineDifference) -> Vec<String> {
    let kind = &difference.kind;
    match (difference.expected, difference.actual) {
        (Some(_), None) => vec![format!("{kind}: missing")],
        (None, _) => vec![format!("{kind}: not expected")],
        _ => {
            let paths: BTreeSet<_> =
                difference.fields.iter().map(|field| format!("{kind}: {}", field.path)).collect();
            paths.into_iter().collect()
        }
    }
}

/// Whether a text is one that the pattern means.
fn fits(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|start| text.strip_prefix(start)) else {
        return false;
    };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "helpers of tests")]

    use claude_wire::recording::{Event, EventKind, Header, Recording, agreement};

    use super::*;

    fn judged() -> Judged {
        let recording = |lines: &[&str]| {
            let mut recording = Recording::new(Header::new());
            let events = lines.iter().map(|line| Event::new(0, EventKind::Out((*line).into())));
            recording.events = events.collect();
            recording
        };
        let (expected, actual) = (
            recording(&[r#"{"type":"a","n":1,"m":[1]}"#, r#"{"type":"b"}"#]),
            recording(&[r#"{"type":"a","n":2,"m":[2]}"#, r#"{"type":"c"}"#]),
        );
        Judged { launches: vec![agreement(&expected, &actual)], problems: vec!["odd".to_owned()] }
    }

    #[test]
    fn every_difference_needs_a_reason() {
        let all = "# of x\nx,y\tout a: *\tno sums\nx\tout b: missing\tno b\n*\tout c: not expected\tno c\nx\tproblem\tit is odd\n";
        let (reasons, mut used) = (Reasons::parse(all).unwrap(), Used::new());
        let explained = reasons.explain("x", &judged(), &mut used);
        assert_eq!(explained.unexplained, Vec::<String>::new());
        let counts = [("it is odd", 0), ("no b", 1), ("no c", 1), ("no sums", 1)];
        assert_eq!(
            explained.reasons,
            counts.map(|(reason, lines)| (reason.to_owned(), lines)).into()
        );
        assert_eq!(
            reasons.unused(&used),
            ["xtask/agreement.tsv: y: out a: * does not differ any more"]
        );

        let reasons = Reasons::parse("x\tout a: n\tno sums\n").unwrap();
        let explained = reasons.explain("x", &judged(), &mut Used::new());
        assert_eq!(
            explained.unexplained,
            [
                "x: problem: odd",
                "x: launch 1, line 2: out a: m[] has no reason",
                "x: launch 1, line 3: out b: missing has no reason",
                "x: launch 1, line 3: out c: not expected has no reason",
            ]
        );
        assert_eq!(reasons.explain("y", &judged(), &mut Used::new()).unexplained.len(), 5);
    }

    /// The kinds of lines that an official SDK hands to its user. What differs in one of them would be
    /// seen in its messages, so no reason excuses it.
    const HANDED_OUT: [&str; 12] = [
        "assistant",
        "user",
        "result/success",
        "result/error_during_execution",
        "result/error_max_turns",
        "stream_event/content_block_delta",
        "system/init",
        "system/compact_boundary",
        "system/task_notification",
        "system/status",
        "rate_limit_event",
        "tool_progress",
    ];

    /// What such a reason says differs.
    fn excuses(what: &str) -> bool {
        let kind = what.split_once(": ").map_or(what, |(kind, _)| kind);
        HANDED_OUT.iter().any(|handed| fits(kind, &format!("out {handed}")))
    }

    #[test]
    fn no_difference_is_one_that_an_official_sdk_shows() {
        for what in [
            "out system/compact_boundary: compact_metadata.post_tokens",
            "out system/compact_boundary: compact_metadata.*",
            "out system/*: x",
            "out assistant: missing",
            "out *: uuid",
            "*",
        ] {
            assert!(excuses(what), "{what}");
        }
        assert!(!excuses("out transcript_mirror: entries*") && !excuses("problem"));
        let reasons = Reasons::load().unwrap();
        let excused: Vec<_> =
            reasons.0.iter().map(|reason| &reason.what).filter(|what| excuses(what)).collect();
        assert!(excused.is_empty(), "{excused:?}");
    }

    #[test]
    fn a_star_is_any_text() {
        for (pattern, text, expected) in [
            ("out a: n", "out a: n", true),
            ("out a: n", "out a: nm", false),
            ("out a: *", "out a: nm", true),
            ("out *: n", "out a/b: n", true),
            ("*: usage.*[]", "out a: usage.x[]", true),
            ("*: usage.*[]", "out a: usage.x", false),
            ("out b*", "out a", false),
        ] {
            assert_eq!(fits(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn a_line_without_a_reason_is_refused() {
        for text in ["x\tout a: n\n", "x\tout a: n\t\n", "x out a: n reason\n"] {
            assert!(Reasons::parse(text).unwrap_err().starts_with("line 1: "), "{text}");
        }
    }
}
