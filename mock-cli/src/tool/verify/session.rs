//! Plays the caller's part through a session of this library.

use std::collections::{BTreeSet, HashMap};
use std::future::{Future, pending};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use claude_wire::player::{AnswerTo, HostAction, HostScript, Replay, Signal};
use claude_wire::recording::{Eol, EventKind, Recording};
use claude_wire::session::handlers::HostRequest;
use claude_wire::session::{Events, Prompt, Session, SessionBuilder};
use claude_wire::wire::{Frame, FrameKind, RawJson};
use serde_json::{Map, Value};
use tokio::task::{JoinHandle, JoinSet};

use super::account::{self, Delivered, Reply};
use super::asked::Asked;
use super::seen::{Seen, Watched};
use super::streams::{recorded_exit, same_exit};
use super::writable::is_reply;
use crate::session_host::{event_line, lock, start};

/// How long a request waits for the prompts before it to be written.
const HELD_BACK: Duration = Duration::from_secs(2);

/// Does what the recorded host did, each step after the output that came before it, and accounts
/// for all that came back.
pub(super) async fn act(recording: &Recording, replay: &Replay) -> Result<(), String> {
    let is_ready = recording
        .events
        .iter()
        .any(|event| matches!(&event.kind, EventKind::Out(line) if is_reply(line.bytes())));
    let script = &HostScript::from_recording(recording);
    let stage = Stage::new(recording, script, replay)?;
    if is_ready {
        stage.conversation(recording, script).await?
    } else {
        stage.failed_start(script).await?
    }

    let report = replay.report();
    if report.is_clean() { stage.account(recording).await } else { Err(report.to_string()) }
}

/// A session over a replay, and everything it delivers.
struct Stage {
    session: Session,
    seen: Seen,
    progress: Progress,
    delivered: Arc<Mutex<Delivered>>,
    events: JoinHandle<()>,
}

impl Stage {
    fn new(recording: &Recording, script: &HostScript, replay: &Replay) -> Result<Self, String> {
        let (seen, progress) = (Seen::new(), Progress::of(recording));
        let delivered = Arc::new(Mutex::new(Delivered::default()));
        let answers = Answers {
            script: answers(script, &progress),
            asked: Mutex::default(),
            seen: seen.clone(),
            delivered: delivered.clone(),
        };
        let complaints = delivered.clone();
        let builder = Session::builder()
            .transport(Watched { inner: replay.clone(), seen: seen.clone() })
            .on_stderr(move |line| lock(&complaints).stderr.push(line.to_owned()));
        let builder = handlers(initialize(builder, script), recording, Arc::new(answers));
        let session =
            builder.start().map_err(|error| format!("the session was refused: {error}"))?;
        let events = tokio::spawn(collect(session.events(), delivered.clone()));
        Ok(Self { session, seen, progress, delivered, events })
    }

    /// The steps after the handshake.
    async fn conversation(&self, recording: &Recording, script: &HostScript) -> Result<(), String> {
        let reply = self
            .session
            .connect()
            .await
            .map_err(|error| format!("the handshake failed: {error}"))?;
        lock(&self.delivered).replies.push(Ok(reply.raw().map(|reply| reply.bytes().clone())));
        let (mut turns, mut controls) = (JoinSet::new(), JoinSet::new());
        let mut prompts = 0;
        for step in script.steps().iter().skip(1) {
            self.seen.lines(self.progress.before(step.event)).await;
            match &step.action {
                HostAction::Prompt { content, .. } => {
                    prompts += 1;
                    start(self.turn(content), &mut turns).await;
                }
                HostAction::Control { subtype, request } => {
                    // A session may hold back a prompt that the recorded host had written by then.
                    let _ = tokio::time::timeout(HELD_BACK, self.seen.prompts(prompts)).await;
                    start(self.control(subtype, request), &mut controls).await;
                }
                HostAction::Eof => break,
                // The replay makes sure that the CLI ends.
                HostAction::Signal(name) if ends(recording, name) => break,
                // Answers are given when the CLI asks.
                _ => {}
            }
        }
        let is_end = |action: &HostAction| match action {
            HostAction::Signal(name) => ends(recording, name),
            action => matches!(action, HostAction::Eof),
        };
        let ends_by_itself = !script.steps().iter().any(|step| is_end(&step.action));
        if ends_by_itself && recorded_exit(recording).is_some() {
            self.seen.end().await;
        }
        while turns.join_next().await.is_some() {}
        self.session.stop().await.map_err(|error| error.to_string())?;
        while controls.join_next().await.is_some() {}
        Ok(())
    }

