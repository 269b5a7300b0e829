//! The faults of one connection, without I/O and without a clock: what crosses goes in, what is
//! done comes out.

use std::time::Duration;

use bytes::Bytes;

use super::armed::{ArmedFaults, Hit};
use super::fault::Fault;
use super::form::{Form, Written};
use super::item::{Effect, Ended, Flight, Item, Output, Then};
use super::pending::Pending;
use super::point::Point;
use super::seen::Seen;
use super::{process, protocol, shape};
use crate::transport::{Exit, Notes};
use crate::wire::FrameKind;

/// The faults of one connection.
#[derive(Debug)]
pub(crate) struct Injector {
    armed: ArmedFaults,
    form: Form,
    mode: Mode,
    /// The lines that crossed, for the reason of an injection.
    lines_out: u64,
    lines_in: u64,
    /// Whether the model has spoken in this turn.
    spoke: bool,
    pending: Pending,
    /// How many bytes may still cross.
    limit_out: Option<u64>,
    limit_in: Option<u64>,
    /// The limits that were not reached yet.
    limits: Vec<Hit>,
    /// How many bytes of stdout came out so far.
    written: u64,
    /// Whether the CLI has closed its output.
    is_closed: bool,
    /// Whether the host's input has ended.
    is_eof: bool,
    /// Whether a signal has ended the CLI behind: it neither hangs any more nor ends otherwise.
    is_gone: bool,
    notes: Option<Notes>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Mode {
    Running,
    /// The CLI does nothing any more.
    Hung {
        deaf: bool,
        /// How the end of input ends it, if it does.
        at_eof: Option<Exit>,
    },
    Ended,
}

impl Injector {
    pub(crate) fn new(armed: ArmedFaults) -> Self {
        Self {
            form: armed.form(),
            armed,
            mode: Mode::Running,
            lines_out: 0,
            lines_in: 0,
            spoke: false,
            pending: Pending::default(),
            limit_out: None,
            limit_in: None,
            limits: Vec::new(),
            written: 0,
            is_closed: false,
            is_eof: false,
            is_gone: false,
            notes: None,
        }
    }

    /// Notes each injection, for a recorder.
    pub(super) fn with_notes(self, notes: Notes) -> Self {
        Self { notes: Some(notes), ..self }
    }

    /// Whether stdout is one answer, which is taken as a whole.
    pub(super) fn takes_all(&self) -> bool {
        self.form.written == Written::Text
    }

    /// The faults that happen here.
    fn hits(&self, place: &str, accepts: impl Fn(&Fault) -> bool) -> Vec<Hit> {
        let hits = self.armed.take(place, accepts);
        self.note(&hits);
        hits
    }

    fn note(&self, hits: &[Hit]) {
        self.armed.note(hits);
        if let Some(notes) = &self.notes {
            hits.iter().for_each(|hit| notes.add(self.written, hit.injection.to_json()));
        }
    }

    /// The CLI is launched.
    pub(super) fn launch(&mut self) -> Output {
        let mut output = Output::default();
        let accepts = |fault: &Fault| fault.info().point == Point::Launch;
        // It happens when the limit is reached, if that is ever the case.
        let limits = self.armed.take("launch", |fault| fault.name() == "limit_data");
        for hit in &limits {
            let limit = Some(hit.fault.number("bytes"));
            if is_in(hit) {
                self.limit_in = limit;
            } else {
                self.limit_out = limit;
            }
        }
        self.limits = limits;
        let others = |fault: &Fault| !matches!(fault.name(), "limit_data" | "spawn_fail");
        for hit in self.hits("launch", |fault| accepts(fault) && others(fault)) {
            let then = process::at_launch(&hit.fault, &mut output);
            self.then(then, &mut output);
        }
        if self.form.reads_text && self.form.has_prompt && self.mode == Mode::Running {
            self.prompted("prompt among the arguments", &mut output);
        }
        self.limited(output)
    }

    /// The prompt is there, which is text.
    fn prompted(&mut self, place: &str, output: &mut Output) {
        for hit in self.hits(place, |fault| fault.info().point == Point::Prompt) {
            process::at_prompt(&hit.fault, output);
            if hit.fault.name() == "closed_stdin" {
                // A CLI that waits for more of the prompt would not go on.
                output.cli.push(Item::EndInput);
            }
        }
    }

