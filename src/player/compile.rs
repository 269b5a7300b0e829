//! Compiles the events of a recording: what waits for what.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use bytes::Bytes;
use serde_json::Value;

use crate::recording::{self, Event, EventKind, Header, Payload, Recording, Stream};
use crate::transport;
use crate::wire::control::RequestName;
use crate::wire::{Effect, Frame, FrameKind};

use super::compare;
use super::exits::exit_of;
use super::host_line::{HostLine, asks, id_text};
use super::ids::{self, IdKind};
use super::launch::{RecordedLaunch, reads_text};
use super::mentions;
use super::output_format::OutputFormat;
use super::script::{
    Action, CliRequest, Expectation, Expected, IDLE_TIMEOUT, Output, Pace, Patch, SIGNAL_LATE,
    Script, Unsent,
};
use super::signal::Signal;
use super::tools;
use super::written;

impl Script {
    /// Compiles a recording. Its `${...}` variables must have been expanded: [`Recording::expand`].
    ///
    /// `fault` events, marks and unknown events are ignored. A recording without an exit ends with
    /// exit code 0 once the host has closed its input.
    pub fn new(recording: &Recording) -> Self {
        let mut compiler = Compiler::new(recording);
        let mut at = 0_u64;
        for (index, Event { us, kind, .. }) in recording.events.iter().enumerate() {
            at = at.saturating_add(*us);
            compiler.event(index, at, kind);
        }
        let mut script = compiler.finish(recording.events.len(), at);
        script.cli.clone_from(&recording.header.cli);
        script.files = written::files(recording);
        script.session = recording.events.iter().find_map(session_of);
        script
    }

    /// Compiles a recording for launches in these folders, which are compared with the recorded one.
    pub(super) fn for_launches(
        recording: &Recording,
        folders: &BTreeMap<String, String>,
    ) -> Result<Self, recording::Error> {
        let expanded = recording.expand(folders)?;
        let launch = RecordedLaunch::of_header(&recording.header, folders);
        let launch = launch.map(|launch| launch.with_events(&expanded.events));
        Ok(Self { launch, ..Self::new(&expanded) })
    }

    /// A script without events.
    pub(super) fn empty() -> Self {
        Self::new(&Recording::new(Header::new()))
    }
}

/// The id of the session, if this is its `init`.
fn session_of(event: &Event) -> Option<String> {
    let EventKind::Out(line) = &event.kind else { return None };
    memchr::memmem::find(line.bytes(), b"\"init\"")?;
    let frame = Frame::parse(line.bytes().clone()).ok()?;
    let has = |field: &str, value: &str| {
        frame.field(field).and_then(|found| found.as_str().map(|text| text == value))
    };
    (has("type", "system")? && has("subtype", "init")?).then_some(())?;
    frame.field("session_id")?.as_str().map(|id| id.into_owned())
}

impl From<&Recording> for Script {
    fn from(recording: &Recording) -> Self {
        Self::new(recording)
    }
}

#[derive(Default)]
struct Compiler<'a> {
    events: &'a [Event],
    expectations: Vec<Expectation>,
    outputs: Vec<Output>,
    cli_requests: HashMap<String, CliRequest>,
    /// The last output of the main sequence, to which most outputs belong.
    last: Option<usize>,
    /// The expectations since then that what follows must wait for.
    gates: Vec<usize>,
    /// Prompts that nothing waits for yet: they were written while a turn ran.
    queued: Vec<usize>,
    /// Prompts written since an `initialize` that has no reply yet.
    early: Option<Vec<usize>>,
    turn: Turn,
    prompts: usize,
    ended: bool,
    /// The output that is the last result.
    last_result: Option<usize>,
    eof: Option<usize>,
    /// Whether the CLI ends by itself, whatever its host does with its input.
    gone: bool,
    /// Whether a prompt was written that has no result yet.
    owed: bool,
    /// The signal that ended the CLI.
    ended_by: Option<String>,
    prompt_ids: HashMap<String, usize>,
    requests: HashMap<String, HostRequest>,
    callbacks: HashMap<String, (usize, usize)>,
    /// Whether stdin is text.
    text: bool,
    /// Blank lines since the last line of text.
    blanks: Vec<(usize, u64)>,
}

/// The state of the CLI with respect to prompts.
#[derive(Default, PartialEq)]
enum Turn {
    #[default]
    Idle,
    /// A prompt was written, `system/init` is still to come.
    Opening,
    Open,
}

