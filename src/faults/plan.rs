//! A plan: faults, their seed, and what was injected.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::catalogue::FaultKind;
use super::fault::{Fault, FaultError, split};

pub(super) type Observer = Arc<dyn Fn(&Injection) + Send + Sync>;

/// Faults to inject, and the seed of what is random in them.
///
/// The same plan with the same seed injects the same faults at the same opportunities in each run.
/// Faults do not influence each other's random numbers.
///
/// ```
/// use claude_wire::faults::{Fault, FaultPlan};
///
/// let plan = FaultPlan::new().seed(7).with(Fault::named("exit_mid_turn")?.nth(2));
/// assert_eq!(plan.to_string(), FaultPlan::parse("exit_mid_turn:nth=2")?.seed(7).to_string());
/// # Ok::<(), claude_wire::faults::FaultError>(())
/// ```
#[derive(Clone, Default)]
pub struct FaultPlan {
    pub(super) faults: Vec<Fault>,
    pub(super) seed: u64,
    pub(super) observers: Vec<Observer>,
}

impl FaultPlan {
    /// A plan without faults, with the seed 0.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads faults in the [compact form](Fault::parse), separated by semicolons:
    /// `latency:ms=20;exit_mid_turn:nth=2,seed=7`.
    ///
    /// # Errors
    /// If one of them is not a fault, or there is none.
    pub fn parse(text: &str) -> Result<Self, FaultError> {
        let items = split(text, ';').into_iter().map(str::trim).filter(|item| !item.is_empty());
        let faults = items.map(Fault::parse).collect::<Result<Vec<_>, _>>()?;
        if faults.is_empty() {
            return Err(FaultError::new("expected a fault, such as exit_mid_turn:nth=2".into()));
        }
        Ok(Self { faults, ..Self::default() })
    }

    /// Adds a fault.
    #[must_use]
    pub fn with(mut self, fault: Fault) -> Self {
        self.faults.push(fault);
        self
    }

    /// The seed for all faults that have none of their own. Default: 0.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Calls this at each injection, right before it happens. It must not block.
    #[must_use]
    pub fn on_injection(mut self, observer: impl Fn(&Injection) + Send + Sync + 'static) -> Self {
        self.observers.push(Arc::new(observer));
        self
    }

    /// Its faults, in order.
    pub fn faults(&self) -> &[Fault] {
        &self.faults
    }

    /// Checks that it has no faults of the API.
    pub(crate) fn only_of_streams(&self) -> Result<(), FaultError> {
        let of_api = self.faults.iter().find(|fault| fault.info().kind() == FaultKind::Api);
        of_api.map_or(Ok(()), |fault| {
            Err(FaultError::new(format!(
                "{}: a fault of the Messages API, which is not asked here; inject it into a scenario or an ApiScript",
                fault.name()
            )))
        })
    }

    /// Checks that it has only faults of the API.
    #[cfg(feature = "lab")]
    pub(crate) fn only_of_the_api(&self) -> Result<(), FaultError> {
        let other = self.faults.iter().find(|fault| fault.info().kind() != FaultKind::Api);
        other.map_or(Ok(()), |fault| {
            Err(FaultError::new(format!(
                "{}: not a fault of the Messages API; inject it into a transport, a replay or a scenario",
                fault.name()
            )))
        })
    }

    /// The faults of another plan, too, with its seed and observers where this has none.
    pub(crate) fn and(mut self, other: Self) -> Self {
        let Self { faults, seed, observers } = other;
        let seeded = faults.into_iter().map(|mut fault| {
            fault.seed.get_or_insert(seed);
            fault
        });
        self.faults.extend(seeded);
        self.observers.extend(observers);
        self
    }
}

impl fmt::Debug for FaultPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FaultPlan({self})")
    }
}

/// By what they inject. Who observes it does not count.
impl PartialEq for FaultPlan {
    fn eq(&self, other: &Self) -> bool {
        self.to_string() == other.to_string()
    }
}

