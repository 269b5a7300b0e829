//! Where a replay must refuse a changed program: at the change, and not for another reason.

use serde_json::Value;

/// What of a change a report of the refusal has.
#[derive(Clone, Copy, Debug)]
pub(super) enum Shows {
    /// The program sends this prompt in the place of the expected one.
    Prompt(&'static str),
    /// It has the text `is` at a place that reports name.
    Value { at: &'static str, is: &'static str },
    /// It does not send this request, and the replay waits for it.
    Missing(&'static str),
}

impl Shows {
    /// Whether the text of a divergence has it.
    pub(super) fn is_in(self, divergence: &str) -> bool {
        let mut lines = divergence.lines().map(str::trim);
        let what = lines.next().unwrap_or_default();
        let after = |words: &str| lines.clone().find_map(|line| line.strip_prefix(words));
        match self {
            Self::Prompt(text) => {
                let arrived = after("arrived: prompt ").unwrap_or_default();
                let is_it = what == DIFFERS && arrived.contains(&quoted(text));
                is_it || differs(divergence, |at| at.starts_with("prompt"), text)
            }
            Self::Value { at, is } => differs(divergence, |place| place == at, is),
            Self::Missing(request) => {
                let expected = after("expected: control_request ").unwrap_or_default();
                what.starts_with("no input for ") && expected.split(' ').next() == Some(request)
            }
        }
    }
}

/// The first line of a divergence by what the program wrote.
const DIFFERS: &str = "input differs from the recording";

/// Whether a value differs at such a place, and is this text.
fn differs(divergence: &str, is_place: impl Fn(&str) -> bool, text: &str) -> bool {
    let lines = divergence.lines().filter_map(|line| line.trim().strip_prefix("differs at "));
    let mut places = lines.filter_map(|line| line.split_once(": expected "));
    let end = format!(", actual {}", quoted(text));
    places.any(|(place, values)| is_place(place) && values.ends_with(&end))
}

fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROMPT: &str = r#"input differs from the recording
  arrived: prompt "Third"
  expected: prompt "Second" (event 9)
  differs at prompt.message.content[0].text: expected "Second", actual "Third"
  left: 2 prompts
  hint: record again"#;
    const OF_A_SCENARIO: &str = "input differs from the recording
  arrived: prompt \"Third\"
  expected: prompt like /^Second$/";
    const LAUNCH: &str = r#"the launch differs from the recorded one
  differs at --session-id: expected "a", actual "b"
  differs at --model: expected "sonnet", actual "opus"
  differs at prompt[0]: expected "Second", actual "Third""#;
    const ANSWER: &str = r#"input differs from the recording
  arrived: answer to can_use_tool Bash
  differs at response.response.behavior: expected "allow", actual "deny""#;
    const STALLED: &str = "no input for 5 s while the replay waits for it
  expected: control_request interrupt {} (event 13)";
    /// What a program that crashes leaves.
    const ENDED: &str = "end of input before the recording was over
  arrived: end of input
  expected: control_request interrupt {} (event 13)
  left: prompt \"Third\"";
    const ELSEWHERE: &str = "input in another place than in the recording
  arrived: prompt \"Third\"
  expected: control_request initialize {} (event 1)";

    const ALL: [&str; 7] = [PROMPT, OF_A_SCENARIO, LAUNCH, ANSWER, STALLED, ENDED, ELSEWHERE];

    #[test]
    fn a_change_is_seen_where_it_is_and_nowhere_else() {
        let value = |at, is| Shows::Value { at, is };
        for (shows, seen) in [
            (Shows::Prompt("Third"), &[PROMPT, OF_A_SCENARIO, LAUNCH][..]),
            (Shows::Prompt("Thir"), &[]),
            (Shows::Prompt("Second"), &[]),
            (value("--model", "opus"), &[LAUNCH]),
            (value("--model", "sonnet"), &[]),
            (value("--mode", "opus"), &[]),
            (value("response.response.behavior", "deny"), &[ANSWER]),
            (value("response.response.behavior", "allow"), &[]),
            (Shows::Missing("interrupt"), &[STALLED]),
            (Shows::Missing("initialize"), &[]),
        ] {
            let found: Vec<_> = ALL.into_iter().filter(|text| shows.is_in(text)).collect();
            assert_eq!(found, seen, "{shows:?}");
        }
    }
}
