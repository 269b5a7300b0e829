//! The figures of a run.

use std::collections::BTreeMap;

use crate::row::Row;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Figure {
    /// CPU microseconds of a message: deltas in bulk, one write a line, one each 250 microseconds.
    Bulk,
    Each,
    Paced,
    /// The same of a message of turns in bulk.
    Turns,
    /// Growth of resident memory over a turn, in MB.
    DeltasGrowth,
    TurnsGrowth,
    /// Growth over a line of 64 MiB, as a multiple of the line's size.
    Line,
    /// CPU microseconds of a round trip.
    Permission,
    Hook,
    Interrupt,
    /// Milliseconds from before the start of a CLI to its first message.
    First,
    /// Microseconds from a delta's write to its caller: the median, and the 99th percentile.
    Delay,
    DelayTail,
    /// KiB of an idle session.
    Idle,
}

impl Figure {
    /// Its unit, after a space; nothing for a multiple.
    pub(crate) fn unit(self) -> &'static str {
        match self {
            Self::DeltasGrowth | Self::TurnsGrowth => " MB",
            Self::Line => "",
            Self::First => " ms",
            Self::Idle => " KiB",
            _ => " µs",
        }
    }
}

#[derive(Default)]
pub(crate) struct Results {
    medians: BTreeMap<(Figure, Row), f64>,
    pub(crate) failures: Vec<String>,
}

impl Results {
    pub(crate) fn add(&mut self, figure: Figure, row: Row, mut values: Vec<f64>) {
        values.sort_by(f64::total_cmp);
        if let Some(median) = values.get(values.len() / 2) {
            self.medians.insert((figure, row), *median);
        }
    }

    pub(crate) fn get(&self, figure: Figure, row: Row) -> Option<f64> {
        self.medians.get(&(figure, row)).copied()
    }

    /// The rows that have one of these figures, each once.
    pub(crate) fn rows(&self, figures: &[Figure]) -> Vec<Row> {
        let mut rows: Vec<_> = self
            .medians
            .keys()
            .filter(|(figure, _)| figures.contains(figure))
            .map(|(_, row)| *row)
            .collect();
        rows.sort();
        rows.dedup();
        rows
    }
}
