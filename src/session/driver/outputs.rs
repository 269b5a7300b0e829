//! Carries out the machine's outputs.

use std::borrow::Cow;
use std::sync::Arc;

use tokio::time::Instant;

use super::last_call::within;
use super::link::Link;
use super::preamble::Preamble;
use super::{Batch, Driver, Error, Mailbox, Opened};
use crate::protocol::{
    Command, ConnectionEvent, EndCause, Failure, Input, Output, Profile, SteerId, Steered, TurnEnd,
    TurnId,
};
use crate::recording::secret_values;
use crate::session::events::SessionEvent;
use crate::session::lease::Exclusive;
use crate::session::query_options::as_launched;
use crate::session::steered::SteerOutcome;
use crate::store::Conversation;
use crate::transport::{Launch, Shutdown, Transport};
use crate::wire::control::{Request, RequestName};

impl Driver {
    pub(super) fn carry_out(&mut self) {
        if let Some(reply) = self.machine.take_handshake() {
            self.shared.set_server_info(Some(&reply));
            self.preamble = None;
            self.control.ready();
        }
        // Before anyone is notified of the change.
        self.publish_status();
        self.deliver_passed();
        self.perform_all();
        while let Some((_, mailbox)) = self.written.take() {
            if mailbox.wake() > self.shared.setup.buffer_cap {
                self.check_cap(&mailbox);
            }
            self.perform_all();
        }
        self.report_drained();
        self.publish_status();
    }

    /// Publishes the state of the machine, if it had an input that may have changed it.
    fn publish_status(&mut self) {
        if std::mem::take(&mut self.handled) {
            self.set_status();
        }
    }

    /// Puts the messages that were passed on into the mailbox of their turn.
    fn deliver_passed(&mut self) {
        let Some(first) = self.passed.first() else { return };
        let known = self.running.turn().and_then(|turn| Some((turn, self.turns.get(&turn)?)));
        let Some((turn, mailbox)) = known else { return self.passed = Batch::default() };
        // Later events of a reply add nothing to the trace.
        mailbox.trace.message(first);
        mailbox.append(&mut self.passed);
        let mailbox = mailbox.clone();
        self.write_to(turn, mailbox);
    }

    /// Notes the mailbox that was written to.
    fn write_to(&mut self, turn: TurnId, mailbox: Arc<Mailbox>) {
        self.running.enter(turn, |turn| self.turns.contains_key(turn));
        if let Some((_, before)) = self.written.replace((turn, mailbox)) {
            before.wake();
        }
    }

    fn perform_all(&mut self) {
        while !self.out.is_empty() {
            let mut outputs = std::mem::take(&mut self.out);
            self.announce_interrupted(&outputs);
            for output in outputs.drain(..) {
                self.perform(output);
            }
            if self.out.is_empty() {
                self.out = outputs;
            }
        }
    }

    /// A turn is notified of its interruption before it has its result.
    fn announce_interrupted(&self, outputs: &[Output]) {
        for output in outputs {
            if let Output::Ended(turn, TurnEnd::Interrupted) = output
                && let Some(mailbox) = self.turns.get(turn)
            {
                mailbox.interrupted();
            }
        }
    }

