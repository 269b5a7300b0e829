//! What claude-wire must reach.

use meter::{Flavour, Read};

use crate::results::{Figure, Results};
use crate::row::{Client, Row};

pub(crate) struct Target {
    pub(crate) what: &'static str,
    figure: Figure,
    row: Row,
    goal: Goal,
}

enum Goal {
    /// At most this.
    Within(f64),
    /// At most this part of the figure of claude-codes.
    OfPeer(f64),
    /// At most this many times the figure of the bare line reader.
    OfFloor(f64),
    /// At most this much more than the bare line reader.
    OverFloor(f64),
}

const fn wire(flavour: Flavour, read: Read) -> Row {
    Row::new(Client::Wire, flavour, read)
}

const ONE: Flavour = Flavour::CurrentThread;
const MAIN: Flavour = Flavour::TokioMain;

pub(crate) fn all() -> Vec<Target> {
    let text = wire(ONE, Read::Text);
    let target = |what, figure, row, goal| Target { what, figure, row, goal };
    vec![
        target("a delta in bulk, its text read", Figure::Bulk, text, Goal::OfPeer(1.0 / 8.0)),
        target(
            "the same, every body read",
            Figure::Bulk,
            wire(ONE, Read::Every),
            Goal::OfPeer(1.0 / 6.0),
        ),
        target(
            "the same, untouched",
            Figure::Bulk,
            wire(ONE, Read::Untouched),
            Goal::OfPeer(1.0 / 12.0),
        ),
        target(
            "a delta in its own write, its text read",
            Figure::Each,
            text,
            Goal::OfPeer(1.0 / 7.0),
        ),
        target(
            "the same, every body read",
            Figure::Each,
            wire(ONE, Read::Every),
            Goal::OfPeer(1.0 / 5.0),
        ),
        target("a delta each 250 µs, its text read", Figure::Paced, text, Goal::OfPeer(0.3)),
        target(
            "the same, on `#[tokio::main]`",
            Figure::Paced,
            wire(MAIN, Read::Text),
            Goal::OfPeer(0.6),
        ),
        target(
            "a message of a turn, every body read",
            Figure::Turns,
            wire(ONE, Read::Every),
            Goal::OfPeer(1.0 / 4.0),
        ),
        target(
            "growth over a turn of 100,000 deltas",
            Figure::DeltasGrowth,
            wire(ONE, Read::Every),
            Goal::Within(1.0),
        ),
        target(
            "growth over a turn of 40 MB",
            Figure::TurnsGrowth,
            wire(ONE, Read::Every),
            Goal::Within(1.0),
        ),
        target(
            "growth over a line of 64 MiB, as a multiple of the line's size",
            Figure::Line,
            wire(ONE, Read::Every),
            Goal::Within(2.2),
        ),
        target("a permission, asked and answered", Figure::Permission, text, Goal::OfFloor(1.5)),
        target("a hook, called and answered", Figure::Hook, text, Goal::OfFloor(1.5)),
        target("an interrupt, sent and answered", Figure::Interrupt, text, Goal::OfFloor(1.5)),
        target(
            "the same, on `#[tokio::main]`",
            Figure::Interrupt,
            wire(MAIN, Read::Text),
            Goal::OfFloor(1.5),
        ),
        target("first message", Figure::First, text, Goal::OverFloor(0.15)),
        target(
            "a delta from its write to its caller, median",
            Figure::Delay,
            text,
            Goal::Within(50.0),
        ),
        target("an idle session at 200 processes", Figure::Idle, text, Goal::OverFloor(10.0)),
    ]
}

impl Target {
    /// `None` if it was not measured.
    pub(crate) fn is_met(&self, results: &Results) -> Option<bool> {
        Some(match self.goal {
            Goal::Within(most) => self.figure(results)? <= most,
            Goal::OfPeer(part) => self.figure(results)? <= part * self.peer(results)?,
            Goal::OfFloor(times) => self.figure(results)? <= times * self.floor(results)?,
            Goal::OverFloor(more) => self.figure(results)? <= more + self.floor(results)?,
        })
    }

    /// The figure, what it is compared with, how it compares, and the goal.
    pub(crate) fn columns(&self, results: &Results) -> Option<[String; 4]> {
        let figure = self.figure(results)?;
        let unit = self.figure.unit();
        let number = |value: f64| format!("{value:.2}{unit}");
        let part = |part: f64| match part {
            part if part < 0.26 => format!("1/{:.1}", 1.0 / part),
            part => format!("{part:.2}"),
        };
        Some(match self.goal {
            Goal::Within(most) => {
                [number(figure), "-".to_owned(), "-".to_owned(), format!("at most {most}{unit}")]
            }
            Goal::OfPeer(goal) => {
                let peer = self.peer(results)?;
                let goal = part(goal).replace(".0", "");
                let peer_name = format!("{} (claude-codes)", number(peer));
                [number(figure), peer_name, part(figure / peer), format!("at most {goal}")]
            }
            Goal::OfFloor(times) => {
                let floor = self.floor(results)?;
                let ratio = format!("{:.2} times", figure / floor);
                let floor = format!("{} (bare line reader)", number(floor));
                [number(figure), floor, ratio, format!("at most {times} times")]
            }
            Goal::OverFloor(more) => {
                let floor = self.floor(results)?;
                let over = figure - floor;
                let word = if over < 0.0 { "less" } else { "more" };
                let over = format!("{} {word}", number(over.abs()));
                let floor = format!("{} (bare line reader)", number(floor));
                [number(figure), floor, over, format!("at most {more}{unit} more")]
            }
        })
    }

    fn figure(&self, results: &Results) -> Option<f64> {
        results.get(self.figure, self.row)
    }

    fn peer(&self, results: &Results) -> Option<f64> {
        results.get(self.figure, Row::new(Client::Codes, self.row.flavour, Read::Text))
    }

    fn floor(&self, results: &Results) -> Option<f64> {
        results.get(self.figure, Row::new(Client::Floor, self.row.flavour, Read::Untouched))
    }
}