    /// A CLI that exits before it is ready: every waiting caller gets an error, and so does every
    /// prompt that was never written.
    async fn failed_start(&self, script: &HostScript) -> Result<(), String> {
        let mut turns = JoinSet::new();
        for step in script.steps() {
            if let HostAction::Prompt { content, .. } = &step.action {
                start(self.turn(content), &mut turns).await;
            }
        }
        let connected = self.session.connect().await;
        while turns.join_next().await.is_some() {}
        self.session.stop().await.map_err(|error| error.to_string())?;
        match connected {
            Ok(_) => Err("the handshake succeeded, and the recorded one did not".to_owned()),
            Err(_) => Ok(()),
        }
    }

    fn turn(&self, content: &RawJson) -> impl Future<Output = ()> + Send + 'static {
        let mut turn = self.session.query(Prompt::raw(content.clone())).no_timeout();
        let delivered = self.delivered.clone();
        async move {
            // A turn that fails has no more lines; the account reports what is missing.
            while let Some(Ok(message)) = turn.next().await {
                lock(&delivered).turns.push_back(message.frame().bytes().clone());
            }
        }
    }

    fn control(
        &self,
        subtype: &str,
        request: &RawJson,
    ) -> impl Future<Output = ()> + Send + 'static {
        let (session, delivered) = (self.session.clone(), self.delivered.clone());
        let (subtype, fields) = (subtype.to_owned(), fields(request));
        async move {
            let reply: Reply = match session.control(&subtype, fields).await {
                Ok(reply) => Ok(reply.map(|reply| reply.bytes().clone())),
                Err(error) => match error.refusal() {
                    Some(refusal) => Err(refusal.error().to_owned()),
                    // There was none.
                    None => return,
                },
            };
            lock(&delivered).replies.push(reply);
        }
    }

    /// After the end: where every line went.
    async fn account(self, recording: &Recording) -> Result<(), String> {
        let Self { session, seen, delivered, events, .. } = self;
        let ended = session.exit();
        drop(session);
        events.await.map_err(|error| format!("the events ended: {error}"))?;
        let output = seen.output();
        account::compare(recording, &output, &seen.input())?;
        let delivered = std::mem::take(&mut *lock(&delivered));
        delivered.account(
            &output,
            &account::lines(recording, |kind| matches!(kind, EventKind::Err(_))),
        )?;
        match ended {
            Some(ended) => same_exit(recorded_exit(recording).as_ref(), ended),
            None => Err("the session does not know how the CLI ended".to_owned()),
        }
    }
}

/// How many whole lines of stdout come before each event.
struct Progress(Vec<usize>);

impl Progress {
    fn of(recording: &Recording) -> Self {
        let mut lines = 0;
        let count = |kind: &EventKind| {
            let before = lines;
            lines += usize::from(matches!(kind, EventKind::Out(line) if line.eol() != Eol::None));
            before
        };
        Self(recording.events.iter().map(|event| &event.kind).map(count).collect())
    }

    fn before(&self, event: usize) -> usize {
        self.0.get(event).copied().unwrap_or(usize::MAX)
    }
}

/// Whether the signal ended the recorded CLI.
fn ends(recording: &Recording, name: &str) -> bool {
    let by = recorded_exit(recording).and_then(|exit| exit.signal);
    Signal::named(name).is_some() || by.as_deref() == Some(name)
}