struct HostRequest {
    expectation: usize,
    subtype: String,
    /// The state of the main sequence when the request was written.
    last: Option<usize>,
    /// The answers of the host since then.
    answers: Vec<usize>,
}

impl<'a> Compiler<'a> {
    /// For the events of this recording.
    fn new(recording: &'a Recording) -> Self {
        let ended_by = recording.events.iter().find_map(|event| match &event.kind {
            EventKind::Exit(exit) => exit.signal.clone(),
            _ => None,
        });
        let text = recording.header.argv.as_ref().is_some_and(|args| reads_text(args));
        Self { events: &recording.events, ended_by, text, ..Self::default() }
    }

    fn event(&mut self, index: usize, at: u64, kind: &EventKind) {
        match kind {
            EventKind::In(line) => self.host(index, at, line.bytes()),
            EventKind::Out(line) => self.stdout(index, at, line),
            EventKind::Err(line) => self.follow(index, at, Action::Err(line.clone())),
            EventKind::Eof(Stream::In) => self.eof(index, at),
            EventKind::Eof(Stream::Out) => {
                self.last_of_all(index, at, Action::CloseOut);
                self.gone = true;
            }
            EventKind::Eof(_) => self.last_of_all(index, at, Action::CloseErr),
            // The player knows nothing about other requests, and goes on as the CLI did.
            EventKind::Signal(name)
                if Signal::named(name).is_some() || self.ended_by.as_ref() == Some(name) =>
            {
                let in_turn = self.is_in_turn();
                let signal =
                    self.expect(index, at, Expected::Signal { name: name.clone(), in_turn });
                self.gates.push(signal);
                self.ended = true;
                self.gone = true;
            }
            EventKind::Exit(exit) => self.exit(index, at, exit_of(exit)),
            _ => {}
        }
    }

    fn finish(mut self, events: usize, at: u64) -> Script {
        if !self.outputs.iter().any(|output| matches!(output.action, Action::Exit(_))) {
            // It stays silent until its host ends it.
            self.end_of_input(events, at, false);
            self.exit(events, at, transport::Exit::from_code(0));
        }
        let tools = tools::recorded(&self.expectations, &self.cli_requests);
        // What is left of a turn that got no result belongs to that turn.
        let last = self.last_result.filter(|_| self.turn == Turn::Idle);
        let after_result = last.map_or(self.outputs.len(), |last| last + 1);
        self.outputs[after_result..].iter_mut().for_each(|output| output.after_result = true);
        Script {
            run: None,
            expectations: self.expectations,
            outputs: self.outputs,
            cli_requests: self.cli_requests,
            prompt_ids: self.prompt_ids,
            cli: None,
            source: None,
            pace: Pace::Instant,
            idle_timeout: IDLE_TIMEOUT,
            pause: 0,
            unsent: Unsent::Late(SIGNAL_LATE),
            output: OutputFormat::default(),
            program: None,
            files: Vec::new(),
            simulation: None,
            kept: Vec::new(),
            session: None,
            reads_text: self.text,
            shares_nothing: false,
            launch: None,
            tools,
            folders: BTreeMap::new(),
            user_rules: Arc::default(),
        }
    }

