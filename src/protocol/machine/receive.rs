//! Lines of the CLI, and answers of the host.

use std::time::Instant;

use super::doubt::Whose;
use super::drain::interrupt;
use super::in_force::mode_of;
use super::steer::report;
use super::{Link, Machine};
use crate::protocol::failure::Failure;
use crate::protocol::failure::Refusal;
use crate::protocol::io::{Answer, CallbackId, ConnectionEvent, Output, TurnEnd, TurnId};
use crate::protocol::needs;
use crate::protocol::requests::{MAX_INCOMING, Purpose, Registered, reply};
use crate::protocol::route::route;
use crate::protocol::state::EndCause;
use crate::protocol::turns::Route;
use crate::wire::control::{PENDING_REQUESTS, control_error_line, control_success_line};
use crate::wire::{Frame, FrameKind, Outcome};

impl Machine {
    /// The turn of a message from which nothing else follows: an event of a reply, in the middle of
    /// its turn. It counts as received then. `None` says nothing about the message, which is still
    /// to be passed to [`handle`](Self::handle).
    ///
    /// Nearly all lines are such events, and their owner need not pass each through an
    /// [`Output`].
    pub(crate) fn passes(&mut self, now: Instant, frame: &Frame) -> Option<TurnId> {
        if frame.kind() != FrameKind::StreamEvent || frame.names_prompts() {
            return None;
        }
        if self.link != Link::Ready || self.habits.foreign || !self.doubt.is_settled() {
            return None;
        }
        let current = self.current.as_deref_mut()?;
        if current.abandoned || (!current.started && self.habits.names) {
            return None;
        }
        debug_assert_eq!(route(frame, Some(&*current), &self.habits), Route::Turn);
        current.hear(now, frame);
        if current.echoed {
            current.prompt = None;
        }
        current.said = current.said || frame.speaks();
        Some(current.turn)
    }

    pub(super) fn received(&mut self, now: Instant, outcome: Outcome, out: &mut Vec<Output>) {
        if let Outcome::Message(frame) = &outcome
            && let Some(turn) = self.passes(now, frame)
        {
            if let Outcome::Message(frame) = outcome {
                out.push(Output::Message(turn, frame));
            }
            return;
        }
        if let (Some(current), Outcome::Message(frame) | Outcome::Control(frame)) =
            (&mut self.current, &outcome)
            && frame.kind() != FrameKind::KeepAlive
        {
            current.hear(now, frame);
        }
        match outcome {
            Outcome::Message(frame) => self.message(now, frame, out),
            Outcome::Control(frame) => self.control(now, frame, out),
            Outcome::Noise(line) if line.bytes().iter().all(u8::is_ascii_whitespace) => {}
            Outcome::Noise(line) => {
                self.counters.noise += 1;
                out.push(Output::Event(ConnectionEvent::Noise(line)));
            }
            Outcome::Malformed(malformed) => {
                self.counters.malformed += 1;
                out.push(Output::Event(ConnectionEvent::Malformed(malformed)));
            }
            Outcome::TruncatedTail(line) => {
                self.counters.malformed += 1;
                out.push(Output::Event(ConnectionEvent::TruncatedTail(line)));
            }
        }
    }

    fn message(&mut self, now: Instant, frame: Frame, out: &mut Vec<Output>) {
        if self.link == Link::Handshake
            && !self.found
            && frame.ends_turn()
            && self.startup_result(&frame, out)
        {
            return;
        }
        self.note_session(&frame, out);
        self.note_mode(mode_of(&frame).as_deref());
        let Some(frame) = self.weigh(now, frame, out) else { return };
        let route = route(&frame, self.current.as_deref(), &self.habits);
        self.habits.note(&frame, self.current.as_ref().is_some_and(|current| current.started));
        self.dispatch(now, route, frame, out);
    }

