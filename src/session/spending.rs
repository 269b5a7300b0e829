//! What turns cost, where the CLI only tells running totals.

use std::collections::BTreeMap;

use super::tokens::Tokens;
use crate::wire::ResultMessage;
use crate::wire::usage::ModelUsage;

/// Money and tokens.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Spending {
    /// US dollars, as the CLI reckons them; never negative.
    pub cost_usd: f64,
    /// How many results this sums up: 1 for a turn.
    pub results: u64,
    /// By model, sub-agents and the CLI's own calls included.
    pub models: BTreeMap<String, ModelSpending>,
}

/// Money and tokens of one model.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct ModelSpending {
    /// US dollars; never negative.
    pub cost_usd: f64,
    /// Tokens.
    pub tokens: Tokens,
}

impl Spending {
    /// The tokens of all models together, and their cost.
    pub fn all_models(&self) -> ModelSpending {
        self.models.values().copied().fold(ModelSpending::default(), ModelSpending::plus)
    }

    fn add(&mut self, more: &Self) {
        self.cost_usd += more.cost_usd;
        self.results += more.results;
        for (model, spending) in &more.models {
            let sum = self.models.entry(model.clone()).or_default();
            *sum = sum.plus(*spending);
        }
    }
}

/// Turns the running totals of results into what each turn has used.
///
/// A session does this by itself: [`Session::spending`](super::Session::spending). This is for results from elsewhere, such as a log.
///
/// In CLI 2.1.329 `total_cost_usd` and `modelUsage` are running totals. They go on in a process that resumes a conversation, from what the
/// conversation had cost before, and begin anew after `/clear`. So a turn has used the difference to the result before it; where there is none
/// to compare with, the turn has used what the CLI counts since its last result (`model_usage_since_last_result`); and where the CLI does not
/// say that, the whole total.
///
/// ```
/// use claude_wire::session::SpendingMeter;
/// use claude_wire::wire::{Frame, Message};
///
/// let mut meter = SpendingMeter::new();
/// for (index, total) in ["0.25", "0.75"].iter().enumerate() {
///     let line = format!(r#"{{"type":"result","session_id":"s","total_cost_usd":{total},"result_index":{index}}}"#);
///     let message = Message::new(Frame::parse(line)?);
///     println!("this turn: {} US dollars", meter.add(message.as_result().unwrap()).cost_usd);
/// }
/// assert_eq!(meter.total().cost_usd, 0.75);
/// # Ok::<(), claude_wire::wire::JsonError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct SpendingMeter {
    total: Spending,
    last: Option<Last>,
}

/// The totals of the result before.
#[derive(Clone, Debug)]
struct Last {
    session_id: String,
    index: Option<u64>,
    totals: Spending,
}

impl SpendingMeter {
    /// A meter at zero.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next result of a session: what its turn has used. Results come in the order in which the CLI wrote them, those of failed turns
    /// among them.
    pub fn add(&mut self, result: &ResultMessage) -> Spending {
        let totals = Spending {
            cost_usd: dollars(result.total_cost_usd),
            results: 1,
            models: models(&result.model_usage),
        };
        let spent = match self.last.take().filter(|last| last.goes_on(result, &totals)) {
            Some(last) => difference(&totals, &last.totals),
            None => match &result.model_usage_since_last_result {
                Some(usage) => {
                    let models = models(usage);
                    Spending {
                        cost_usd: models.values().map(|model| model.cost_usd).sum(),
                        results: 1,
                        models,
                    }
                }
                None => totals.clone(),
            },
        };
        self.last = Some(Last {
            session_id: result.session_id.clone(),
            index: result.result_index,
            totals,
        });
        self.total.add(&spent);
        spent
    }

    /// What all results have used together.
    pub fn total(&self) -> &Spending {
        &self.total
    }
}

impl Last {
    /// Are these totals those of the same process and conversation, only later?
    fn goes_on(&self, result: &ResultMessage, totals: &Spending) -> bool {
        let later = match (self.index, result.result_index) {
            (Some(last), Some(index)) => index > last,
            _ => true,
        };
        later && self.session_id == result.session_id && totals.cost_usd >= self.totals.cost_usd
    }
}

impl ModelSpending {
    fn plus(self, more: Self) -> Self {
        Self { cost_usd: self.cost_usd + more.cost_usd, tokens: self.tokens.plus(more.tokens) }
    }

    fn minus(self, less: Self) -> Self {
        Self {
            cost_usd: (self.cost_usd - less.cost_usd).max(0.0),
            tokens: self.tokens.minus(less.tokens),
        }
    }
}

/// What has been used between two results; a model that was not used is left out.
fn difference(totals: &Spending, last: &Spending) -> Spending {
    let since = |(model, now): (&String, &ModelSpending)| {
        let before = last.models.get(model).copied().unwrap_or_default();
        Some((model.clone(), now.minus(before)))
            .filter(|(_, spent)| *spent != ModelSpending::default())
    };
    let cost_usd = (totals.cost_usd - last.cost_usd).max(0.0);
    Spending { cost_usd, results: 1, models: totals.models.iter().filter_map(since).collect() }
}

fn models(usage: &BTreeMap<String, ModelUsage>) -> BTreeMap<String, ModelSpending> {
    let spending = |usage: &ModelUsage| {
        let tokens = Tokens {
            input: usage.input_tokens,
            output: usage.output_tokens,
            cache_read: usage.cache_read_input_tokens,
            cache_creation: usage.cache_creation_input_tokens,
        };
        ModelSpending { cost_usd: dollars(Some(usage.cost_usd)), tokens }
    };
    usage.iter().map(|(model, usage)| (model.clone(), spending(usage))).collect()
}

fn dollars(cost: Option<f64>) -> f64 {
    cost.filter(|cost| cost.is_finite()).unwrap_or_default().max(0.0)
}
