//! A host that is a session of this library.

use std::future::Future;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use claude_wire::session::handlers::HostRequest;
use claude_wire::session::{Events, Prompt, SessionEvent, SteerHandle, Turn};
use claude_wire::wire::RawJson;
use claude_wire::wire::message::OriginKind;
use claude_wire::{Options, Session, SessionBuilder};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::entry::Entry;
use super::host::{Fields, PromptFields, SessionStep, Wait, answer, held, subtypes};
use super::log::{Channel, Log};
use super::options::HostOptions;
use super::pattern::{Pattern, fill};
use super::signal_handle::SignalHandle;
use super::stage::Stage;
use crate::session_host::{event_line, lock, start};

pub(super) async fn act(
    entry: &Entry,
    options: &HostOptions,
    steps: &[SessionStep],
    signals: SignalHandle,
    stage: &Stage<'_>,
    log: &Log,
) -> Result<(), String> {
    let builder = options.clone().apply(stage.session(entry)).transport(signals.clone());
    let builder = handlers(builder, entry, log);
    let session = match steps.first() {
        Some(SessionStep::Claim { folder, permission_mode }) => {
            let mut claim = Options::default().cwd(stage.folder(folder)?);
            if let Some(mode) = permission_mode {
                claim = claim.permission_mode(mode.as_str());
            }
            let spare = builder.prewarm().await;
            match spare {
                Ok(spare) => spare.claim(claim).await,
                Err(error) => Err(error),
            }
        }
        _ => builder.start(),
    };
    let session = session.map_err(|error| format!("the session was refused: {error}"))?;
    let mut host = Host {
        sessions: Vec::new(),
        turns: JoinSet::new(),
        asked: 0,
        steering: None,
        replies: 0,
        ids: Arc::default(),
        stage,
        log,
    };
    host.enter(session);
    for (number, step) in (1..).zip(steps) {
        log.at_step(number);
        host.step(step, &signals).await.map_err(|error| format!("step {number}: {error}"))?;
    }
    log.at_step(steps.len() + 1);
    host.end().await;
    Ok(())
}

struct Host<'a> {
    /// The session and, after it, its forks; each with the task that collects its events.
    sessions: Vec<(Session, JoinSet<()>)>,
    turns: JoinSet<()>,
    asked: usize,
    /// Steers the turn of the last prompt.
    steering: Option<SteerHandle>,
    replies: usize,
    ids: Ids,
    stage: &'a Stage<'a>,
    log: &'a Log,
}

/// The ids of prompts that have had an answer, in order.
type Ids = Arc<Mutex<Vec<String>>>;

impl Host<'_> {
    fn enter(&mut self, session: Session) {
        let mut events = JoinSet::new();
        events.spawn(collect(session.events(), self.sessions.len() + 1, self.log.clone()));
        self.sessions.push((session, events));
    }

    async fn step(&mut self, step: &SessionStep, signals: &SignalHandle) -> Result<(), String> {
        let Some((session, _)) = self.sessions.last() else {
            return Err("all sessions have been stopped".to_owned());
        };
        let session = session.clone();
        match step {
            SessionStep::Prompt { content, fields, wait, drop_after } => {
                self.asked += 1;
                let turn = session.query(fields.on(prompt(content))).no_timeout();
                self.steering = Some(turn.steer_handle());
                let turn =
                    read(turn, drop_after.clone(), self.asked, self.ids.clone(), self.log.clone());
                if *wait { turn.await } else { start(turn, &mut self.turns).await }
            }
            SessionStep::Steer { content, priority } => {
                let handle = self.steering.as_ref().ok_or("no prompt was sent")?;
                let message = match priority {
                    Some(priority) => prompt(content).priority(priority.as_str()),
                    None => prompt(content),
                };
                handle.steer(message).await.map_err(|error| error.to_string())?;
            }
            SessionStep::Connect {} => {
                let reply =
                    session.connect().await.map(|reply| reply.raw().map(|raw| raw.bytes().clone()));
                self.reply(reply.map_err(|error| error.to_string()));
            }
            SessionStep::Claim { .. } if self.asked == 0 && self.replies == 0 => {}
            SessionStep::Claim { .. } => return Err("a claim is the first step".to_owned()),
            SessionStep::Reinitialize {} => {
                let reply = session
                    .reinitialize()
                    .await
                    .map(|reply| reply.raw().map(|raw| raw.bytes().clone()));
                self.reply(reply.map_err(|error| error.to_string()));
            }
            SessionStep::Control { subtype, fields } => {
                self.control(&session, subtype, fields).await
            }
            SessionStep::Interrupt {} => {
                let reply = session
                    .interrupt()
                    .await
                    .map(|reply| reply.raw().map(|raw| raw.bytes().clone()));
                self.reply(reply.map_err(|error| error.to_string()));
            }
            SessionStep::Clear {} => {
                self.reply(session.clear().await.map(|()| None).map_err(|error| error.to_string()))
            }
            SessionStep::Fork {} => {
                let fork = session.fork().map_err(|error| error.to_string())?;
                self.enter(fork);
            }
            SessionStep::Stop {} => self.stop().await,
            SessionStep::Signal { name } => signals.signal(*name),
            SessionStep::Release { gate } => self.stage.release(gate),
            SessionStep::Touch { file } => self.stage.touch(file)?,
            SessionStep::Wait(Wait::Turns) => while self.turns.join_next().await.is_some() {},
            SessionStep::Wait(wait) => self.stage.wait(wait, self.log).await?,
        }
        Ok(())
    }

    async fn control(&mut self, session: &Session, subtype: &str, fields: &Fields) {
        let known = [("prompt", lock(&self.ids).clone()), ("task", self.log.tasks())];
        let id = |name: &str| {
            let (kind, number) = name.split_once(':')?;
            let (_, ids) = known.iter().find(|(known, _)| *known == kind)?;
            let id = ids.get(number.parse::<usize>().ok()?.checked_sub(1)?)?;
            Some(id.as_str().into())
        };
        let fields = fields.iter().map(|(name, value)| (name.clone(), fill(value, &id))).collect();
        let reply = session.control(subtype, fields).await;
        self.reply(
            reply
                .map(|reply| reply.map(|raw| raw.bytes().clone()))
                .map_err(|error| error.to_string()),
        );
    }

    /// Logs a reply with its envelope, which identifies it.
    fn reply(&mut self, reply: Result<Option<Bytes>, String>) {
        self.replies += 1;
        let line = match &reply {
            Ok(Some(body)) => [br#"{"type":"control_response","response":{"subtype":"success","response":"#, &body[..], b"}}"].concat(),
            Ok(None) => br#"{"type":"control_response","response":{"subtype":"success"}}"#.to_vec(),
            Err(error) => json!({"type": "control_response", "response": {"subtype": "error", "error": error}}).to_string().into_bytes(),
        };
        self.log.push(Channel::Reply(self.replies), line);
    }

    /// Ends the session, or the latest fork.
    async fn stop(&mut self) {
        if let Some((session, mut events)) = self.sessions.pop() {
            // Nothing that it talks to is a replay that it owns.
            self.log.stopped(session.stop().await.unwrap_or_else(|_| session.exit()));
            drop(session);
            while events.join_next().await.is_some() {}
        }
    }

    async fn end(mut self) {
        while self.turns.join_next().await.is_some() {}
        while !self.sessions.is_empty() {
            self.stop().await;
        }
    }
}

