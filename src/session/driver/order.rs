//! Orders from the handles to the driver, and their channel.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::error::SendError;
use tokio::sync::{Notify, mpsc, oneshot};

use crate::protocol::{QueuedPrompt, Steer, TurnId};
use crate::session::Options;
use crate::session::error::Error;
use crate::session::handlers::is_within;
use crate::session::mailbox::Mailbox;
use crate::session::steered::SteerWaiter;
use crate::session::trace::Caller;
use crate::session::weak::WeakSession;
use crate::transport::Exit;
use crate::wire::RawJson;
use crate::wire::control::Request;

/// An order from a handle to the driver.
pub(in crate::session) enum Order {
    /// A prompt, the launch that it needs if that is not the session's, and the mailbox for its
    /// messages.
    Prompt(Box<QueuedPrompt>, Option<Box<Options>>, Arc<Mailbox>, Origin),
    /// A message for a running turn; the driver numbers it.
    Steer(Box<Steer>, SteerWaiter, Origin),
    Abandon(TurnId),
    Connect(Asker),
    /// Repeat the handshake with the CLI that runs.
    Reinitialize(Asker),
    Control(Box<Request>, Option<Duration>, Asker),
    /// A caller no longer waits for its reply, or has begun to wait for a message.
    LookAgain,
    /// Forget the conversation: in any case, or only if no CLI runs and nothing waits for one.
    /// Replies whether it was forgotten.
    Forget {
        only_if_down: bool,
        reply: oneshot::Sender<bool>,
    },
    /// Hand out the turn that the CLI had when it was found.
    HeldTurn(oneshot::Sender<Option<Held>>),
    /// End the CLI and start another one; `fresh`: without its conversation.
    Restart {
        fresh: bool,
        reply: Asker,
    },
    /// End the CLI that runs, or its start, as if it had ended by itself.
    Kill,
    /// Ask the CLI that runs whether it answers.
    Probe(Duration, Asker),
    /// Send the store what was read so far.
    FlushStore(oneshot::Sender<()>),
    Stop(oneshot::Sender<Option<Exit>>),
    /// The same if nothing runs or waits; otherwise there is no reply.
    StopIfIdle(oneshot::Sender<Option<Exit>>),
}

/// The turn of a CLI that ran before, while it waits for its reader.
pub(in crate::session) struct Held {
    pub(in crate::session) turn: TurnId,
    /// The uuid of its prompt.
    pub(in crate::session) uuid: String,
    pub(in crate::session) mailbox: Arc<Mailbox>,
}

/// The origin of a prompt or a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::session) enum Origin {
    /// A handler of this session, which the CLI may be waiting for.
    Handler,
    Elsewhere,
}

impl Origin {
    /// Where the running code is, as seen from this session.
    pub(in crate::session) fn of(session: &WeakSession) -> Self {
        if is_within(session) { Self::Handler } else { Self::Elsewhere }
    }
}

/// The outcome of a request.
pub(in crate::session) type Reply = Result<Option<RawJson>, Error>;

/// The caller of a request, who waits for its outcome.
pub(in crate::session) struct Asker {
    pub(super) reply: oneshot::Sender<Reply>,
    /// Where the request was made.
    pub(super) caller: Caller,
}

impl Asker {
    /// The caller who is here, and what it waits for.
    pub(in crate::session) fn channel() -> (Self, oneshot::Receiver<Reply>) {
        let (reply, answer) = oneshot::channel();
        (Self { reply, caller: Caller::here() }, answer)
    }
}

/// The receiver of the orders.
///
/// They are boxed, because an idle session has room for a block of 32.
pub(in crate::session) type Orders = mpsc::UnboundedReceiver<Box<Order>>;

/// The channel to the driver.
#[derive(Clone)]
pub(in crate::session) struct Line {
    orders: mpsc::UnboundedSender<Box<Order>>,
    /// Notified when the reader of a turn has made room.
    pub(in crate::session) room: Arc<Notify>,
}

impl Line {
    /// A channel; its receiver is for a driver that waits for `room`.
    pub(in crate::session) fn new(room: Arc<Notify>) -> (Self, Orders) {
        let (orders, receiver) = mpsc::unbounded_channel();
        (Self { orders, room }, receiver)
    }

    /// Fails if the driver has ended.
    pub(in crate::session) fn send(&self, order: Order) -> Result<(), SendError<Box<Order>>> {
        self.orders.send(Box::new(order))
    }
}
