//! Whether a line of a replay equals the line of the CLI.

use std::collections::HashMap;

use claude_wire::recording::fits_redacted;
use claude_wire_cli::is_uuid;
use serde_json::Value;

/// Which ids of the replay correspond to which ids of the CLI. A session gives its prompts new ids
/// in each run; all other ids are the same.
#[derive(Debug, Default)]
pub(super) struct Ids {
    live: HashMap<String, String>,
    replayed: HashMap<String, String>,
}

impl Ids {
    /// True if the lines are the same, byte for byte except for the ids; a placeholder in the
    /// replay matches any text.
    pub(super) fn same(&mut self, live: &str, replayed: &str) -> bool {
        let json = |line: &str| serde_json::from_str::<Value>(line).ok();
        let (live_json, replayed_json) = (json(live), json(replayed));
        if let (Some(live), Some(replayed)) = (&live_json, &replayed_json) {
            self.learn(live, replayed);
        }
        let replayed = &self.rename(replayed);
        live == replayed
            || match (live_json, json(replayed)) {
                // Two spellings of the same value.
                (Some(live), Some(replayed)) => live != replayed && fits(&replayed, &live),
                _ => fits_redacted(replayed, live),
            }
    }

    /// Pairs ids at the same position, if neither has a partner.
    fn learn(&mut self, live: &Value, replayed: &Value) {
        match (live, replayed) {
            (Value::String(live), Value::String(replayed)) => self.pair(live, replayed),
            (Value::Array(live), Value::Array(replayed)) => {
                live.iter().zip(replayed).for_each(|(live, replayed)| self.learn(live, replayed))
            }
            (Value::Object(live), Value::Object(replayed)) => {
                let both = live.iter().filter_map(|(name, live)| Some((live, replayed.get(name)?)));
                both.for_each(|(live, replayed)| self.learn(live, replayed));
            }
            _ => {}
        }
    }

    fn pair(&mut self, live: &str, replayed: &str) {
        let are_new = !self.live.contains_key(replayed) && !self.replayed.contains_key(live);
        if is_uuid(live) && is_uuid(replayed) && are_new {
            self.live.insert(replayed.to_owned(), live.to_owned());
            self.replayed.insert(live.to_owned(), replayed.to_owned());
        }
    }

    /// The line of the replay with the CLI's ids.
    fn rename(&self, line: &str) -> String {
        let (mut out, mut rest) = (String::with_capacity(line.len()), line);
        while let Some(first) = rest.chars().next() {
            let id = rest.get(..36).filter(|text| is_uuid(text));
            let (found, after) = rest.split_at(id.map_or(first.len_utf8(), str::len));
            out.push_str(id.and_then(|id| self.live.get(id)).map_or(found, String::as_str));
            rest = after;
        }
        out
    }
}

/// True if the CLI's value may be the replay's value before redaction.
fn fits(redacted: &Value, live: &Value) -> bool {
    match (redacted, live) {
        (Value::String(redacted), Value::String(live)) => fits_redacted(redacted, live),
        (Value::Array(redacted), Value::Array(live)) => {
            redacted.len() == live.len()
                && redacted.iter().zip(live).all(|(redacted, live)| fits(redacted, live))
        }
        (Value::Object(redacted), Value::Object(live)) => {
            redacted.len() == live.len()
                && redacted
                    .iter()
                    .zip(live)
                    .all(|((name, redacted), (same, live))| name == same && fits(redacted, live))
        }
        (redacted, live) => redacted == live,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "10000000-aaaa-4bbb-8ccc-00000000000a";
    const OTHER: &str = "20000000-aaaa-4bbb-8ccc-00000000000b";
    const THIRD: &str = "30000000-aaaa-4bbb-8ccc-00000000000c";

    fn same(live: &str, replayed: &str) -> bool {
        Ids::default().same(live, replayed)
    }

    #[test]
    fn an_id_corresponds_to_one_id() {
        let line = |a: &str, b: &str| format!(r#"{{"a":"{a}","b":["{b}","see {a}"]}}"#);
        assert!(same(&line(ONE, OTHER), &line(OTHER, THIRD)));
        assert!(!same(&line(ONE, OTHER), &line(THIRD, THIRD)));
        assert!(!same(&line(ONE, ONE), &line(OTHER, THIRD)));
        let mut ids = Ids::default();
        assert!(ids.same(&line(ONE, OTHER), &line(THIRD, OTHER)));
        assert!(!ids.same(&line(OTHER, OTHER), &line(THIRD, THIRD)), "from one line to the next");
    }

    #[test]
    fn a_placeholder_of_the_replay_is_any_text_and_nothing_else_is() {
        let live = r#"{"text":"a long, long text","n":1,"list":["x"]}"#;
        assert!(same(live, r#"{"text":"<text:1>","n":1,"list":["x"]}"#));
        assert!(same(live, r#"{"text":"a <text:1> text","n":1,"list":["x"]}"#));
        for replayed in [
            r#"{"text":"a long, other text","n":1,"list":["x"]}"#,
            r#"{"text":"<text:1>","n":2,"list":["x"]}"#,
            r#"{"text":"<text:1>","n":1,"list":[]}"#,
            r#"{"text":"<text:1>","list":["x"]}"#,
            r#"{"text":"<odd:1>","n":1,"list":["x"]}"#,
        ] {
            assert!(!same(live, replayed), "{replayed}");
        }
        assert!(
            !same(r#"{"text":"<text:1>"}"#, r#"{"text":"something"}"#),
            "of the CLI it is a text"
        );
        assert!(
            !same(r#"{"n":1}"#, r#"{ "n":1}"#)
                && !same("no json", "no JSON")
                && same("no json", "no <text:1>")
        );
    }
}
