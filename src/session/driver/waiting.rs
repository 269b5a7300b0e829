//! How the driver waits for its next event.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use tokio::sync::futures::Notified;
use tokio::time::Instant;

use super::Driver;
use super::link::Link;
use super::others::Woken;
use crate::protocol::Input;

impl Driver {
    /// Waits for the next event.
    pub(super) async fn wait(&mut self) -> Woken {
        let may_read = self.may_read();
        self.note_reading(may_read);
        let room = (!may_read).then(|| self.room.clone());
        // What is not written yet is looked at in any case, should a transport wake only its reader.
        if room.is_some() || self.link.as_ref().is_some_and(|link| link.pipes.is_writing()) {
            self.others.set_due();
        }
        let mut room = pin!(room.as_ref().map(|room| room.notified()));
        poll_fn(|cx| {
            let looks = self.others.take_due(cx);
            let woken = self.poll_woken(cx, looks, room.as_mut().as_pin_mut());
            if looks && woken.is_ready() {
                // Not all may have been polled.
                self.others.set_due();
            }
            woken
        })
        .await
    }

    /// `looks`: whether to look at anything but the output. `room`: what is waited for while that is
    /// not read.
    fn poll_woken(
        &mut self,
        cx: &mut Context<'_>,
        looks: bool,
        room: Option<Pin<&mut Notified<'_>>>,
    ) -> Poll<Woken> {
        let Self { orders, opening, link, callbacks, others, .. } = self;
        let mut again = false;
        if looks {
            let cx = &mut Context::from_waker(others.waker());
            if !self.orphaned
                && let Poll::Ready(order) = orders.poll_recv(cx)
            {
                return Poll::Ready(Woken::Order(order));
            }
            if let Poll::Ready((callback, answer)) = callbacks.poll_next(cx) {
                return Poll::Ready(Woken::Answered(callback, answer));
            }
            match (&mut *opening, &mut *link) {
                (Some(opening), _) => {
                    if let Poll::Ready(result) = opening.as_mut().poll(cx) {
                        return Poll::Ready(Woken::Opened(Box::new(result)));
                    }
                }
                // Before the output, which need not pause: the CLI may have left it to another
                // process.
                (None, Some(link)) => match link.poll_others(cx) {
                    Poll::Ready(Woken::Again) => again = true,
                    Poll::Ready(woken) => return Poll::Ready(woken),
                    Poll::Pending => {}
                },
                (None, None) => {}
            }
        }
        if let (None, Some(link), None) = (opening, link, &room)
            && let Poll::Ready(result) = link.pipes.poll_read(cx)
        {
            return Poll::Ready(Woken::Read(result));
        }
        if again {
            return Poll::Ready(Woken::Again);
        }
        if looks {
            let deadline = self.deadline();
            let cx = &mut Context::from_waker(self.others.waker());
            if self.last_call.poll(cx, deadline).is_ready() {
                return Poll::Ready(Woken::Due);
            }
            if room.is_some_and(|room| room.poll(cx).is_ready()) {
                return Poll::Ready(Woken::Again);
            }
        }
        Poll::Pending
    }

    /// Reading pauses while the limit for the reader of a turn is reached; it continues while the
    /// host waits for the CLI, and shortly before a deadline counts.
    fn may_read(&mut self) -> bool {
        if self.reads_past_the_limit() || self.last_call.reads_on() {
            return true;
        }
        let mut mailboxes = self.running.all().filter_map(|turn| self.turns.get(turn));
        !mailboxes.any(|mailbox| !self.is_unclaimed(mailbox) && mailbox.is_full())
    }

    /// Whether the driver must keep reading regardless of the limit.
    pub(super) fn reads_past_the_limit(&self) -> bool {
        let ending = self.link.as_ref().is_some_and(|link| link.ending.has_begun());
        self.machine.awaits_reply() || self.messages.is_awaited() || ending
    }

    /// While reading is paused, silence of the CLI does not count.
    fn note_reading(&mut self, may_read: bool) {
        if self.reading != may_read {
            self.reading = may_read;
            self.handle(Input::Reading(may_read));
        }
        if let Some(rest) = self.link.as_mut().and_then(|link| link.rest.as_mut()) {
            rest.reading(Instant::now(), may_read);
        }
    }

    /// Whether a deadline counts now.
    pub(super) fn is_due(&mut self, now: Instant, quiet: bool) -> bool {
        let deadline = self.deadline();
        if self.last_call.is_set(now, deadline) {
            return false;
        }
        self.others.set_due();
        self.last_call.is_over(now, deadline, quiet)
    }

    fn deadline(&self) -> Option<Instant> {
        let link = self.link.as_ref().and_then(Link::deadline);
        [self.machine.deadline().map(Instant::from_std), link].into_iter().flatten().min()
    }
}