    fn host(&mut self, index: usize, at: u64, bytes: &Bytes) {
        match HostLine::read(bytes, self.text) {
            HostLine::Nothing if self.text => self.blanks.push((index, at)),
            HostLine::Nothing => {}
            HostLine::Prompt { line, uuid } => {
                let prompt = self.expect(index, at, Expected::Prompt(compare::prompt(&line)));
                self.prompts += 1;
                if let Some(uuid) = uuid.as_ref().and_then(|uuid| uuid.as_str()) {
                    self.prompt_ids.insert(uuid.into_owned(), prompt);
                }
                match &mut self.early {
                    Some(early) => early.push(prompt),
                    None => self.prompt(prompt, line.get("priority").is_some()),
                }
            }
            HostLine::Request { subtype, request, id } => {
                let callbacks = if subtype == "initialize" {
                    compare::callback_ids(&request)
                } else {
                    Vec::new()
                };
                let expectation =
                    self.expect(index, at, Expected::Request { subtype: subtype.clone(), request });
                self.callbacks.extend(
                    callbacks.into_iter().enumerate().map(|(place, id)| (id, (expectation, place))),
                );
                if !only_reads(&subtype) {
                    self.gates.push(expectation);
                }
                if subtype == "initialize" {
                    self.early.get_or_insert_default();
                }
                let id = id.map(|id| {
                    id.as_str().map_or_else(|| id.text().into_owned(), |text| text.into_owned())
                });
                let request =
                    HostRequest { expectation, subtype, last: self.last, answers: Vec::new() };
                self.requests.insert(id.unwrap_or_default(), request);
            }
            HostLine::Answer { id, response } => self.answer(index, at, id, response),
            HostLine::Cancel { id } => {
                let of = self.requests.get(&id).map(|request| request.expectation);
                let cancel = self.expect(index, at, Expected::Cancel(of));
                self.gates.push(cancel);
            }
            HostLine::Other { bytes, json } => {
                // Those at the end of a text say nothing.
                for (index, at) in std::mem::take(&mut self.blanks) {
                    let blank = Expected::Other { bytes: Bytes::new(), json: None };
                    let blank = self.expect(index, at, blank);
                    self.gates.push(blank);
                }
                let other = self.expect(index, at, Expected::Other { bytes, json });
                self.gates.push(other);
            }
        }
    }

    /// The CLI has taken a prompt. `steers`: whether it is for the turn that runs, if one does.
    fn prompt(&mut self, prompt: usize, steers: bool) {
        // Those before it come first.
        if self.turn == Turn::Idle && self.queued.is_empty() {
            self.turn = Turn::Opening;
            self.owed = true;
            self.gates.push(prompt);
        } else if steers && self.turn != Turn::Idle {
            self.gates.push(prompt);
        } else {
            self.queued.push(prompt);
        }
    }

    fn answer(&mut self, index: usize, at: u64, id: String, response: Value) {
        let request = self.cli_requests.get(&id).map(|request| &request.request);
        let asks = request.map_or_else(|| format!("an unknown request {id:?}"), asks);
        let answer = self.expect(index, at, Expected::Answer { id: id.clone(), asks, response });
        match self.cli_requests.get_mut(&id) {
            Some(request) if !request.cancelled && request.answer.is_none() => {
                request.answer = Some(answer);
                self.gates.push(answer);
                for request in self.requests.values_mut() {
                    request.answers.push(answer);
                }
            }
            // The CLI ignores it, so nothing may wait for it.
            _ => {
                self.expectations[answer].required = false;
                if let Some(request) = self.cli_requests.get_mut(&id) {
                    request.answer.get_or_insert(answer);
                }
            }
        }
    }

    fn is_in_turn(&self) -> bool {
        let early = self.early.as_ref().is_some_and(|early| !early.is_empty());
        self.turn != Turn::Idle || !self.queued.is_empty() || early
    }

    /// A CLI finishes its turns whether its input has ended or not.
    fn eof(&mut self, index: usize, at: u64) {
        self.end_of_input(index, at, self.is_in_turn());
    }

    fn end_of_input(&mut self, index: usize, at: u64, in_turn: bool) {
        if self.eof.is_some() || self.gone {
            return;
        }
        let eof = self.expect(index, at, Expected::Eof { in_turn });
        self.eof = Some(eof);
        self.ended = true;
        // The CLI's open requests are answered by it.
        let waits = |request: &CliRequest| request.answer.is_none() && !request.cancelled;
        // A text is one prompt, which only the end of input makes whole.
        let is_text = |open: &Expectation| matches!(open.what, Expected::Other { .. });
        let asks = self.text && self.expectations.iter().any(is_text);
        if asks || self.cli_requests.values().any(waits) {
            self.gates.push(eof);
        }
    }

    fn exit(&mut self, index: usize, at: u64, exit: transport::Exit) {
        // The CLI was never ready and took no prompt, so none is expected.
        for prompt in self.early.take().into_iter().flatten() {
            self.expectations[prompt].required = false;
        }
        self.gates.append(&mut self.queued);
        self.last_of_all(index, at, Action::Exit(exit));
    }