    fn perform(&mut self, output: Output) {
        match output {
            // The CLI goes on with the conversation of another session: no one gets its answers.
            Output::Message(..) | Output::Callback(..) if self.refused.is_some() => {}
            Output::Message(turn, frame) => {
                self.hold_result(Some(turn), &frame);
                // Nearly all messages are for the turn of the one before.
                let same = self.written.as_ref().filter(|(written, _)| *written == turn);
                if let Some(mailbox) =
                    same.map(|(_, mailbox)| mailbox).or_else(|| self.turns.get(&turn))
                {
                    mailbox.trace.message(&frame);
                    self.observations.settle(mailbox, &frame, &self.shared);
                    mailbox.push(frame);
                    if same.is_none() {
                        let mailbox = mailbox.clone();
                        self.write_to(turn, mailbox);
                    }
                }
            }
            Output::Write(line) => {
                self.control.written(&line, || self.shared.span.get());
                if let Some(link) = &mut self.link {
                    link.pipes.write(&line);
                }
            }
            Output::Ended(turn, end) => {
                self.profiles.release(turn);
                if let Some(mailbox) = self.turns.remove(&turn) {
                    mailbox.trace.ended(match &end {
                        TurnEnd::Failed(failure) => Some(failure),
                        TurnEnd::Result | TurnEnd::Interrupted => None,
                    });
                    mailbox.end(self.reader_end(end));
                    self.report_end(turn, &mailbox);
                }
            }
            Output::Steered(message, Steered::Written) => self.messages.written(message),
            Output::Steered(message, Steered::Added) => {
                self.steered(message, Ok(SteerOutcome::Added))
            }
            Output::Steered(message, Steered::Follows) => {
                self.steered(message, Ok(SteerOutcome::Follows))
            }
            Output::Steered(message, Steered::Lost(failure)) => {
                let error = self.error(failure);
                self.steered(message, Err(error))
            }
            Output::Reply(request, result) => {
                let result = result.map_err(|failure| self.error(failure));
                if let Some(asker) = self.requests.remove(&request) {
                    let _ = asker.reply.send(result);
                }
            }
            Output::Callback(callback, frame) => {
                let turn = self.running.turn().and_then(|turn| self.turns.get(&turn));
                let span = self.control.asked(callback, &frame, |tool_use| match turn {
                    Some(mailbox) => mailbox.trace.span_of(tool_use),
                    None => self.shared.span.get(),
                });
                self.callbacks.start(callback, &self.shared, &frame, span);
            }
            Output::CallbackCancelled(callback) => {
                self.control.cancelled(callback);
                self.callbacks.cancel(callback);
            }
            Output::Event(ConnectionEvent::Warning { kind, text }) => self.shared.warn(kind, text),
            Output::Event(event) => {
                self.note_own_turn(&event);
                if let ConnectionEvent::Message(frame) = &event {
                    self.hold_result(None, frame);
                }
                self.shared.publish(event.into());
            }
            Output::SessionId(id) => {
                if let Err(error) = self.hold_confirmed(&id) {
                    self.refused = Some(error);
                    return self.handle(Input::Command(Command::Forget));
                }
                self.shared.span.conversation(&id);
                // Handlers of this round must see it.
                self.shared.status().session_id = Some(id.clone());
                self.shared.publish(SessionEvent::SessionId(id));
            }
            Output::Open { resume, profile, .. } => self.open(resume, profile),
            Output::CloseStdin => self.end(|link, grace| link.ending.begin(Instant::now(), grace)),
            Output::Terminate => self.terminate(),
        }
    }

    fn steered(&mut self, message: SteerId, end: Result<SteerOutcome, Error>) {
        if let Some(warning) = self.messages.end(message, end) {
            self.shared.warn("message_lost", warning);
        }
    }

