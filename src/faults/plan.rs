//! A plan: faults, their seed, and what was injected.

use std::fmt;
use std::sync::{Arc, Mutex};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::catalogue::FaultKind;
use super::fault::{Fault, FaultError};
use super::random::Random;
use crate::common::lock;

type Observer = Arc<dyn Fn(&Injection) + Send + Sync>;

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
    faults: Vec<Fault>,
    seed: u64,
    observers: Vec<Observer>,
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
        let items = text.split(';').map(str::trim).filter(|item| !item.is_empty());
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

    /// Ready to be injected.
    pub(crate) fn arm(&self) -> ArmedFaults {
        let faults = self.faults.iter().enumerate().map(|(at, fault)| {
            let seed = fault.seed.unwrap_or(self.seed);
            let random = Random::new(seed, at as u64);
            ArmedFault { fault: fault.clone(), seed, random, seen: 0, done: 0 }
        });
        ArmedFaults(Arc::new(Mutex::new(State {
            faults: faults.collect(),
            observers: self.observers.clone(),
            injections: Vec::new(),
        })))
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
    fault: Fault,
    seed: u64,
    opportunity: u64,
    place: String,
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
/// seed 7`.
impl fmt::Display for Injection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}, seed {}", self.fault.name(), self.why(), self.seed)
    }
}

/// The faults of a plan while it is carried out. Clones share what has happened.
#[derive(Clone)]
pub(crate) struct ArmedFaults(Arc<Mutex<State>>);

struct State {
    faults: Vec<ArmedFault>,
    observers: Vec<Observer>,
    injections: Vec<Injection>,
}

struct ArmedFault {
    fault: Fault,
    seed: u64,
    random: Random,
    /// How many opportunities there were.
    seen: u64,
    done: u64,
}

/// A fault that happens now.
pub(crate) struct Hit {
    pub(crate) fault: Fault,
    pub(super) random: Random,
    pub(super) injection: Injection,
}

impl ArmedFaults {
    /// The faults that happen now: of those that this accepts, and for which this is an opportunity.
    pub(crate) fn hits(&self, place: &str, accepts: impl Fn(&Fault) -> bool) -> Vec<Hit> {
        let mut state = lock(&self.0);
        let mut hits = Vec::new();
        for armed in state.faults.iter_mut().filter(|armed| accepts(&armed.fault)) {
            hits.extend(armed.hit(place));
        }
        if hits.is_empty() {
            return hits;
        }
        let observers = state.observers.clone();
        state.injections.extend(hits.iter().map(|hit| hit.injection.clone()));
        drop(state);
        for hit in &hits {
            observers.iter().for_each(|observer| observer(&hit.injection));
        }
        hits
    }

    /// The plan, for more faults.
    pub(crate) fn plan(&self) -> FaultPlan {
        let state = lock(&self.0);
        let faults = state.faults.iter().map(|armed| armed.fault.clone().seed(armed.seed));
        FaultPlan { faults: faults.collect(), seed: 0, observers: state.observers.clone() }
    }

    /// What was injected so far, in order.
    pub(crate) fn injections(&self) -> Vec<Injection> {
        lock(&self.0).injections.clone()
    }
}

impl fmt::Debug for ArmedFaults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ArmedFaults").field(&self.injections()).finish()
    }
}

impl ArmedFault {
    fn hit(&mut self, place: &str) -> Option<Hit> {
        self.seen += 1;
        let is_open = self.seen > self.fault.after_count()
            && self.fault.limit().is_none_or(|limit| self.done < limit);
        // A random number for each opportunity, so that a limit does not move the later ones.
        let is_taken = self.fault.probability().is_none_or(|rate| self.random.chance(rate));
        if !is_open || !is_taken {
            return None;
        }
        self.done += 1;
        let injection = Injection {
            fault: self.fault.clone(),
            seed: self.seed,
            opportunity: self.seen,
            place: place.to_owned(),
        };
        let random = Random::new(self.seed, stream(&self.fault, self.seen));
        Some(Hit { fault: self.fault.clone(), random, injection })
    }
}

/// Keeps the random numbers of one injection apart from those of another.
fn stream(fault: &Fault, opportunity: u64) -> u64 {
    let name = fault.name().bytes();
    name.fold(opportunity, |hash, byte| hash.wrapping_mul(31).wrapping_add(byte.into()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The opportunities of ten that are taken.
    fn taken(plan: &str) -> Vec<u64> {
        let armed = FaultPlan::parse(plan).unwrap().arm();
        (0..10).for_each(|_| drop(armed.hits("here", |_| true)));
        armed.injections().iter().map(Injection::opportunity).collect()
    }

    #[test]
    fn a_plan_says_which_opportunities_are_taken() {
        for (plan, expected) in [
            ("no_init", vec![1]),
            ("latency", (1..=10).collect()),
            ("latency:once", vec![1]),
            ("no_init:every", (1..=10).collect()),
            ("no_init:nth=3", vec![3]),
            ("no_init:after=3", vec![4]),
            ("no_init:after=3,every", (4..=10).collect()),
            ("no_init:after=2,times=3", vec![3, 4, 5]),
            ("latency:after=8", vec![9, 10]),
            ("no_init:rate=1", (1..=10).collect()),
            ("no_init:rate=0", vec![]),
        ] {
            assert_eq!(taken(plan), expected, "{plan}");
        }
    }

    #[test]
    fn the_same_seed_takes_the_same_opportunities() {
        let with = |seed: u64| taken(&format!("latency:rate=0.5,seed={seed}"));
        assert_eq!(with(7), with(7));
        assert!((0..8).any(|seed| with(seed) != with(7)));
        assert!((0..8).all(|seed| !with(seed).is_empty()));
        let limited = taken("latency:rate=0.5,seed=7,times=2");
        assert_eq!(limited, with(7)[..2], "a limit does not move them");
        // Another fault of the plan does not move them either.
        let plan = FaultPlan::parse("latency:rate=0.5,seed=7;no_init").unwrap().arm();
        (0..10).for_each(|_| drop(plan.hits("here", |fault| fault.name() == "latency")));
        let taken: Vec<u64> = plan.injections().iter().map(Injection::opportunity).collect();
        assert_eq!(taken, with(7));
    }

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
