//! A plan while it is carried out: what was counted, and what was injected.

use std::fmt;
use std::io;
use std::sync::{Arc, Mutex};

use super::fault::{Fault, FaultError};
use super::form::Form;
use super::plan::{FaultPlan, Injection, Observer};
use super::random::Random;
use crate::common::{lock, os_error};

/// The faults of a plan while it is carried out, for one launch. Clones, and those for other
/// launches, share what has happened.
#[derive(Clone)]
pub(crate) struct ArmedFaults {
    state: Arc<Mutex<State>>,
    /// The number of the launch, from 1.
    launch: u32,
    form: Form,
    tally: Option<Arc<dyn Tally>>,
}

/// Counts over several processes.
pub(crate) trait Tally: Send + Sync {
    /// Counts an opportunity of the fault with this index; returns its number, from 1.
    fn opportunity(&self, fault: usize) -> io::Result<u64>;

    /// Keeps what is injected.
    fn injected(&self, injection: &Injection);

    /// The faults that had no hit yet, in the order of the plan, with their opportunities so far.
    fn missed(&self) -> Vec<(Fault, u64)>;
}

struct State {
    faults: Vec<ArmedFault>,
    observers: Vec<Observer>,
    injections: Vec<Injection>,
    /// The number of the last launch of this process.
    launches: u32,
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
#[derive(Debug)]
pub(crate) struct Hit {
    pub(crate) fault: Fault,
    pub(super) random: Random,
    pub(super) injection: Injection,
}

impl FaultPlan {
    /// Ready to be injected.
    pub(crate) fn arm(&self) -> ArmedFaults {
        let faults = self.faults.iter().enumerate().map(|(at, fault)| {
            let seed = fault.seed.unwrap_or(self.seed);
            let random = Random::new(seed, at as u64);
            ArmedFault { fault: fault.clone(), seed, random, seen: 0, done: 0 }
        });
        let state = State {
            faults: faults.collect(),
            observers: self.observers.clone(),
            injections: Vec::new(),
            launches: 0,
        };
        let state = Arc::new(Mutex::new(state));
        ArmedFaults { state, launch: 1, form: Form::default(), tally: None }
    }
}

impl ArmedFaults {
    /// For the next launch, which has this form.
    ///
    /// # Errors
    /// If one of the faults cannot happen in a launch of this form.
    pub(crate) fn next_launch(&self, form: Form) -> Result<Self, FaultError> {
        let mut state = lock(&self.state);
        if let Some(why) = state.faults.iter().find_map(|armed| form.refusal(&armed.fault)) {
            return Err(FaultError::new(why));
        }
        state.launches += 1;
        let launch = state.launches;
        drop(state);
        Ok(Self { launch, form, ..self.clone() })
    }

    /// The same, counted together with other processes.
    pub(crate) fn counted_by(self, tally: Arc<dyn Tally>) -> Self {
        Self { tally: Some(tally), ..self }
    }

    /// The same, for the launch with this number, which is now the last one.
    pub(crate) fn numbered(self, launch: u32) -> Self {
        lock(&self.state).launches = launch;
        Self { launch, ..self }
    }

    pub(super) fn form(&self) -> Form {
        self.form
    }

    /// The faults that happen now: of those that this accepts, and for which this is an opportunity.
    pub(crate) fn hits(&self, place: &str, accepts: impl Fn(&Fault) -> bool) -> Vec<Hit> {
        let hits = self.take(place, accepts);
        self.note(&hits);
        hits
    }

    /// As [`hits`](Self::hits), for what may not come to happen: [`note`](Self::note) notes it.
    pub(super) fn take(&self, place: &str, accepts: impl Fn(&Fault) -> bool) -> Vec<Hit> {
        let mut state = lock(&self.state);
        let armed = state.faults.iter_mut().enumerate().filter(|(_, armed)| accepts(&armed.fault));
        let hits = armed.filter_map(|(index, armed)| {
            let counted = self.tally.as_ref().map(|tally| tally.opportunity(index)).transpose();
            let number = counted.unwrap_or_else(|error| {
                tracing::warn!(
                    error = %os_error(&error),
                    "the opportunities of a run cannot be counted"
                );
                None
            });
            let is_hit = armed.reaches(number.unwrap_or(armed.seen + 1));
            is_hit.then(|| armed.hit(place, self.launch))
        });
        hits.collect()
    }

    /// Notes what is injected.
    pub(super) fn note(&self, hits: &[Hit]) {
        if hits.is_empty() {
            return;
        }
        let mut state = lock(&self.state);
        let observers = state.observers.clone();
        state.injections.extend(hits.iter().map(|hit| hit.injection.clone()));
        drop(state);
        for hit in hits {
            if let Some(tally) = &self.tally {
                tally.injected(&hit.injection);
            }
            observers.iter().for_each(|observer| observer(&hit.injection));
        }
    }

    /// The plan, for more faults.
    pub(crate) fn plan(&self) -> FaultPlan {
        let state = lock(&self.state);
        let faults = state.faults.iter().map(|armed| armed.fault.clone().seed(armed.seed));
        FaultPlan { faults: faults.collect(), seed: 0, observers: state.observers.clone() }
    }

    /// What was injected so far in this process, in order.
    pub(crate) fn injections(&self) -> Vec<Injection> {
        lock(&self.state).injections.clone()
    }

    /// What was injected so far in this launch.
    pub(crate) fn of_launch(&self) -> Vec<Injection> {
        let of_launch = |injection: &Injection| injection.launch == self.launch;
        self.injections().into_iter().filter(of_launch).collect()
    }

