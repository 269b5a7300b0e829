//! A figure with its target.

use std::fmt;
use std::time::{Duration, Instant};

/// The medians of a replay and of the bare program next to it, in milliseconds.
pub(crate) struct Row {
    name: String,
    /// Nothing if the row was skipped.
    replay: Option<f64>,
    bare: Option<f64>,
    target: Option<f64>,
}

impl Row {
    /// Measures both in turn, so that a busy moment of the machine affects both.
    pub(crate) fn measure<E>(
        name: impl Into<String>,
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
        let (replay, bare) = (Some(median(times.0)), Some(median(times.1)));
        Ok(Self { name: name.into(), replay, bare, target }.shown())
    }

    pub(crate) fn of(name: &str, replay: f64, bare: Option<f64>, target: Option<f64>) -> Self {
        Self { name: name.to_owned(), replay: Some(replay), bare, target }.shown()
    }

    pub(crate) fn skipped(name: &str, target: Option<f64>) -> Self {
        println!("SKIPPED: {name}");
        Self { name: name.to_owned(), replay: None, bare: None, target }
    }

    fn shown(self) -> Self {
        println!("{self}");
        self
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn outcome(&self, slack: f64) -> Option<Outcome> {
        let target = self.target? * slack;
        Some(match self.replay {
            None => Outcome::Skipped,
            Some(replay) if replay <= target => Outcome::Kept,
            Some(_) => Outcome::Missed,
        })
    }
}

/// What became of a target.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Outcome {
    Kept,
    Missed,
    Skipped,
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let show = |value: Option<f64>| value.map_or("-".to_owned(), |value| format!("{value:.2}"));
        let (replay, bare, target) = (show(self.replay), show(self.bare), show(self.target));
        write!(f, "{:<62} {replay:>10} {bare:>10} {target:>10}", self.name)
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