/// Sets the fields of `initialize` as they were recorded.
fn initialize(builder: SessionBuilder, script: &HostScript) -> SessionBuilder {
    let request = script.steps().first().map(|step| &step.action);
    let Some(HostAction::Control { request, .. }) = request else { return builder };
    fields(request)
        .into_iter()
        .fold(builder, |builder, (name, value)| builder.initialize_field(name, value))
}

fn fields(request: &RawJson) -> Map<String, Value> {
    let mut fields: Map<String, Value> = request.deserialize().unwrap_or_default();
    fields.shift_remove("subtype");
    fields
}

/// An answer, and how many lines the recorded host had read when it gave it.
type Answer = (usize, RawJson);

fn answers(script: &HostScript, progress: &Progress) -> HashMap<AnswerTo, Answer> {
    let mut answers = HashMap::new();
    for step in script.steps() {
        if let HostAction::Answer { to, response } = &step.action {
            answers
                .entry(to.clone())
                .or_insert_with(|| (progress.before(step.event), response.clone()));
        }
    }
    answers
}

/// Answers the CLI's requests as recorded.
struct Answers {
    script: HashMap<AnswerTo, Answer>,
    asked: Mutex<Asked>,
    seen: Seen,
    delivered: Arc<Mutex<Delivered>>,
}

/// One handler for each subtype that the recorded CLI asks about.
fn handlers(
    builder: SessionBuilder,
    recording: &Recording,
    answers: Arc<Answers>,
) -> SessionBuilder {
    let requests = recording.events.iter().filter_map(|event| match &event.kind {
        EventKind::Out(line) => Frame::parse(line.bytes().clone())
            .ok()
            .filter(|frame| frame.kind() == FrameKind::ControlRequest),
        _ => None,
    });
    let subtypes: BTreeSet<String> = requests
        .filter_map(|frame| frame.field("request")?.pointer("/subtype")?.as_str().map(Into::into))
        .collect();
    subtypes.into_iter().fold(builder, |builder, subtype| {
        let answers = answers.clone();
        builder.on_request(subtype, move |request| {
            let answers = answers.clone();
            async move { answers.give(request).await }
        })
    })
}

impl Answers {
    async fn give(&self, request: HostRequest) -> Result<RawJson, String> {
        lock(&self.delivered).requests.push(request.body().bytes().clone());
        let nth = {
            let mut asked = lock(&self.asked);
            let more = self.seen.output_from(asked.read());
            asked.more(&more);
            asked.claim(request.body().bytes())
        };
        // Fields of another version of this library cannot be set.
        let answer = self.script.iter().find(|(to, _)| {
            nth.as_ref().is_some_and(|(subtype, about, nth)| {
                (&to.subtype, &to.about, &to.nth) == (subtype, about, nth)
            })
        });
        let Some((_, (after, response))) = answer else { return pending().await };
        self.seen.lines(*after).await;
        match response.pointer("/error") {
            Some(error) => Err(error.as_str().map(|text| text.into_owned()).unwrap_or_default()),
            None => Ok(response.pointer("/response").unwrap_or_else(|| Value::Null.into())),
        }
    }
}

async fn collect(mut events: Events, delivered: Arc<Mutex<Delivered>>) {
    while let Some(event) = events.next().await {
        lock(&delivered).events.extend(event_line(&event));
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{INITIALIZE, READY, read, recording, write};
    use super::*;
    use claude_wire::recording::Stream;

    #[tokio::test]
    async fn a_line_that_never_comes_is_a_divergence() {
        // No session writes a request without a subtype.
        let odd = r#"{"type":"control_request","request_id":"2","request":{"subtype":null}}"#;
        let reply =
            r#"{"type":"control_response","response":{"subtype":"success","request_id":"2"}}"#;
        let recording = recording(vec![
            write(INITIALIZE),
            read(READY),
            write(odd),
            read(reply),
            EventKind::Eof(Stream::In),
        ]);
        let problem = act(&recording, &Replay::new(recording.clone())).await.unwrap_err();
        assert!(problem.contains("divergences=1"), "{problem}");
    }
}
