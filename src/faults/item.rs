//! What is to be done on the streams of a connection, in order.

use std::time::Duration;

use bytes::Bytes;

use crate::transport::Exit;

/// One thing to do. The items for the host are done one after the other, and so are those for the
/// CLI.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Item {
    /// Write this to stdout.
    Out(Bytes),
    /// Write this to stderr.
    Err(Bytes),
    /// Write this to the CLI's input.
    In(Bytes),
    /// End the CLI's input.
    EndInput,
    Pause(Duration),
    CloseOut,
    CloseErr,
    /// Read the host's input again.
    Read,
    /// The streams break.
    Break,
    /// The process ends.
    End(Ended),
}

/// How the process ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Ended {
    pub(crate) exit: Exit,
    /// How long something else keeps stdout open.
    pub(crate) orphan: Option<Duration>,
}

impl From<Exit> for Ended {
    fn from(exit: Exit) -> Self {
        Self { exit, orphan: None }
    }
}

/// What is done at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// What is still to be done for the host is not done.
    Discard,
    /// The host's input is not read.
    StopReading,
    /// The host's input is closed: writing to it fails.
    CloseInput,
    /// The CLI behind is ended: nothing that it writes matters.
    EndCli,
}

/// What is to be done.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Output {
    /// On stdout and stderr.
    pub(super) host: Vec<Item>,
    /// On the CLI's input.
    pub(super) cli: Vec<Item>,
    pub(super) effects: Vec<Effect>,
}

/// A line on its way, with what the faults put before and after it.
#[derive(Debug)]
pub(super) struct Flight {
    pub(super) before: Vec<Item>,
    /// The line, in one piece or in several with pauses; none if it is not written.
    pub(super) pieces: Vec<Item>,
    pub(super) after: Vec<Item>,
    /// What happens then.
    pub(super) then: Option<Then>,
}

/// What a fault makes of the CLI, after the line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Then {
    End(Ended),
    Hang { deaf: bool, at_eof: Option<Exit> },
    Break,
}
