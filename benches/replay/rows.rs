//! A figure with its target.

use std::fmt;
use std::time::{Duration, Instant};

/// The medians of a replay and of the bare program next to it, in milliseconds.
pub(crate) struct Row {
    name: &'static str,
    replay: f64,
    bare: Option<f64>,
    target: Option<f64>,
}

impl Row {
    /// Measures both in turn, so that a busy moment of the machine affects both.
    pub(crate) fn measure<E>(
        name: &'static str,
        rounds: usize,
        target: Option<f64>,
        mut replay: impl FnMut() -> Result<Duration, E>,
        mut bare: impl FnMut() -> Result<Duration, E>,
    ) -> Result<Self, E> {
        let mut times = (Vec::new(), Vec::new());
        for _ in 0..rounds {
            times.0.push(replay()?);
            times.1.push(bare()?);
        }
        Ok(Self { name, replay: median(times.0), bare: Some(median(times.1)), target }.shown())
    }

    pub(crate) fn of(name: &'static str, replay: f64, bare: Option<f64>, target: f64) -> Self {
        Self { name, replay, bare, target: Some(target) }.shown()
    }

    fn shown(self) -> Self {
        println!("{self}");
        self
    }

    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    pub(crate) fn misses(&self, slack: f64) -> bool {
        self.target.is_some_and(|target| self.replay > target * slack)
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let show = |value: Option<f64>| value.map_or("-".to_owned(), |value| format!("{value:.2}"));
        let (bare, target) = (show(self.bare), show(self.target));
        write!(f, "{:<58} {:>10.2} {bare:>10} {target:>10}", self.name, self.replay)
    }
}

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort();
    times.get(times.len() / 2).map_or(f64::NAN, |time| time.as_secs_f64() * 1e3)
}

/// How long this takes.
pub(crate) fn timed<T, E>(act: impl FnOnce() -> Result<T, E>) -> Result<Duration, E> {
    let start = Instant::now();
    act()?;
    Ok(start.elapsed())
}