/// The compact form, with the seed of each fault.
impl fmt::Display for FaultPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, fault) in self.faults.iter().enumerate() {
            let mut fault = fault.clone();
            fault.seed.get_or_insert(self.seed);
            write!(f, "{}{fault}", if number == 0 { "" } else { ";" })?;
        }
        Ok(())
    }
}

/// A fault that was injected: which one, why there, and with which seed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Injection {
    pub(super) fault: Fault,
    pub(super) seed: u64,
    pub(super) opportunity: u64,
    pub(super) place: String,
    #[serde(default = "first")]
    pub(super) launch: u32,
}

fn first() -> u32 {
    1
}

impl Injection {
    /// The fault.
    pub fn fault(&self) -> &Fault {
        &self.fault
    }

    /// The seed of its random numbers.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// Which opportunity it was, counted from 1.
    pub fn opportunity(&self) -> u64 {
        self.opportunity
    }

    /// Where it was: `stdout line 7 (assistant)`.
    pub fn place(&self) -> &str {
        &self.place
    }

    /// In which launch it was, counted from 1 in the order of the starts: of a run, of the openings of
    /// a transport.
    pub fn launch(&self) -> u32 {
        self.launch
    }

    /// As in the event `fault` of a recording and of a journal.
    pub fn to_json(&self) -> Value {
        let mut object = self.fault.to_json();
        object["seed"] = self.seed.into();
        object["why"] = self.why().into();
        object
    }

    fn why(&self) -> String {
        let what = self.fault.info().opportunity();
        format!("{}: opportunity {} ({what})", self.place, self.opportunity)
    }
}

/// `exit_mid_turn at stdout line 7 (assistant): opportunity 2 (first line of the model in a turn),
/// seed 7`, and `, launch 2` if it is not the first one.
impl fmt::Display for Injection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}, seed {}", self.fault.name(), self.why(), self.seed)?;
        if self.launch > 1 { write!(f, ", launch {}", self.launch) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use serde_json::json;

    use super::*;
    use crate::common::lock;

    #[test]
    fn an_injection_says_where_and_why() {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let copy = Arc::clone(&seen);
        let plan = FaultPlan::parse("exit_mid_turn:nth=2,code=3").unwrap().seed(7);
        let plan = plan.on_injection(move |injection| lock(&copy).push(injection.to_string()));
        let armed = plan.arm();
        for line in [4, 9] {
            armed.hits(&format!("stdout line {line} (assistant)"), |_| true);
        }
        let [injection] = &armed.injections()[..] else { panic!("one") };
        assert_eq!(
            injection.to_string(),
            "exit_mid_turn at stdout line 9 (assistant): opportunity 2 (first line of the model in a turn), seed 7"
        );
        assert_eq!(*lock(&seen), [injection.to_string()]);
        assert_eq!(
            injection.to_json(),
            json!({"name": "exit_mid_turn", "code": 3, "nth": 2, "seed": 7,
                   "why": "stdout line 9 (assistant): opportunity 2 (first line of the model in a turn)"})
        );
    }

    #[test]
    fn a_plan_is_read_and_written() {
        let plan = FaultPlan::parse(" latency:ms=5 ; no_init:seed=3; ").unwrap().seed(9);
        assert_eq!(plan.to_string(), "latency:ms=5,seed=9;no_init:seed=3");
        assert_eq!(FaultPlan::parse(&plan.to_string()).unwrap().to_string(), plan.to_string());
        for nothing in ["", " ; ", ";"] {
            assert!(
                FaultPlan::parse(nothing).unwrap_err().to_string().contains("expected a fault")
            );
        }
        let both = FaultPlan::parse("crlf").unwrap().seed(1).and(plan);
        assert_eq!(both.to_string(), "crlf:seed=1;latency:ms=5,seed=9;no_init:seed=3");
    }
}
