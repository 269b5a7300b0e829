//! Tokens and costs.

use serde_json::{Map, Value, json};

use super::version::is_listed;

/// The price of a million tokens in USD: of input, of output.
const PRICES: [(&str, f64, f64); 5] = [
    ("opus", 4.0, 20.0),
    ("sonnet", 2.0, 10.0),
    ("haiku-5-5", 0.1, 0.5),
    ("haiku", 1.0, 5.0),
    ("", 4.0, 20.0),
];
/// Whether the CLI knows the price of a model.
pub(super) fn is_known(model: &str) -> bool {
    model.starts_with("claude-")
}

/// The most tokens of one message.
fn most_output(model: &str) -> u32 {
    match model {
        _ if is_listed(model) => 128_000,
        _ if is_known(model) => 64_000,
        _ => 32_000,
    }
}

/// The most that is counted of one kind in one message.
const MOST: u64 = 1 << 53;

/// USD for one web search.
const WEB_SEARCH: f64 = 0.01;

/// The tokens of one or more messages.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Tokens {
    input: u64,
    output: u64,
    cache_read: u64,
    cache_write: u64,
    searches: u64,
    fetches: u64,
}

/// The tokens of a session, by model in the order of first use.
#[derive(Clone, Debug, Default)]
pub(super) struct Ledger {
    models: Vec<(String, Tokens, f64)>,
    cost: f64,
}

impl Tokens {
    /// The `usage` of a message.
    pub(super) fn of(usage: &Value) -> Self {
        // More than a script can count exactly would overflow where it is added up.
        let count = |name: &str| usage.pointer(name).and_then(Value::as_u64).unwrap_or(0).min(MOST);
        Self {
            input: count("/input_tokens"),
            output: count("/output_tokens"),
            cache_read: count("/cache_read_input_tokens"),
            cache_write: count("/cache_creation_input_tokens"),
            searches: count("/server_tool_use/web_search_requests"),
            fetches: count("/server_tool_use/web_fetch_requests"),
        }
    }

    pub(super) fn add(&mut self, other: Self) {
        for (sum, more) in [
            (&mut self.input, other.input),
            (&mut self.output, other.output),
            (&mut self.cache_read, other.cache_read),
            (&mut self.cache_write, other.cache_write),
            (&mut self.searches, other.searches),
            (&mut self.fetches, other.fetches),
        ] {
            *sum = sum.saturating_add(more);
        }
    }

    pub(super) fn input(&self) -> u64 {
        self.input
    }

    pub(super) fn output(&self) -> u64 {
        self.output
    }

    pub(super) fn cache_read(&self) -> u64 {
        self.cache_read
    }

    /// The cost in USD.
    fn cost(&self, model: &str) -> f64 {
        let (_, input, output) =
            PRICES.iter().find(|(name, ..)| model.contains(name)).unwrap_or(&PRICES[0]);
        let count = |tokens: u64| tokens as f64;
        (count(self.input) * input
            + count(self.output) * output
            + count(self.cache_read) * input * 0.1
            + count(self.cache_write) * input * 1.25)
            / 1e6
            + count(self.searches) * WEB_SEARCH
    }

    /// `usage` of a result.
    pub(super) fn usage(&self) -> Value {
        json!({
            "input_tokens": self.input, "cache_creation_input_tokens": self.cache_write,
            "cache_read_input_tokens": self.cache_read, "output_tokens": self.output,
            "output_tokens_details": {"thinking_tokens": 0},
            "server_tool_use": {"web_search_requests": self.searches, "web_fetch_requests": self.fetches},
            "service_tier": "standard",
            "cache_creation": {"ephemeral_1h_input_tokens": 0, "ephemeral_5m_input_tokens": self.cache_write},
            "inference_geo": "", "iterations": [], "speed": "standard", "fallback_credit": null,
        })
    }

