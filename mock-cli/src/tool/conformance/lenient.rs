//! JSON as hosts write it.

use claude_wire::wire::RawJson;
use serde_json::Value;

/// The value of a text. Some languages write halves of surrogate pairs, which no text has and which
/// `serde_json` refuses: such a half reads as U+FFFD.
pub(super) fn value(text: &str) -> Option<Value> {
    RawJson::parse(text.to_owned()).and_then(|json| json.to_value()).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn halves_of_pairs_are_replaced_and_nothing_else_is() {
        for (text, expected) in [
            (r#"{"a":"\ud83d\ude80 é"}"#, json!({"a": "\u{1f680} é"})),
            (r#""cut \ud83d""#, json!("cut \u{fffd}")),
            (
                r#""\ude80\ud83dx\n\ud83d\ud83d\ude80""#,
                json!("\u{fffd}\u{fffd}x\n\u{fffd}\u{1f680}"),
            ),
            (r#""\\ud83d""#, json!("\\ud83d")),
            (" [1, 2.5e3]\r\n", json!([1, 2500.0])),
        ] {
            assert_eq!(value(text), Some(expected), "{text}");
        }
        for text in [r#""\u00"#, "\\", "\\é\\u", "", "Starting up", "{} {}", "{'a': 1}"] {
            assert_eq!(value(text), None, "{text}");
        }
    }
}