    fn open(&mut self, resume: Option<String>, profile: Profile) {
        self.exit = None;
        self.refused = None;
        self.shared.set_launched();
        self.control.launched();
        self.preamble = Some(Preamble::default());
        let mut options = Cow::Borrowed(self.shared.options());
        let renew = self.shared.renew();
        if let Some(renew) = renew {
            let usual = as_launched(&options);
            options = match self.shared.setup.renewed(renew, &options) {
                Ok(options) => Cow::Owned(options),
                Err(error) => return self.opened(Err(error.into())),
            };
            self.profiles.make(&options, self.shared.options());
            let launched = as_launched(&options);
            self.machine.set_launched((launched != usual).then_some(launched));
        }
        // Those of the query that needs this launch count, whatever was made.
        if let Some(asked) = self.profiles.launch(profile) {
            options = Cow::Owned(asked.over(&options));
        }
        if renew.is_some() {
            self.machine.set_profiles(self.profiles.alike(self.shared.options()));
        }
        let options = &*options;
        let initialize = self.shared.setup.initialize(options);
        let of_options = resume.is_none() && !self.forgotten;
        let conversation = options.conversation().filter(|_| of_options);
        let held = options.continued().filter(|_| of_options);
        let held = resume.clone().map(Conversation::Id).or(held);
        let held = held.filter(|_| self.shared.setup.exclusive != Exclusive::Off);
        let mut launch = match self.shared.setup.launch(options, resume, self.forgotten) {
            Ok(launch) => launch,
            Err(error) => return self.opened(Err(error.into())),
        };
        self.shared.check_guard(&mut launch);
        if self.shared.is_parked() {
            launch.args.push("--await-claim".into());
        }
        let launch = Launch { env: self.caller.apply(launch.env), ..launch };
        // The CLI's launcher has the variables of this program, too.
        let env = launch.env.resolve(std::env::vars_os(), launch.cwd.as_deref());
        let key = options.api_key.iter().map(|key| key.expose().to_owned());
        self.shared.stderr().begin(key.chain(secret_values(&env)).collect());
        let transport = self.shared.setup.transport.clone();
        let limit = self.shared.options().timeouts().initialize;
        let prepare = self.shared.setup.handlers.prepare(&self.shared.session, &initialize);
        let holding = self.holding(held, &launch);
        let home = self.find_home(conversation, launch);
        self.opening = Some(Box::pin(async move {
            let taken = holding.before_store().await?;
            let (mut launch, home) = home.await?;
            let taken = holding.after_store(taken, &mut launch).await?;
            let opened = async {
                let opened = transport.open(launch);
                let opened = match limit {
                    Some(limit) => {
                        within(limit, opened).await.ok_or_else(|| Error::timeout(limit))?
                    }
                    None => opened.await,
                };
                opened.map_err(Error::from)
            };
            let (connection, prepared) = tokio::join!(opened, prepare);
            let mut body = initialize;
            for (name, value) in prepared {
                body.entry(name).or_insert(value);
            }
            let initialize = Request::new(RequestName::Initialize).with_all(body);
            Ok(Opened { connection: connection?, initialize, home, taken })
        }));
    }

    pub(super) fn opened(&mut self, result: Result<Opened, Error>) {
        self.opening = None;
        match result {
            Ok(Opened { connection, initialize, home, taken }) => {
                self.moved(home);
                self.hold(taken);
                self.machine.set_initialize(initialize);
                let pid = connection.control.pid();
                self.shared.set_connected(pid);
                // Before the CLI has anything to do.
                self.note_cli();
                self.shared.publish(SessionEvent::Connected(pid));
                let found = connection.control.held_turn();
                let ran_before = connection.control.ran_before();
                self.link = Some(Link::new(connection, self.shared.setup.max_line));
                self.handle(Input::Opened);
                match found {
                    Some(found) => self.take_up(found),
                    None if ran_before => self.handle(Input::Command(Command::RanBefore)),
                    None => {}
                }
            }
            Err(error) => {
                self.refused = Some(error);
                self.close(EndCause::NotStarted);
            }
        }
    }

    pub(super) fn terminate(&mut self) {
        self.end(|link, grace| {
            link.ending.terminate(Instant::now(), grace, &mut *link.control);
        });
    }

    /// Ends a connection, or an attempt to open one.
    fn end(&mut self, how: impl FnOnce(&mut Link, Shutdown)) {
        match &mut self.link {
            Some(link) => how(link, self.shared.setup.shutdown),
            None => self.close(EndCause::NotStarted),
        }
    }

    /// The buffer of an unread turn must not grow without limit while the host waits for a reply.
    fn check_cap(&mut self, mailbox: &Arc<Mailbox>) {
        let may_grow = self.reads_past_the_limit() || self.is_unclaimed(mailbox);
        if !may_grow || mailbox.cost() <= self.shared.setup.buffer_cap {
            return;
        }
        let turn =
            self.turns.iter().find(|(_, known)| Arc::ptr_eq(known, mailbox)).map(|(turn, _)| *turn);
        if let Some(turn) = turn {
            mailbox.end(Err(Error::overflow(self.shared.setup.buffer_cap)));
            self.abandon(turn);
        }
    }

    pub(super) fn error(&self, failure: Failure) -> Error {
        if let (Failure::Closed, Some(error)) = (&failure, &self.refused) {
            return error.clone();
        }
        let stderr = self.shared.stderr().tail();
        match failure {
            Failure::Stopped | Failure::QueueFull(_) | Failure::Refused(_) | Failure::TurnOver => {
                Error::protocol(failure, None, String::new())
            }
            failure => {
                let preamble = self.preamble.as_ref().map(Preamble::text).unwrap_or_default();
                Error::protocol(failure, self.exit, stderr).with_preamble(preamble)
            }
        }
    }
}