    /// A line of the CLI, with its ending, at `now`, in microseconds from the start.
    pub(super) fn cli_wrote(&mut self, now: u64, line: Bytes) -> Output {
        let mut output = Output::default();
        if self.mode != Mode::Running {
            return output;
        }
        self.lines_out += 1;
        let form = self.form.written;
        let mut seen = Seen::written(line, self.spoke, form);
        if let Some(id) = seen.session_id().filter(|id| !id.is_empty()) {
            self.pending.session = id;
        }
        let place = format!("stdout line {} ({})", self.lines_out, seen.what());
        let hits = self.hits(&place, |fault| seen.is_from_cli(fault));
        self.spoke = !seen.ends_turn() && (self.spoke || seen.speaks());
        let mut flight = Flight {
            before: Vec::new(),
            pieces: vec![Item::Out(seen.line.clone())],
            after: Vec::new(),
            then: None,
        };
        let (of_bytes, of_lines): (Vec<Hit>, Vec<Hit>) =
            hits.into_iter().partition(|hit| shape::shapes(&hit.fault));
        for hit in of_lines {
            protocol::apply(&mut self.pending, now, &hit.fault, &seen, &mut flight);
            process::after_line(&mut self.pending, now, &hit.fault, form, &mut flight);
            // The next fault sees what this one made of it.
            if let [Item::Out(line)] = &flight.pieces[..]
                && *line != seen.line
            {
                seen = Seen::written(line.clone(), false, form);
            }
        }
        for mut hit in of_bytes {
            shape::shape(&hit.fault, &mut hit.random, &mut flight);
        }
        let Flight { before, pieces, after, then } = flight;
        output.host.extend(before.into_iter().chain(pieces).chain(after));
        self.then(then, &mut output);
        self.limited(output)
    }

    /// A line of the host.
    pub(super) fn host_wrote(&mut self, line: Bytes) -> Output {
        let mut output = Output::default();
        if self.mode != Mode::Running {
            return output;
        }
        self.lines_in += 1;
        let seen = if self.form.reads_text { Seen::text(line) } else { Seen::new(line, false) };
        self.spoke &= !seen.is_prompt();
        let id = seen.request_id();
        match seen.kind() {
            Some(FrameKind::ControlResponse) => {
                let id = id.unwrap_or_default();
                if self.pending.invented.remove(&id) {
                    return output;
                }
                if self.pending.racing.remove(&id) {
                    output.host.push(Item::Out(protocol::cancel(&id)));
                }
            }
            Some(FrameKind::ControlCancelRequest) => {
                let kept = id.and_then(|id| self.pending.kept.remove(&id));
                output.host.extend(kept.map(Item::Out));
            }
            _ => {}
        }
        let place = format!("stdin line {} ({})", self.lines_in, seen.what());
        let mut pieces = vec![Item::In(seen.line.clone())];
        let mut then = None;
        for mut hit in self.hits(&place, |fault| seen.is_from_host(fault)) {
            if shape::shapes(&hit.fault) {
                let mut flight =
                    Flight { before: Vec::new(), pieces, after: Vec::new(), then: None };
                shape::shape(&hit.fault, &mut hit.random, &mut flight);
                pieces = flight.pieces;
            } else {
                process::at_prompt(&hit.fault, &mut output);
                then = then.or(process::inside_prompt(&hit.fault, &mut pieces));
            }
        }
        output.cli.extend(pieces);
        self.then(then, &mut output);
        self.limited(output)
    }

    /// What the CLI writes on stderr.
    pub(super) fn err(&mut self, chunk: Bytes) -> Output {
        let is_heard = self.mode == Mode::Running;
        Output {
            host: is_heard.then_some(Item::Err(chunk)).into_iter().collect(),
            ..Output::default()
        }
    }

    /// The host's input ends.
    pub(super) fn eof(&mut self) -> Output {
        let mut output = Output::default();
        self.is_eof = true;
        match self.mode {
            Mode::Running => {
                if self.form.reads_text && !self.form.has_prompt && self.lines_in > 0 {
                    self.prompted("end of stdin (prompt)", &mut output);
                }
                output.cli.extend(self.slow_close("in"));
                output.cli.push(Item::EndInput);
            }
            Mode::Hung { at_eof: Some(exit), .. } => self.end(exit.into(), &mut output),
            Mode::Hung { .. } | Mode::Ended => {}
        }
        output
    }

    /// The CLI closes a stream, and goes on.
    pub(super) fn closed(&mut self, is_out: bool) -> Output {
        let mut output = Output::default();
        if self.mode == Mode::Running {
            if is_out {
                self.is_closed = true;
                output.host.extend(self.slow_close("out"));
            }
            output.host.push(if is_out { Item::CloseOut } else { Item::CloseErr });
        }
        output
    }