    fn stdout(&mut self, index: usize, at: u64, line: &Payload) {
        let patches = self.patches(line.bytes());
        let frame = Frame::parse(line.bytes().clone()).ok();
        let kind = frame.as_ref().map(Frame::kind);
        // A line that only mentions a prompt may come before it.
        let names = patches.iter().filter(|patch| patch.kind != IdKind::Mention);
        let mut waits: Vec<usize> = names.map(|patch| patch.of).collect();
        self.queued.retain(|prompt| !waits.contains(prompt));
        self.early.iter_mut().for_each(|early| early.retain(|prompt| !waits.contains(prompt)));
        let action = Action::Out(line.clone());
        match (kind, &frame) {
            (Some(FrameKind::ControlResponse), Some(frame)) => {
                let id = frame.request_id().map(|id| {
                    id.as_str().map_or_else(|| id.text().into_owned(), |text| text.into_owned())
                });
                if let Some(request) = self.requests.remove(&id.unwrap_or_default()) {
                    if request.subtype == "initialize" {
                        self.ready(index, at, action, patches, request.expectation);
                        return;
                    }
                    waits.push(request.expectation);
                    let mut after = None;
                    if !only_reads(&request.subtype) {
                        waits.extend(request.answers);
                        after = self.last.filter(|_| self.last != request.last);
                    }
                    self.push(index, at, action, patches, waits, after);
                    return;
                }
            }
            (Some(FrameKind::CommandLifecycle), Some(frame)) if !waits.is_empty() => {
                let queued = frame
                    .field("state")
                    .is_some_and(|state| state.as_str().as_deref() == Some("queued"));
                let after = if queued { None } else { self.last };
                let output = self.push(index, at, action, patches, waits, after);
                if !queued {
                    self.last = Some(output);
                }
                return;
            }
            (Some(FrameKind::ControlRequest), Some(frame)) => {
                let request = frame
                    .field("request")
                    .and_then(|request| request.to_value().ok())
                    .unwrap_or_default();
                let id = frame.request_id().and_then(|id| id.to_value().ok());
                let request = CliRequest {
                    output: self.outputs.len(),
                    request,
                    cancelled: false,
                    answer: None,
                };
                self.cli_requests.insert(id_text(id.as_ref()), request);
            }
            (Some(FrameKind::ControlCancelRequest), Some(frame)) => {
                let id = frame.request_id().and_then(|id| id.to_value().ok());
                if let Some(request) = self.cli_requests.get_mut(&id_text(id.as_ref())) {
                    request.cancelled = true;
                }
            }
            (Some(FrameKind::System), Some(frame))
                if frame.subtype().as_deref() == Some("init") =>
            {
                if self.turn == Turn::Idle {
                    waits.extend(self.take_queued(index));
                }
                self.turn = Turn::Open;
            }
            (_, Some(frame)) if frame.ends_turn() || frame.kind_name() == "done" => {
                self.result(frame);
            }
            _ => {}
        }
        waits.append(&mut self.gates);
        let output = self.push(index, at, action, patches, waits, self.last);
        self.outputs[output].after_pause =
            kind == Some(FrameKind::ControlRequest) || frame.as_ref().is_some_and(Frame::ends_turn);
        if frame.as_ref().is_some_and(Frame::ends_turn) {
            self.last_result = Some(output);
        }
        self.last = Some(output);
    }

    /// The unnamed prompts of the turn that opens at this event: the first, if every prompt has its
    /// own result, else all waiting ones, since the CLI merges them.
    fn take_queued(&mut self, event: usize) -> Vec<usize> {
        let named = &self.prompt_ids;
        let is_named = |prompt: &usize| named.values().any(|named| named == prompt);
        let (named, mut taken): (Vec<_>, Vec<_>) = self.queued.iter().partition(|it| is_named(it));
        let later = self.events.get(event + 1..).unwrap_or_default();
        let is_prompt = |event: &&Event| match &event.kind {
            EventKind::In(line) => {
                let line = HostLine::read(line.bytes(), self.text);
                matches!(line, HostLine::Prompt { uuid: None, .. })
            }
            _ => false,
        };
        let is_result = |event: &&Event| match &event.kind {
            EventKind::Out(line) => Frame::parse(line.bytes().clone())
                .is_ok_and(|frame| frame.ends_turn() && !is_of_its_own(&frame)),
            _ => false,
        };
        let mut left = Vec::new();
        if taken.len() > 1 {
            let prompts = taken.len() + later.iter().filter(is_prompt).count();
            if later.iter().filter(is_result).count() >= prompts {
                left = taken.split_off(1);
            }
        }
        self.owed |= !taken.is_empty();
        self.queued = named.into_iter().chain(left).collect();
        self.queued.sort_unstable();
        taken
    }