fn prompt(content: &Value) -> Prompt {
    Prompt::raw(RawJson::from(content.clone()))
}

impl PromptFields {
    fn on(&self, mut prompt: Prompt) -> Prompt {
        if let Some(should_query) = self.should_query {
            prompt = prompt.should_query(should_query);
        }
        if let Some(synthetic) = self.synthetic {
            prompt = prompt.synthetic(synthetic);
        }
        if let Some(priority) = &self.priority {
            prompt = prompt.priority(priority.as_str());
        }
        if let Some(origin) = &self.origin {
            prompt = prompt.origin(OriginKind::from(origin.as_str()));
        }
        if self.verbatim {
            prompt = prompt.verbatim();
        }
        if let Some(result) = &self.tool_use_result {
            prompt = prompt.tool_use_result(result.clone());
        }
        let prompt = self.pasted.iter().fold(prompt, |prompt, text| prompt.pasted(text));
        self.pasted_inline.iter().fold(prompt, |prompt, text| prompt.pasted_inline(text))
    }
}

/// Reads a turn.
#[expect(clippy::manual_async_fn, reason = "it says that the future is Send")]
fn read(
    mut turn: Turn,
    drop_after: Option<Pattern>,
    number: usize,
    ids: Ids,
    log: Log,
) -> impl Future<Output = ()> + Send + use<> {
    async move {
        let mut is_first = true;
        while let Some(message) = turn.next().await {
            if std::mem::take(&mut is_first) {
                lock(&ids).extend(turn.uuid().map(str::to_owned));
            }
            match message {
                Ok(message) => {
                    log.push(Channel::Turn(number), message.frame().bytes().clone());
                    let json = message.frame().json().to_value().unwrap_or_default();
                    if drop_after.as_ref().is_some_and(|pattern| pattern.fits(&json)) {
                        return;
                    }
                }
                Err(error) => log.push(
                    Channel::Turn(number),
                    json!({"type": "error", "error": error.to_string()}).to_string(),
                ),
            }
        }
    }
}

/// One handler for each kind of request that the entry answers.
fn handlers(builder: SessionBuilder, entry: &Entry, log: &Log) -> SessionBuilder {
    let on_stderr = log.clone();
    let builder = builder.on_stderr(move |line| on_stderr.stderr(line));
    let answers = Arc::new(entry.answers.clone());
    subtypes(&answers).into_iter().fold(builder, |builder, subtype| {
        let (answers, log) = (answers.clone(), log.clone());
        builder.on_request(subtype, move |request: HostRequest| {
            log.push(Channel::Request, request.body().bytes().clone());
            let body = request.body().to_value().unwrap_or_default();
            let answer = answer(&answers, &body)
                .unwrap_or_else(|| Err("the corpus entry has no answer to this".to_owned()));
            let (held, log) = (held(&answers, &body), log.clone());
            async move {
                log.until_message(held.as_ref()).await;
                answer
            }
        })
    })
}

async fn collect(mut events: Events, session: usize, log: Log) {
    while let Some(event) = events.next().await {
        let line = match (event_line(&event), event) {
            (Some(line), _) => line,
            // The process differs each time.
            (None, SessionEvent::Connected(_)) => json!({"connected": true}).to_string().into(),
            (None, SessionEvent::SessionId(id)) => json!({"session_id": id}).to_string().into(),
            (None, SessionEvent::Warning(warning)) => {
                json!({"warning": warning}).to_string().into()
            }
            (None, SessionEvent::Disconnected(end)) => {
                log.exit(end.exit);
                continue;
            }
            (None, SessionEvent::Lost(events)) => {
                log.lost(events);
                continue;
            }
            // From a later version of the library.
            (None, other) => json!({"event": format!("{other:?}")}).to_string().into(),
        };
        log.push(Channel::Event(session), line);
    }
}
