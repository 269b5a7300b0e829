//! Reports as JSON: in a run folder, and in the line that tells a program where it diverged.

use std::path::Path;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Report;
use super::divergence::{Divergence, Kind};
use crate::faults::Injection;
use crate::player::difference::Difference;
use crate::player::excused::Excused;
use crate::player::instead::Instead;
use crate::player::left::Left;

/// A divergence. Absent members are empty.
#[derive(Serialize, Deserialize)]
struct DivergenceJson {
    kind: String,
    /// The idle timeout of a run that stalled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    seconds: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    recording: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    arrived: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expected: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    differences: Vec<Difference>,
    #[serde(default, skip_serializing_if = "Left::is_empty")]
    left: Left,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    other_recordings: Vec<String>,
    /// The run folder, as it can be shown: a path need not be UTF-8.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    run: Option<String>,
    /// The difference that caused it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
    /// What the host did. Only the reports of a run folder have it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    instead: Option<Box<Instead>>,
}

#[derive(Serialize, Deserialize)]
struct ReportJson {
    played: usize,
    matched: usize,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cli: Option<String>,
    divergences: Vec<DivergenceJson>,
    left: Left,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    files_not_brought_back: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    transcripts_not_brought_back: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    not_simulated: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    injected: Vec<Injection>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    not_injected: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Excused::is_none")]
    excused: Excused,
}

/// The kinds without a value, by name.
const KINDS: [(&str, Kind); 8] = [
    ("launch", Kind::Launch),
    ("mismatch", Kind::Mismatch),
    ("extra", Kind::Extra),
    ("out_of_turn", Kind::OutOfTurn),
    ("early_end", Kind::EarlyEnd),
    ("leftover", Kind::Leftover),
    ("unrecorded", Kind::Unrecorded),
    ("unplayable", Kind::Unplayable),
];

impl Divergence {
    /// As one JSON object.
    pub(in crate::player) fn to_json(&self) -> Value {
        let json = DivergenceJson { instead: None, ..DivergenceJson::from(self) };
        serde_json::to_value(json).unwrap_or_default()
    }
}

impl Report {
    /// As one JSON object.
    pub(in crate::player) fn to_json(&self) -> Value {
        // A report is kept when its run has ended, or waits.
        let Self {
            divergences,
            left,
            coming: _,
            played,
            matched,
            cli,
            files,
            transcripts,
            not_simulated,
            injected,
            not_injected,
            excused,
        } = self;
        let json = ReportJson {
            played: *played,
            matched: *matched,
            cli: cli.clone(),
            divergences: divergences.iter().map(DivergenceJson::from).collect(),
            left: left.clone(),
            files_not_brought_back: files.clone(),
            transcripts_not_brought_back: transcripts.clone(),
            not_simulated: not_simulated.clone(),
            injected: injected.clone(),
            not_injected: not_injected.clone(),
            excused: *excused,
        };
        serde_json::to_value(json).unwrap_or_default()
    }

    /// From such an object; an error says what is wrong with it.
    pub(in crate::player) fn from_json(json: &Value) -> Result<Self, String> {
        let json = ReportJson::deserialize(json).map_err(|error| error.to_string())?;
        let divergences = json.divergences.into_iter().map(Divergence::try_from);
        Ok(Self {
            divergences: divergences.collect::<Result<_, _>>()?,
            left: json.left,
            coming: 0,
            played: json.played,
            matched: json.matched,
            cli: json.cli,
            files: json.files_not_brought_back,
            transcripts: json.transcripts_not_brought_back,
            not_simulated: json.not_simulated,
            injected: json.injected,
            not_injected: json.not_injected,
            excused: json.excused,
        })
    }
}

