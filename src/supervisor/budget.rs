//! A budget that several children share.

use std::fmt;
use std::sync::{Arc, Mutex};

use crate::common::lock;
use crate::session::Spending;

/// A budget that children share: what the sessions of all of them use is added up, and once it is
/// used up, queries of each are refused
/// ([`is_budget`](super::SupervisorError::is_budget)). A turn that runs is not interrupted, so more
/// may be spent than the limit.
///
/// Give it to the children of a group ([`ChildSpec::budget`](super::ChildSpec::budget)), or to
/// supervisors ([`SupervisorBuilder::budget`](super::SupervisorBuilder::budget)). Clones count
/// together, and each has its own limits: `team.clone().max_usd(5.0)` stops those to whom it is given
/// when the whole team has spent that much. Who has several clones stops at the lowest limit. It
/// counts from its creation, over restarts of sessions and supervisors, and also for children that
/// are gone.
///
/// ```
/// use claude_wire::Session;
/// use claude_wire::supervisor::{Budget, ChildSpec};
///
/// let team = Budget::new("team").max_usd(20.0);
/// let children = ["ann", "bob"].map(|key| {
///     ChildSpec::<String>::new(key, Session::builder).budget(team.clone())
/// });
/// # drop(children);
/// assert_eq!(team.cost_usd(), 0.0);
/// ```
#[derive(Clone)]
pub struct Budget {
    name: Arc<str>,
    max_usd: Option<f64>,
    max_turns: Option<u64>,
    used: Arc<Mutex<Used>>,
}

#[derive(Default)]
struct Used {
    cost_usd: f64,
    results: u64,
}

impl Budget {
    /// A budget without limits, with a name for errors.
    pub fn new(name: impl Into<String>) -> Self {
        let used = Arc::default();
        Self { name: name.into().into(), max_usd: None, max_turns: None, used }
    }

    /// Sets how many US dollars may be spent, as the CLI computes them. Default: no limit.
    #[must_use]
    pub fn max_usd(self, usd: f64) -> Self {
        Self { max_usd: Some(usd), ..self }
    }

    /// Sets after how many turns that have ended no other one is asked. Default: no limit.
    #[must_use]
    pub fn max_turns(self, turns: u64) -> Self {
        Self { max_turns: Some(turns), ..self }
    }

    /// The same with these limits.
    pub(super) fn of(self, max_usd: Option<f64>, max_turns: Option<u64>) -> Self {
        Self { max_usd, max_turns, ..self }
    }

    /// Returns how many US dollars were spent so far.
    pub fn cost_usd(&self) -> f64 {
        lock(&self.used).cost_usd
    }

    /// Returns how many results there were so far: one for each turn.
    pub fn results(&self) -> u64 {
        lock(&self.used).results
    }

    pub(super) fn add(&self, spent: &Spending) {
        let mut used = lock(&self.used);
        used.cost_usd += spent.cost_usd;
        used.results += spent.results;
    }

    /// What is used up, if something is.
    pub(super) fn used_up(&self) -> Option<String> {
        let over = exhausted(self.cost_usd(), self.results(), self.max_usd, self.max_turns)?;
        Some(format!("{over} of the budget {:?}", self.name))
    }

    /// These budgets, each once: what is used counts once, and of its limits the lowest holds.
    pub(super) fn all<'a>(budgets: impl IntoIterator<Item = &'a Self>) -> Arc<[Self]> {
        let mut all: Vec<Self> = Vec::new();
        for budget in budgets {
            match all.iter_mut().find(|known| Arc::ptr_eq(&known.used, &budget.used)) {
                Some(known) => {
                    known.max_usd = lower(known.max_usd, budget.max_usd, f64::min);
                    known.max_turns = lower(known.max_turns, budget.max_turns, u64::min);
                }
                None => all.push(budget.clone()),
            }
        }
        all.into()
    }
}

/// The lower limit, if there is one.
fn lower<T>(one: Option<T>, other: Option<T>, min: impl FnOnce(T, T) -> T) -> Option<T> {
    match (one, other) {
        (Some(one), Some(other)) => Some(min(one, other)),
        (one, other) => one.or(other),
    }
}

/// Which limit is reached, with what was used.
pub(super) fn exhausted(
    cost_usd: f64,
    results: u64,
    max_usd: Option<f64>,
    max_turns: Option<u64>,
) -> Option<String> {
    match (max_usd, max_turns) {
        (Some(max), _) if cost_usd >= max => Some(format!("{cost_usd:.4} of {max} USD")),
        (_, Some(max)) if results >= max => Some(format!("{results} of {max} turns")),
        _ => None,
    }
}

impl fmt::Debug for Budget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Budget")
            .field("name", &self.name)
            .field("max_usd", &self.max_usd)
            .field("max_turns", &self.max_turns)
            .field("cost_usd", &self.cost_usd())
            .field("results", &self.results())
            .finish()
    }
}
