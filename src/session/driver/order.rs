//! What the handles ask of the driver, and the way to it.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::error::SendError;
use tokio::sync::{Notify, mpsc, oneshot};

use crate::protocol::{Prompt, TurnId};
use crate::session::Options;
use crate::session::error::Error;
use crate::session::mailbox::Mailbox;
use crate::transport::Exit;
use crate::wire::RawJson;
use crate::wire::control::Request;

/// What a handle asks of the driver.
pub(in crate::session) enum Order {
    /// A prompt, the launch that it needs if that is not the session's own, and where its messages go. Boxed, because an idle session holds
    /// room for a block of orders.
    Prompt(Box<Prompt>, Option<Box<Options>>, Arc<Mailbox>, Origin),
    Abandon(TurnId),
    Connect(oneshot::Sender<Reply>),
    Control(Box<Request>, Option<Duration>, oneshot::Sender<Reply>),
    /// Somebody has stopped waiting for a reply.
    NoMoreWaiting,
    /// Forget the conversation: whatever it takes, or only where no CLI runs and nothing waits for
    /// one. Whether it is forgotten.
    Forget {
        only_if_down: bool,
        reply: oneshot::Sender<bool>,
    },
    Stop(oneshot::Sender<Option<Exit>>),
}

/// Where a prompt comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::session) enum Origin {
    /// A handler of the session's own, which the CLI may be waiting for.
    Handler,
    Elsewhere,
}

/// What a request comes to.
pub(in crate::session) type Reply = Result<Option<RawJson>, Error>;

/// The line to the driver.
#[derive(Clone)]
pub(in crate::session) struct Line {
    orders: mpsc::UnboundedSender<Order>,
    /// Notified when the reader of a turn has made room.
    pub(in crate::session) room: Arc<Notify>,
}

impl Line {
    pub(in crate::session) fn new(orders: mpsc::UnboundedSender<Order>, room: Arc<Notify>) -> Self {
        Self { orders, room }
    }

    /// Fails where the driver has gone.
    pub(in crate::session) fn send(&self, order: Order) -> Result<(), SendError<Order>> {
        self.orders.send(order)
    }
}
