//! How full the context of the conversation is.

use serde_json::Value;

use super::usage::Tokens;

/// The begin of what the CLI asks the model for.
pub(super) const ASKS: &str = "Your task is to create a detailed summary of the conversation so far, paying close attention to the user's explicit requests.";
/// What the CLI keeps free of a context: room for the answer, and for what comes before it.
const RESERVE: u64 = 33_000;
/// The context of a model, in tokens.
const CONTEXT: u64 = 1_000_000;

/// How full the context is.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Context {
    tokens: u64,
    dropped: u64,
    last: Tokens,
}

impl Context {
    /// Notes what the last request of the main conversation had.
    pub(super) fn note(&mut self, tokens: Tokens) {
        self.last = tokens;
        self.tokens = tokens.input() + tokens.cache_read() + tokens.output();
    }

    /// `apiUsage` of the reply to `get_context_usage`.
    pub(super) fn last_usage(self) -> Value {
        let all = self.last.usage();
        let fields = [
            "input_tokens",
            "output_tokens",
            "cache_creation_input_tokens",
            "cache_read_input_tokens",
        ];
        fields.into_iter().map(|name| (name.to_owned(), all[name].clone())).collect()
    }

    pub(super) fn is_full(self) -> bool {
        self.tokens > CONTEXT - RESERVE
    }

    /// The tokens before, after, and dropped so far. `left` is how many there are after it, if that is
    /// known: the CLI counts texts that only it has.
    pub(super) fn compact(&mut self, more: &str, summary: &str, left: Option<u64>) -> [u64; 3] {
        let before = self.tokens + estimate(more);
        let after = left.unwrap_or_else(|| estimate(summary));
        self.dropped = self.dropped.saturating_add(before.saturating_sub(after));
        self.tokens = after;
        [before, after, self.dropped]
    }
}

/// About four characters are a token.
fn estimate(text: &str) -> u64 {
    text.chars().count() as u64 / 4
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_was_dropped_adds_up() {
        let mut context = Context::default();
        context.note(Tokens::of(&json!({"input_tokens": 990_000, "output_tokens": 20})));
        assert!(context.is_full());
        let summary = "a".repeat(400);
        assert_eq!(context.compact("And now?", &summary, None), [990_022, 100, 989_922]);
        assert!(!context.is_full());
        context.note(Tokens::of(&json!({"input_tokens": 50, "output_tokens": 20})));
        assert_eq!(context.compact("", &summary, None), [70, 100, 989_922]);
        assert_eq!(context.compact("", &summary, Some(30)), [100, 30, 989_992]);
    }
}