impl From<&Divergence> for DivergenceJson {
    fn from(divergence: &Divergence) -> Self {
        // The candidates are only kept in a run folder.
        let Divergence {
            kind,
            arrived,
            expected,
            differences,
            remaining,
            others,
            source,
            hint,
            run,
            candidates: _,
            instead,
        } = divergence.clone();
        let seconds = match kind {
            Kind::Stalled(limit) => Some(limit.as_secs_f64()),
            _ => None,
        };
        let name = KINDS.iter().find(|(_, known)| *known == kind);
        Self {
            kind: name.map_or("stalled", |(name, _)| name).to_owned(),
            seconds,
            recording: source,
            arrived,
            expected,
            differences,
            left: remaining,
            other_recordings: others,
            hint,
            run: run.map(|run| run.to_string_lossy().into_owned()),
            instead,
        }
    }
}

impl TryFrom<DivergenceJson> for Divergence {
    type Error = String;

    fn try_from(json: DivergenceJson) -> Result<Self, String> {
        let kind = match (json.kind.as_str(), json.seconds) {
            ("stalled", seconds) => {
                let limit = Duration::try_from_secs_f64(seconds.unwrap_or_default());
                Kind::Stalled(limit.unwrap_or(Duration::MAX))
            }
            (name, _) => KINDS
                .iter()
                .find(|(known, _)| *known == name)
                .map(|(_, kind)| *kind)
                .ok_or_else(|| format!("unknown kind of divergence {name:?}"))?,
        };
        Ok(Self {
            kind,
            arrived: json.arrived,
            expected: json.expected,
            differences: json.differences,
            remaining: json.left,
            others: json.other_recordings,
            source: json.recording,
            hint: json.hint,
            run: json.run.map(|run| Path::new(&run).into()),
            candidates: Vec::new(),
            instead: json.instead,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::faults::Fault;

    fn left(text: &str) -> Left {
        let mut left = Left::default();
        left.push(crate::player::left::Kind::Prompt, text.to_owned());
        left
    }

    #[test]
    fn a_report_survives_json() {
        let kinds = KINDS.map(|(_, kind)| kind).into_iter();
        for kind in kinds.chain([Kind::Stalled(Duration::from_millis(1500))]) {
            let divergence = Divergence {
                source: Some("a.jsonl".into()),
                remaining: left("r"),
                hint: Some("because".into()),
                run: Some(std::path::Path::new("run").into()),
                others: vec!["b.jsonl: prompt \"x\"".into()],
                differences: vec![Difference::new(
                    "prompt",
                    Some("one".into()),
                    Some("two".into()),
                )],
                ..Divergence::new(kind, Some("a".into()), None)
            };
            let mut report = Report { played: 3, cli: Some("2.1.332".into()), ..Report::default() };
            report.left = left("left");
            report.files.push("a.txt".into());
            report.transcripts.push("s-1".into());
            report.divergences.push(divergence);
            let missed = (Fault::parse("exit_mid_turn:nth=9").unwrap(), 2);
            let mut report = report.with_faults(Vec::new(), vec![missed]);
            assert!(!report.is_met());
            report.excuse(true);
            let again = Report::from_json(&report.to_json()).unwrap();
            assert_eq!(again.to_string(), report.to_string());
            assert_eq!(again.to_json(), report.to_json());
            assert!(again.is_met(), "{again}");
            let text = "\nfault: exit_mid_turn:nth=9 was not injected (2 opportunities)\n";
            assert!(again.to_string().contains(text), "{again}");
            assert!(again.to_string().contains(" injected=0 "), "{again}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_run_folder_need_not_be_utf_8() {
        use std::os::unix::ffi::OsStrExt as _;
        let run = Path::new(std::ffi::OsStr::from_bytes(b"/tmp/r\xfcn"));
        let divergence = Divergence::extra("x".into()).in_run(Some(run.into()));
        assert_eq!(divergence.to_json()["run"], "/tmp/r\u{fffd}n");
        let report = Report::run(Some(divergence), Left::default(), 1, 0, None);
        let again = Report::from_json(&report.to_json()).unwrap();
        assert_eq!(again.to_string(), report.to_string());
    }

    #[test]
    fn what_is_not_a_report_is_named() {
        let mut json = Report::default().to_json();
        json["divergences"] = serde_json::json!([{"kind": "new"}]);
        assert!(Report::from_json(&json).unwrap_err().contains("\"new\""));
        assert!(Report::from_json(&serde_json::json!({"played": "x"})).is_err());
    }
}
