//! The cost of turns, from the CLI's running totals.

use std::collections::BTreeMap;

use super::tokens::Tokens;
use crate::wire::ResultMessage;
use crate::wire::usage::ModelUsage;

/// Money and tokens.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Spending {
    /// US dollars, as computed by the CLI; never negative.
    pub cost_usd: f64,
    /// How many results this covers: 1 for a turn.
    pub results: u64,
    /// By model, including sub-agents and calls that the CLI makes itself.
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

    pub(crate) fn add(&mut self, more: &Self) {
        self.cost_usd += more.cost_usd;
        self.results += more.results;
        for (model, spending) in &more.models {
            let sum = self.models.entry(model.clone()).or_default();
            *sum = sum.plus(*spending);
        }
    }
}

/// Converts the running totals of results into the usage of each turn.
///
/// A session does this itself: [`Session::spending`](super::Session::spending). Use this for
/// results from elsewhere, such as a log.
///
/// In CLI 2.1.329 `total_cost_usd` and `modelUsage` are running totals. In a process that resumes a
/// conversation, they continue from the earlier cost of that conversation; after `/clear` they
/// restart. So the usage of a turn is the difference from the previous result; if there is none to
/// compare with, it is what the CLI reports since its last result
/// (`model_usage_since_last_result`); and if the CLI does not report that, it is the whole total.
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
    total: Sums,
    last: Option<Last>,
}

/// A [`Spending`] in little memory: a map has room for 11 models.
#[derive(Clone, Debug, Default)]
struct Sums {
    cost_usd: f64,
    results: u64,
    models: Box<[(String, ModelSpending)]>,
}

/// The totals of the previous result.
#[derive(Clone, Debug)]
struct Last {
    session_id: String,
    index: Option<u64>,
    totals: Sums,
}

impl SpendingMeter {
    /// Creates a meter at zero.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the next result of a session and returns the usage of its turn. Results, including
    /// failed ones, must come in the order in which the CLI wrote them.
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
            totals: totals.into(),
        });
        let mut total = self.total();
        total.add(&spent);
        self.total = total.into();
        spent
    }

    /// Returns the usage of all results together.
    pub fn total(&self) -> Spending {
        let Sums { cost_usd, results, models } = self.total.clone();
        Spending { cost_usd, results, models: models.into_iter().collect() }
    }
}

impl From<Spending> for Sums {
    fn from(spending: Spending) -> Self {
        let Spending { cost_usd, results, models } = spending;
        Self { cost_usd, results, models: models.into_iter().collect() }
    }
}

impl Last {
    /// Whether these totals continue those of the same process and conversation.
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

/// Returns the usage between two results; unused models are left out.
fn difference(totals: &Spending, last: &Sums) -> Spending {
    let since = |(model, now): (&String, &ModelSpending)| {
        let before = last.models.iter().find(|(name, _)| name == model);
        let before = before.map(|(_, before)| *before).unwrap_or_default();
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