    /// Delivers a message to where it belongs.
    pub(super) fn dispatch(
        &mut self,
        now: Instant,
        route: Route,
        frame: Frame,
        out: &mut Vec<Output>,
    ) {
        let current = match (route, &mut self.current) {
            (Route::Doubtful, Some(_)) => return self.doubt(now, frame, out),
            (
                Route::Turn
                | Route::Start
                | Route::Began
                | Route::Added
                | Route::MessageOver
                | Route::NotBegun
                | Route::Withdrawn
                | Route::Result,
                Some(current),
            ) => current,
            _ => {
                match route {
                    Route::ForeignStart => self.habits.foreign = true,
                    Route::ForeignResult => self.habits.foreign = false,
                    Route::Stray => {
                        self.habits.foreign = false;
                        let stray = self.stray(&frame);
                        out.push(Output::warning(
                            "stray_result",
                            format!("{stray}: it belongs to no turn"),
                        ));
                    }
                    _ => {}
                }
                out.push(Output::Event(ConnectionEvent::Message(frame)));
                return;
            }
        };
        if frame.kind() == FrameKind::Other && frame.kind_name() == "conversation_reset" {
            self.again.cleared();
        }
        current.echoed |= frame.names_prompts();
        if current.echoed || route != Route::Turn {
            // The CLI has received it, so that it is not written again.
            current.prompt = None;
        }
        let steered = current.note(route, &frame);
        current.said |= frame.speaks();
        let begins = route == Route::Start && self.link == Link::Ready && !current.is_drained(now);
        let (draining, interrupted) = (current.is_draining(), current.interrupted);
        let end = if current.is_interrupted() { TurnEnd::Interrupted } else { TurnEnd::Result };
        if route == Route::Start {
            current.started = true;
            current.said = frame.speaks();
            current.opens_until = None;
            self.habits.foreign = false;
        }
        if route == Route::NotBegun {
            self.habits.foreign = true;
            let text = format!(
                "the CLI has not begun prompt {}: what came of this turn until now is of a turn that it started itself",
                current.uuid()
            );
            out.push(Output::warning("prompt_not_begun", text));
        }
        if current.abandoned {
            self.counters.drained += 1;
        } else {
            out.push(Output::Message(current.turn, frame));
        }
        out.extend(steered.into_iter().map(report));
        // An interrupt before the start of a turn is acknowledged without effect, and a turn starts
        // in steps: the CLI takes its prompt, then opens the turn.
        if begins && draining {
            self.drain(now, out);
        } else if begins && interrupted {
            self.request(now, Purpose::Interrupt, &interrupt(), None, out);
        }
        match route {
            Route::Result => self.finish_result(now, end, out),
            Route::Withdrawn => self.finish_if_over(TurnEnd::Failed(Failure::Withdrawn), out),
            Route::MessageOver => self.finish_if_over(TurnEnd::Result, out),
            _ => {}
        }
    }

    /// A result before the reply to `initialize` says why the CLI will not start: what needs it gets
    /// that.
    fn startup_result(&mut self, frame: &Frame, out: &mut Vec<Output>) -> bool {
        if self.is_for_another_launch(frame) {
            out.push(Output::Event(ConnectionEvent::Message(frame.clone())));
            self.ends_for(EndCause::Refused);
            self.link = Link::Closing { for_good: false };
            out.push(Output::CloseStdin);
            return true;
        }
        match self.take_prompt_of_start() {
            Some(prompt) => {
                out.push(Output::Message(prompt.turn, frame.clone()));
                out.push(Output::Ended(prompt.turn, TurnEnd::Result));
                self.fail_requests_of_start(&Failure::Closed, out);
            }
            None if !self.is_awaited() => return false,
            None => {
                out.push(Output::Event(ConnectionEvent::Message(frame.clone())));
                let failure = Failure::Refused(Refusal::of_result(frame));
                self.fail_requests_of_start(&failure, out);
            }
        }
        // The exit that follows does not concern the prompts queued behind it.
        self.ends_for(EndCause::Refused);
        self.link = Link::Closing { for_good: false };
        out.push(Output::CloseStdin);
        true
    }

    /// Records the session id that the CLI confirms, unless its session is to be forgotten.
    fn note_session(&mut self, frame: &Frame, out: &mut Vec<Output>) {
        let confirms = match frame.kind() {
            _ if self.forgotten => false,
            FrameKind::Result => true,
            FrameKind::System => frame.subtype().as_deref() == Some("init"),
            _ => false,
        };
        let Some(id) = frame.session_id().filter(|id| confirms && !id.is_empty()) else { return };
        self.again.confirmed(&id);
        if self.session_id.as_deref() != Some(&*id) {
            self.session_id = Some(id.to_string());
            out.push(Output::SessionId(id.into_owned()));
        }
    }

    pub(super) fn finish_turn(&mut self, end: TurnEnd, out: &mut Vec<Output>) {
        let Some(mut current) = self.current.take() else { return };
        let failure = match &end {
            TurnEnd::Failed(failure) => failure.clone(),
            TurnEnd::Result | TurnEnd::Interrupted => Failure::TurnOver,
        };
        let lost = current.written.iter_mut().filter_map(|written| written.lose(failure.clone()));
        out.extend(lost.map(report));
        if !current.abandoned {
            out.push(Output::Ended(current.turn, end));
        }
    }

    fn control(&mut self, now: Instant, frame: Frame, out: &mut Vec<Output>) {
        match frame.kind() {
            FrameKind::ControlRequest => self.asked(frame, out),
            FrameKind::ControlResponse => self.replied(now, frame, out),
            FrameKind::ControlCancelRequest => {
                match self.incoming.cancel(&frame.request_id().unwrap_or_default()) {
                    Some(callback) => out.push(Output::CallbackCancelled(callback)),
                    None => self.counters.stray_cancels += 1,
                }
            }
            FrameKind::KeepAlive => {
                self.counters.keep_alives += 1;
                if frame.field("startup_mark").is_some() {
                    out.push(Output::Event(ConnectionEvent::Control(frame)));
                }
            }
            _ => out.push(Output::Event(ConnectionEvent::Control(frame))),
        }
    }

