//! The steps of the model and their effects.

/// An effect that the model predicts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fact {
    Open {
        profile: u64,
        resume: Option<u64>,
    },
    /// A prompt was written.
    Prompt(u64),
    /// A request not covered by the following variants was written, under this number on the wire.
    Request(u64),
    /// A setting is set to this value: by the caller, for a prompt, after its turn, or repeated.
    Set(u64, Setting, u64),
    /// By the caller or by the machine itself.
    Interrupt(u64),
    /// The same; the CLI is also to drop the messages that wait.
    InterruptAll(u64),
    Withdraw(u64),
    TookBack,
    Answered,
    Delivered(u64),
    Ended(u64, End),
    Replied(u64, bool),
    /// What has become of a message for a turn.
    Steered(u64, Fate),
    Asked(u64),
    TakenBack(u64),
    /// An event.
    Event,
    Session(u64),
    CloseStdin,
    Terminate,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Written,
    Added,
    Follows,
    Lost(End),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Result,
    Closed,
    Timeout,
    Silence,
    Withdrawn,
    Stopped,
    QueueFull,
    Handshake,
    HungUp,
    Refused,
    /// Only of a message: its turn takes none.
    Over,
}

/// A prompt that the caller sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ask {
    pub(super) turn: u64,
    pub(super) timeout: Option<u64>,
    pub(super) idle: Option<u64>,
    pub(super) profile: u64,
    /// The settings that are [`Ask::VALUE`] in its turn.
    pub(super) switches: &'static [Setting],
}

impl Ask {
    pub(super) const VALUE: u64 = 1;
}

/// A request from the caller to the CLI.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Request {
    Usage,
    Interrupt,
    Set(Setting, u64),
}

/// A setting; its value is a number, where 0 is the launch value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Setting {
    Model,
    Mode,
}

/// One step of the caller, the CLI, the clock or the process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Query(Ask),
    /// A message, and its turn.
    Steer(u64, u64),
    Drop(u64),
    Connect(u64),
    Control(u64, Request),
    Cancel(u64),
    Answer(u64),
    Forget,
    /// `true`: without the conversation.
    Restart(u64, bool),
    Probe(u64),
    Stop,
    Reading(bool),
    Opened,
    Tick(u64),
    Leaving,
    HungUp,
    Exit,
    /// The process ends without having read the prompt of this turn.
    ExitUnread(u64),
    Says(Says),
}

/// A line of the CLI. A number after that of a turn or a message is that of the session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Says {
    /// The reply to `initialize`, under its number on the wire.
    Initialized(u64),
    /// An error in reply to any request.
    Refused(u64),
    StartupFailure,
    Queued(u64),
    /// A CLI that echoes takes up a prompt or a message before it opens the turn.
    TakeUp(u64),
    /// It takes up a message for the turn that it has begun.
    Add(u64),
    /// It is done with such a message.
    Done(u64),
    Begin(u64, u64),
    Text,
    End(u64, u64),
    Cancelled(u64),
    Late(u64),
    ForeignBegin(u64),
    ForeignEnd(u64),
    /// A result that names no prompt, has no origin, and does not belong to the running turn.
    Stray,
    /// A result that names a prompt which has not been written.
    Other,
    /// A background task has ended.
    Report,
    Reply {
        wire: u64,
        cancelled: bool,
    },
    StrayReply,
    Ask(u64),
    TakeBack(u64),
    KeepAlive,
    Noise,
    Malformed,
}

impl Says {
    /// Whether it ends a turn, of the caller or of the CLI.
    pub(super) fn is_result(&self) -> bool {
        matches!(self, Self::End(..) | Self::ForeignEnd(_) | Self::Stray | Self::Other)
    }

    /// Whether it ends a silence.
    pub(super) fn is_frame(&self) -> bool {
        !matches!(self, Self::KeepAlive | Self::Noise | Self::Malformed)
    }
}