    /// The CLI has ended, and all that it wrote was read.
    pub(super) fn exited(&mut self, exit: Exit) -> Output {
        let mut output = Output::default();
        if self.mode == Mode::Running {
            if !self.is_closed {
                output.host.extend(self.slow_close("out"));
            }
            self.end(exit.into(), &mut output);
        }
        output
    }

    /// A signal for the CLI, by which it would end like this. Returns whether the CLI behind gets
    /// it. Otherwise it ends a CLI that hears it at once: what is still to be written is not.
    pub(super) fn signal(&mut self, exit: Exit) -> (bool, Output) {
        let mut output = Output::default();
        match self.mode {
            Mode::Running => return (true, output),
            Mode::Hung { deaf: true, .. } => {}
            Mode::Hung { .. } => {
                output.effects.push(Effect::Discard);
                self.end(exit.into(), &mut output);
            }
            Mode::Ended => {
                output.effects.push(Effect::Discard);
                output.host.push(Item::End(exit.into()));
            }
        }
        (false, output)
    }

    /// A signal has ended the CLI behind. What it wrote before is still to come.
    pub(super) fn gone(&mut self) {
        self.is_gone = true;
    }

    /// When something comes next, in microseconds from the start.
    pub(super) fn due(&self) -> Option<u64> {
        self.pending.due()
    }

    /// What is due at `now`.
    pub(super) fn fire(&mut self, now: u64) -> Output {
        let mut output = Output::default();
        while let Some(line) = self.pending.next(now) {
            output.host.push(Item::Out(line));
        }
        self.limited(output)
    }

    fn slow_close(&mut self, direction: &str) -> Option<Item> {
        let place = if direction == "in" { "end of stdin" } else { "end of stdout" };
        let hits = self.hits(place, |fault| {
            fault.info().point == Point::End && fault.text("direction") == direction
        });
        let ms = hits.first()?.fault.number("ms");
        Some(Item::Pause(Duration::from_millis(ms)))
    }

    fn then(&mut self, then: Option<Then>, output: &mut Output) {
        match then {
            _ if self.is_gone => {}
            None => {}
            Some(Then::End(ended)) => self.end(ended, output),
            Some(Then::Hang { at_eof: Some(exit), .. }) if self.is_eof => {
                self.end(exit.into(), output);
            }
            Some(Then::Hang { deaf, at_eof }) if self.mode == Mode::Running => {
                self.mode = Mode::Hung { deaf, at_eof };
                output.effects.push(Effect::EndCli);
            }
            Some(Then::Hang { .. }) => {}
            Some(Then::Break) => {
                output.host.push(Item::Break);
                output.effects.push(Effect::CloseInput);
                self.end(Exit::from_signal(9).into(), output);
            }
        }
    }

    fn end(&mut self, ended: Ended, output: &mut Output) {
        if self.mode != Mode::Ended {
            self.mode = Mode::Ended;
            self.pending.clear();
            output.host.push(Item::End(ended));
            output.effects.push(Effect::EndCli);
        }
    }

    /// Cuts what goes over a limit of bytes.
    fn limited(&mut self, mut output: Output) -> Output {
        let out = cut(&mut output.host, &mut self.limit_out);
        let is_cut = cut(&mut output.cli, &mut self.limit_in) || out;
        if is_cut {
            let reached: Vec<Hit> = self.limits.extract_if(.., |hit| is_in(hit) != out).collect();
            self.note(&reached);
            if !out {
                output.effects.push(Effect::CloseInput);
            }
            if self.mode == Mode::Ended {
                // What was to come after the cut.
                output.host.push(Item::End(Exit::from_code(1).into()));
            }
            self.end(Exit::from_code(1).into(), &mut output);
        }
        self.written += output.host.iter().map(out_len).sum::<u64>();
        output
    }
}

fn is_in(hit: &Hit) -> bool {
    hit.fault.text("direction") == "in"
}

fn out_len(item: &Item) -> u64 {
    if let Item::Out(bytes) = item { bytes.len() as u64 } else { 0 }
}

/// Cuts the items at the limit of bytes; returns whether anything was cut.
fn cut(items: &mut Vec<Item>, limit: &mut Option<u64>) -> bool {
    let Some(left) = limit else { return false };
    for at in 0..items.len() {
        let Some(Item::Out(bytes) | Item::In(bytes)) = items.get_mut(at) else { continue };
        let len = bytes.len() as u64;
        if len > *left {
            bytes.truncate(usize::try_from(*left).unwrap_or(usize::MAX));
            items.truncate(at + 1);
            *left = 0;
            return true;
        }
        *left -= len;
    }
    false
}