    fn model_usage(&self, model: &str, cost: f64) -> Value {
        json!({
            "inputTokens": self.input, "outputTokens": self.output, "cacheReadInputTokens": self.cache_read,
            "cacheCreationInputTokens": self.cache_write, "webSearchRequests": self.searches, "costUSD": cost,
            "contextWindow": 1_000_000, "maxOutputTokens": most_output(model), "thinkingTokens": 0,
            "cacheCreationEphemeral5mInputTokens": self.cache_write, "cacheCreationEphemeral1hInputTokens": 0,
            "canonicalModel": model, "provider": "firstParty", "costBasis": if is_known(model) { "list" } else { "unknown" },
        })
    }
}

impl Ledger {
    pub(super) fn add(&mut self, model: &str, tokens: Tokens) {
        let cost = tokens.cost(model);
        self.cost += cost;
        match self.models.iter_mut().find(|(known, ..)| known == model) {
            Some((_, sum, sum_of_costs)) => {
                sum.add(tokens);
                *sum_of_costs += cost;
            }
            None => self.models.push((model.to_owned(), tokens, cost)),
        }
    }

    /// `total_cost_usd`.
    pub(super) fn cost(&self) -> f64 {
        self.cost
    }

    /// `total_cost_usd` as the CLI spells it.
    pub(super) fn cost_json(&self) -> Value {
        if self.cost == 0.0 { json!(0) } else { json!(self.cost) }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.models.is_empty()
    }

    /// Whether the prices of all models are known.
    pub(super) fn is_known(&self) -> bool {
        self.models.iter().all(|(model, ..)| is_known(model))
    }

    /// The tokens of each model, as `/cost` lists them.
    pub(super) fn lines(&self) -> impl Iterator<Item = String> {
        self.models.iter().map(|(model, tokens, cost)| {
            let Tokens { input, output, cache_read, cache_write, .. } = tokens;
            format!("{model:>20}:  {input} input, {output} output, {cache_read} cache read, {cache_write} cache write (${cost:.4})")
        })
    }

    /// `modelUsage`.
    pub(super) fn by_model(&self) -> Value {
        let models = self.models.iter();
        models
            .map(|(model, tokens, cost)| (model.clone(), tokens.model_usage(model, *cost)))
            .collect::<Map<_, _>>()
            .into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn costs_add_up_as_those_of_the_cli() {
        let mut ledger = Ledger::default();
        let tokens = Tokens::of(&json!({"input_tokens": 100, "output_tokens": 20}));
        for expected in [0.0008, 0.0016, 0.002_400_000_000_000_000_2] {
            ledger.add("claude-opus-5-5", tokens);
            assert_eq!(ledger.cost_json(), json!(expected));
        }
        ledger.add("claude-sonnet-5", tokens);
        assert_eq!(ledger.by_model()["claude-sonnet-5"]["costUSD"], json!(0.0004));
        assert_eq!(ledger.by_model()["claude-opus-5-5"]["inputTokens"], 300);
    }

    #[test]
    fn cost_lists_the_tokens_of_each_model() {
        let mut ledger = Ledger::default();
        let tokens = Tokens::of(&json!({"input_tokens": 200, "output_tokens": 40}));
        ledger.add("claude-opus-5-5", tokens);
        assert!(ledger.is_known());
        ledger.add("no-such-model", tokens);
        assert!(!ledger.is_known());
        let lines: Vec<_> = ledger.lines().collect();
        assert_eq!(
            lines,
            [
                "     claude-opus-5-5:  200 input, 40 output, 0 cache read, 0 cache write ($0.0016)",
                "       no-such-model:  200 input, 40 output, 0 cache read, 0 cache write ($0.0016)",
            ]
        );
        let usage = ledger.by_model();
        assert_eq!(usage["claude-opus-5-5"]["maxOutputTokens"], 128_000);
        assert_eq!(usage["no-such-model"]["maxOutputTokens"], 32_000);
        assert_eq!(usage["no-such-model"]["costBasis"], "unknown");
    }

    #[test]
    fn a_search_has_its_price() {
        let mut ledger = Ledger::default();
        let usage = json!({"input_tokens": 100, "output_tokens": 20, "server_tool_use": {"web_search_requests": 1}});
        ledger.add("claude-opus-5-5", Tokens::of(&usage));
        assert_eq!(ledger.cost_json(), json!(0.0108));
    }
}