    /// Whether a fault has ended the conversation of this launch.
    pub(crate) fn has_ended(&self) -> bool {
        let injections = &lock(&self.state).injections;
        let mut of_launch = injections.iter().filter(|it| it.launch == self.launch);
        of_launch.any(|it| it.fault.ends_conversation())
    }

    /// The last launch of this process; `None` before the first.
    pub(crate) fn last_launch(&self) -> Option<Self> {
        let launch = lock(&self.state).launches;
        (launch > 0).then(|| Self { launch, ..self.clone() })
    }

    /// Whether a fault kept this launch from being started.
    pub(crate) fn is_refused(&self) -> bool {
        self.of_launch().iter().any(|it| it.fault.name() == "spawn_fail")
    }

    /// The faults that had no hit yet, with their opportunities so far.
    pub(crate) fn missed(&self) -> Vec<(Fault, u64)> {
        if let Some(tally) = &self.tally {
            return tally.missed();
        }
        let state = lock(&self.state);
        let hit = |index: &usize| {
            let armed = &state.faults[*index];
            state.injections.iter().any(|it| it.fault == armed.fault && it.seed == armed.seed)
        };
        let missed = (0..state.faults.len()).filter(|index| !hit(index));
        missed.map(|index| (state.faults[index].fault.clone(), state.faults[index].seen)).collect()
    }
}

impl fmt::Debug for ArmedFaults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ArmedFaults").field(&self.injections()).finish()
    }
}

impl ArmedFault {
    /// Goes on to the opportunity with this number; other processes may have had those before it.
    /// Returns whether it is taken, which follows from the number and the seed.
    fn reaches(&mut self, number: u64) -> bool {
        let mut is_hit = false;
        while self.seen < number {
            self.seen += 1;
            let is_open = self.seen > self.fault.after_count()
                && self.fault.limit().is_none_or(|limit| self.done < limit);
            // A random number for each opportunity, so that a limit does not move the later ones.
            let is_taken = self.fault.probability().is_none_or(|rate| self.random.chance(rate));
            is_hit = is_open && is_taken;
            self.done += u64::from(is_hit);
        }
        is_hit
    }

    fn hit(&self, place: &str, launch: u32) -> Hit {
        let injection = Injection {
            fault: self.fault.clone(),
            seed: self.seed,
            opportunity: self.seen,
            place: place.to_owned(),
            launch,
        };
        let random = Random::new(self.seed, stream(&self.fault, self.seen));
        Hit { fault: self.fault.clone(), random, injection }
    }
}

/// Keeps the random numbers of one injection apart from those of another.
fn stream(fault: &Fault, opportunity: u64) -> u64 {
    let name = fault.name().bytes();
    name.fold(opportunity, |hash, byte| hash.wrapping_mul(31).wrapping_add(byte.into()))
}

#[cfg(test)]
mod tests {
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

    /// Processes that count together take the opportunities that one alone would take.
    #[test]
    fn counting_together_takes_the_same_opportunities() {
        struct Counter(Mutex<u64>);
        impl Tally for Counter {
            fn opportunity(&self, _: usize) -> io::Result<u64> {
                *lock(&self.0) += 1;
                Ok(*lock(&self.0))
            }
            fn injected(&self, _: &Injection) {}
            fn missed(&self) -> Vec<(Fault, u64)> {
                Vec::new()
            }
        }
        for plan in ["latency:rate=0.5,seed=7", "latency:rate=0.5,seed=7,times=2", "no_init:nth=4"]
        {
            let tally = Arc::new(Counter(Mutex::default()));
            let processes = [1, 2, 3].map(|number| {
                let armed = FaultPlan::parse(plan).unwrap().arm();
                armed.counted_by(tally.clone()).numbered(number)
            });
            let order = [0, 1, 1, 2, 0, 0, 2, 1, 2, 0].into_iter();
            order.clone().for_each(|process: usize| {
                drop(processes[process].hits("here", |_| true));
            });
            let mut all: Vec<_> = processes.iter().flat_map(ArmedFaults::injections).collect();
            all.sort_by_key(Injection::opportunity);
            let numbers: Vec<u64> = all.iter().map(Injection::opportunity).collect();
            assert_eq!(numbers, taken(plan), "{plan}");
            let launches: Vec<usize> = all.iter().map(|it| it.launch() as usize - 1).collect();
            let expected: Vec<usize> = numbers
                .iter()
                .map(|number| order.clone().nth(*number as usize - 1).unwrap())
                .collect();
            assert_eq!(launches, expected, "{plan}");
        }
    }

    #[test]
    fn a_launch_has_its_own_injections() {
        let armed = FaultPlan::parse("latency; exit_mid_turn:nth=3; reset:nth=9").unwrap().arm();
        assert!(armed.last_launch().is_none());
        let launches = [(); 3].map(|()| armed.next_launch(Form::default()).unwrap());
        for launch in &launches {
            drop(launch.hits("here", |_| true));
        }
        let names = |launch: &ArmedFaults| {
            launch.of_launch().iter().map(|it| it.fault().name()).collect::<Vec<_>>()
        };
        assert_eq!(names(&launches[0]), ["latency"]);
        assert_eq!(names(&launches[2]), ["latency", "exit_mid_turn"]);
        assert_eq!(launches.each_ref().map(ArmedFaults::has_ended), [false, false, true]);
        assert!(armed.last_launch().unwrap().has_ended() && armed.injections().len() == 4);
        let missed: Vec<_> = armed.missed().iter().map(|(it, seen)| (it.name(), *seen)).collect();
        assert_eq!(missed, [("reset", 3)]);
    }
}