    /// A result. If the CLI started the turn by itself, the prompt keeps waiting.
    fn result(&mut self, frame: &Frame) {
        self.owed &= is_of_its_own(frame);
        self.turn = if self.owed { Turn::Opening } else { Turn::Idle };
    }

    /// The reply to `initialize`: it waits for that request, and for what the CLI asked meanwhile.
    /// What else the host wrote before it counts from here on.
    fn ready(
        &mut self,
        index: usize,
        at: u64,
        action: Action,
        patches: Vec<Patch>,
        initialize: usize,
    ) {
        let is_answer =
            |gate: usize| matches!(self.expectations[gate].what, Expected::Answer { .. });
        let (waits, held) =
            self.gates.iter().partition(|gate| **gate <= initialize || is_answer(**gate));
        self.gates = held;
        self.last = Some(self.push(index, at, action, patches, waits, self.last));
        for prompt in self.early.take().into_iter().flatten() {
            self.prompt(prompt, false);
        }
    }

    /// The exit, or a part of it.
    fn last_of_all(&mut self, index: usize, at: u64, action: Action) {
        self.gates.extend(self.eof);
        self.follow(index, at, action);
    }

    /// An output that waits for everything before it.
    fn follow(&mut self, index: usize, at: u64, action: Action) {
        let waits = std::mem::take(&mut self.gates);
        let output = self.push(index, at, action, Vec::new(), waits, self.last);
        self.last = Some(output);
    }

    fn push(
        &mut self,
        event: usize,
        at: u64,
        action: Action,
        patches: Vec<Patch>,
        mut waits: Vec<usize>,
        after: Option<usize>,
    ) -> usize {
        let index = self.outputs.len();
        waits.sort_unstable();
        waits.dedup();
        for expectation in &waits {
            self.expectations[*expectation].dependents.push(index);
        }
        if let Some(after) = after {
            self.outputs[after].dependents.push(index);
        }
        let waits = waits.len() + usize::from(after.is_some());
        let turn = self.prompts - self.queued.len();
        self.outputs.push(Output {
            event,
            at,
            action,
            patches,
            waits,
            dependents: Vec::new(),
            turn,
            after_end: self.ended,
            after_result: false,
            after_pause: false,
        });
        index
    }

    fn expect(&mut self, event: usize, at: u64, what: Expected) -> usize {
        let required = !matches!(what, Expected::Eof { .. } | Expected::Signal { .. });
        self.expectations.push(Expectation {
            event,
            at,
            what,
            turn: self.prompts,
            required,
            dependents: Vec::new(),
        });
        self.expectations.len() - 1
    }

    fn patches(&self, line: &Bytes) -> Vec<Patch> {
        let found = ids::find(line).into_iter();
        let mut patches: Vec<_> = found
            .filter_map(|id| {
                let (of, callback) = match id.kind {
                    IdKind::Prompt | IdKind::Lifecycle | IdKind::Repeated => {
                        (*self.prompt_ids.get(&id.id)?, 0)
                    }
                    IdKind::Request => (self.requests.get(&id.id)?.expectation, 0),
                    IdKind::Callback => *self.callbacks.get(&id.id)?,
                    IdKind::Mention => return None,
                };
                Some(Patch { span: id.span, kind: id.kind, of, callback })
            })
            .collect();
        if !self.prompt_ids.is_empty() {
            self.mentions(line, &mut patches);
        }
        patches
    }

    /// Adds the uuids of prompts in the rest of a line.
    fn mentions(&self, line: &Bytes, patches: &mut Vec<Patch>) {
        let named: Vec<_> = patches.iter().map(|patch| patch.span.clone()).collect();
        for (span, uuid) in mentions::uuids(line) {
            if let Some(of) = self.prompt_ids.get(uuid)
                && !named.iter().any(|named| named.contains(&span.start))
            {
                patches.push(Patch { span, kind: IdKind::Mention, of: *of, callback: 0 });
            }
        }
        patches.sort_by_key(|patch| patch.span.start);
    }
}

/// Whether a result ends a turn that the CLI started by itself.
fn is_of_its_own(result: &Frame) -> bool {
    result.is_unprompted() && !result.names_prompts()
}

/// Requests that change nothing: the reply depends only on the request, and nothing depends on the
/// reply. One that this version does not know may change something.
pub(super) fn only_reads(subtype: &str) -> bool {
    RequestName::from(subtype).effect() == Effect::Reads
}
