//! What a reply leaves open: inputs of tools that name what an earlier tool returned, and headers
//! that name a day.

use serde_json::Value;

use super::reply::{ApiReply, Block};

const START: &str = "${after:";
#[cfg(feature = "lab")]
const DAY: &str = "${day+";
const END: &str = "}";

/// The seconds of a day.
#[cfg(feature = "lab")]
const SECONDS: u64 = 86_400;

impl ApiReply {
    /// Replaces each `${after:TEXT}` that is a text in the input of a tool by the word that follows
    /// `TEXT` in one of the `results`, which the model has just got.
    ///
    /// # Errors
    /// If none of them has such a word; the others are replaced all the same.
    pub(crate) fn fill<T: AsRef<str>>(&mut self, results: &[T]) -> Result<(), String> {
        let mut missing = None;
        for block in &mut self.content {
            if let Block::ToolUse { input, .. } = block {
                fill(input, results, &mut missing);
            }
        }
        match missing {
            Some(text) => Err(format!("no tool result has a word after {text:?}")),
            None => Ok(()),
        }
    }

    /// Replaces each header that is `${day+N}` by the time at which the day (UTC) begins that is N
    /// days after `now`; both are in seconds since 1970.
    #[cfg(feature = "lab")]
    pub(crate) fn date(&mut self, now: u64) {
        for value in self.headers.values_mut() {
            let days = value.strip_prefix(DAY).and_then(|rest| rest.strip_suffix(END));
            if let Some(days) = days.and_then(|days| days.parse::<u64>().ok()) {
                *value = (now / SECONDS).saturating_add(days).saturating_mul(SECONDS).to_string();
            }
        }
    }
}

fn fill<T: AsRef<str>>(value: &mut Value, results: &[T], missing: &mut Option<String>) {
    match value {
        Value::String(text) => {
            let Some(name) = text.strip_prefix(START).and_then(|rest| rest.strip_suffix(END))
            else {
                return;
            };
            match results.iter().find_map(|result| word_after(name, result.as_ref())) {
                Some(word) => *text = word.to_owned(),
                None => *missing = Some(name.to_owned()),
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| fill(item, results, missing)),
        Value::Object(fields) => {
            fields.values_mut().for_each(|field| fill(field, results, missing));
        }
        _ => {}
    }
}

/// The letters, digits, `-` and `_` that follow `text`.
fn word_after<'a>(text: &str, result: &'a str) -> Option<&'a str> {
    let (_, rest) = result.split_once(text)?;
    let end = rest.find(|char: char| !char.is_alphanumeric() && !"-_".contains(char));
    Some(&rest[..end.unwrap_or(rest.len())]).filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn filled(input: Value, results: &[&str]) -> (Value, Result<(), String>) {
        let mut reply = ApiReply::text("x").and_tool_use("TaskStop", input);
        let done = reply.fill(results);
        match reply.content.pop() {
            Some(Block::ToolUse { input, .. }) => (input, done),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_word_of_an_earlier_result_is_filled_in() {
        let running = "Command running in background with ID: b1x_y-2. Output is being written";
        for (input, results, expected) in [
            (
                json!({"task_id": "${after:with ID: }"}),
                &[running][..],
                json!({"task_id": "b1x_y-2"}),
            ),
            (json!({"id": "${after:job }"}), &["none", "job 9c (daily)"], json!({"id": "9c"})),
            (json!({"id": "${after:}"}), &["9c — daily"], json!({"id": "9c"})),
            (json!(["${after:a }", {"b": "${after:c }"}]), &["a 1, c 2"], json!(["1", {"b": "2"}])),
            (json!({"id": "${after:job "}), &["job 1"], json!({"id": "${after:job "})),
            (json!({"id": " ${after:job }"}), &["job 1"], json!({"id": " ${after:job }"})),
        ] {
            assert_eq!(filled(input, results), (expected, Ok(())));
        }
    }

    #[test]
    fn a_word_that_no_result_has_is_an_error() {
        for results in [&[][..], &["job "], &["the jobs"], &["job (daily)"]] {
            let input = json!({"id": "${after:job }"});
            let error = Err("no tool result has a word after \"job \"".to_owned());
            assert_eq!(filled(input.clone(), results), (input, error), "{results:?}");
        }
    }

    #[cfg(feature = "lab")]
    #[test]
    fn a_day_from_now_is_the_time_at_which_it_begins() {
        for (value, expected) in [
            ("${day+0}", "86400"),
            ("${day+400}", "34646400"),
            ("${day+18446744073709551615}", "18446744073709551615"),
            ("${day+}", "${day+}"),
            ("${day+-1}", "${day+-1}"),
            ("day+1", "day+1"),
        ] {
            let mut reply = ApiReply::text("x").header("reset", value);
            reply.date(86_400 + 80_000);
            assert_eq!(reply.headers["reset"], expected, "{value}");
        }
    }
}