    /// The CLI sends a request. One that cannot be understood is answered here, since the CLI would
    /// wait for an answer.
    fn asked(&mut self, frame: Frame, out: &mut Vec<Output>) {
        if !self.can_write() {
            out.push(Output::Event(ConnectionEvent::Control(frame)));
            return;
        }
        let id = frame.request_id().unwrap_or_default();
        let subtype = frame.payload().and_then(|request| request.get("subtype"));
        if subtype.and_then(|subtype| subtype.string()).is_none() {
            self.write(
                control_error_line(
                    &id,
                    "control_request without a request.subtype",
                    Some("unsupported_request"),
                ),
                out,
            );
            return;
        }
        match self.incoming.register(id.clone()) {
            Registered::New(callback) => out.push(Output::Callback(callback, frame)),
            Registered::Repeated => self.counters.repeated_requests += 1,
            Registered::Full { is_news } => {
                self.counters.refused_requests += 1;
                self.write(
                    control_error_line(&id, "the host has too many open requests", None),
                    out,
                );
                if is_news {
                    let text = format!(
                        "the CLI has {MAX_INCOMING} open requests: the host refuses more until some are answered"
                    );
                    out.push(Output::warning("too_many_requests", text));
                }
            }
        }
    }

    pub(super) fn answered(
        &mut self,
        now: Instant,
        callback: CallbackId,
        answer: Answer,
        out: &mut Vec<Output>,
    ) {
        let Some(id) = self.incoming.complete(callback) else { return };
        // From here on the CLI's silence counts.
        if let Some(current) = &mut self.current {
            current.touch(now);
            current.asked_to_end |= denies_and_interrupts(&answer);
        }
        match answer {
            Answer::Success(response) => self.write(control_success_line(&id, &response), out),
            Answer::Error(error, code) => {
                self.write(control_error_line(&id, &error, code.as_deref()), out)
            }
            Answer::Silence => {}
        }
    }

    fn replied(&mut self, now: Instant, frame: Frame, out: &mut Vec<Output>) {
        let reply =
            reply(&frame).and_then(|(id, result)| Some((self.outgoing.complete(&id)?, result)));
        let Some((purpose, result)) = reply else {
            self.counters.stray_replies += 1;
            out.push(Output::Event(ConnectionEvent::StrayReply(frame)));
            return;
        };
        match (purpose, result) {
            (Purpose::Caller(request), result) => {
                self.note_answer(request, &result);
                // Only the reply to a repeated handshake has them.
                self.redeliver(&frame, out);
                out.push(Output::Reply(request, result));
            }
            (Purpose::Initialize, Ok(response)) => {
                if let Some(what) = needs::unmet(&self.config.initialize, response.as_ref()) {
                    return self.give_up(Failure::Unsupported(what), out);
                }
                if needs::has_deaf_hooks(&self.config.initialize, response.as_ref()) {
                    let text = "the CLI has taken none of the hooks (`hooks_applied` is false): they will not be called";
                    out.push(Output::warning("hooks_not_taken", text));
                }
                self.redeliver(&frame, out);
                if self.link == Link::Handshake {
                    self.ready(now, response, out);
                }
            }
            (Purpose::Initialize, Err(failure)) => self.give_up(failure, out),
            (Purpose::Withdraw(turn, uuid), Ok(Some(response)))
                if response.pointer("/cancelled").is_some_and(|it| it.as_bytes() == b"true") =>
            {
                self.withdrawn(now, turn, &uuid, out)
            }
            (purpose @ (Purpose::Apply | Purpose::Restore | Purpose::MakeAgain(_)), result) => {
                self.switched(now, purpose, result.err(), out)
            }
            (Purpose::Interrupt | Purpose::Withdraw(..), _) => {}
        }
    }

    /// What was written for this turn was withdrawn before it ran: there will be no result for it.
    fn withdrawn(&mut self, now: Instant, turn: TurnId, uuid: &str, out: &mut Vec<Output>) {
        if !self.current.as_ref().is_some_and(|current| current.turn == turn && !current.started) {
            return;
        }
        self.settle(now, Whose::Theirs, out);
        let Some(current) = &mut self.current else { return };
        let withdrawn = current.written.iter_mut().filter(|written| written.uuid == uuid);
        let lost = withdrawn.filter_map(|written| written.lose(Failure::Withdrawn));
        out.extend(lost.map(report));
        self.finish_if_over(TurnEnd::Failed(Failure::Withdrawn), out);
    }

    /// Handles requests that a CLI reports as still open; those already open here are served only
    /// once.
    fn redeliver(&mut self, frame: &Frame, out: &mut Vec<Output>) {
        let Some(response) = frame.payload() else { return };
        for list in PENDING_REQUESTS {
            let pending = response.get(list).into_iter().flat_map(|list| list.items());
            for frame in
                pending.filter_map(|request| Frame::parse(request.raw().bytes().clone()).ok())
            {
                if frame.kind() == FrameKind::ControlRequest {
                    self.asked(frame, out);
                }
            }
        }
    }
}

/// Whether the answer to a permission request ends the turn.
fn denies_and_interrupts(answer: &Answer) -> bool {
    let Answer::Success(response) = answer else { return false };
    let says = |pointer, json: &[u8]| {
        response.pointer(pointer).is_some_and(|value| value.as_bytes() == json)
    };
    says("/interrupt", b"true") && says("/behavior", b"\"deny\"")
}
