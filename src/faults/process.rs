//! Faults of the process.

use std::time::Duration;

use bytes::Bytes;
use serde_json::json;

use super::fault::Fault;
use super::form::Written;
use super::item::{Effect, Ended, Flight, Item, Output, Then};
use super::pending::{Later, Pending};
use super::seen::{content_len, line, status};
use crate::transport::Exit;

/// The error of a result that was made a failure.
const FAILED: &str = "injected: the turn failed";

/// Something happens when the CLI is launched.
pub(super) fn at_launch(fault: &Fault, output: &mut Output) -> Option<Then> {
    match fault.name() {
        "exit_before_init" => Some(Then::End(exit(fault).into())),
        "stderr_only" => {
            output.host.push(Item::Err(format!("{}\n", fault.text("text")).into()));
            Some(Then::End(exit(fault).into()))
        }
        "hang_before_init" => Some(Then::Hang { deaf: fault.flag("deaf"), at_eof: None }),
        "burst_before_read" => {
            output.effects.push(Effect::StopReading);
            output.host.extend(burst(fault.number("bytes")).map(Item::Out));
            output.host.push(Item::Read);
            None
        }
        "never_read_stdin" => {
            output.effects.push(Effect::StopReading);
            None
        }
        _ => None,
    }
}

/// Something happens when a prompt arrives.
pub(super) fn at_prompt(fault: &Fault, output: &mut Output) {
    match fault.name() {
        "closed_stdin" => output.effects.push(Effect::CloseInput),
        "stderr_flood" => output.host.extend(flood(fault.number("bytes")).map(Item::Err)),
        _ => {}
    }
}

/// Something happens in the middle of a prompt.
pub(super) fn inside_prompt(fault: &Fault, pieces: &mut [Item]) -> Option<Then> {
    (fault.name() == "reset").then(|| {
        half(pieces);
        Then::Break
    })
}

/// Something happens after a line of the CLI.
pub(super) fn after_line(
    pending: &mut Pending,
    now: u64,
    fault: &Fault,
    form: Written,
    flight: &mut Flight,
) {
    let deaf = || fault.flag("deaf");
    let then = match fault.name() {
        "exit_mid_turn" | "exit_after_result" => Then::End(exit(fault).into()),
        "signal_death" => Then::End(Exit::from_signal(number(&fault.text("signal"))).into()),
        "orphan_pipe" => Then::End(Ended {
            exit: Exit::from_code(0),
            orphan: Some(Duration::from_millis(fault.number("ms"))),
        }),
        "closed_stdout_alive" => {
            flight.after.push(Item::CloseOut);
            Then::Hang { deaf: false, at_eof: Some(Exit::from_code(0)) }
        }
        "stuck_tool" => Then::Hang { deaf: deaf(), at_eof: None },
        "hang_after_result" => {
            let event = line(&status(&pending.session));
            let us = |name: &str| {
                Some(fault.number(name)).filter(|ms| *ms > 0).map(|ms| ms.saturating_mul(1000))
            };
            if let Some(us) = us("late_ms") {
                pending.put_later(now, us, Later::Line(event.clone()));
            }
            if let Some(us) = us("every_ms") {
                pending.put_later(now, us, Later::Every(event, us));
            }
            Then::Hang { deaf: deaf(), at_eof: None }
        }
        "hang_after_error_result" => {
            for item in &mut flight.pieces {
                if let Item::Out(line) = item {
                    *line = failed(line, form);
                }
            }
            Then::Hang { deaf: deaf(), at_eof: None }
        }
        "partial_line_then_eof" => {
            half(&mut flight.pieces);
            Then::End(exit(fault).into())
        }
        "reset" => {
            half(&mut flight.pieces);
            Then::Break
        }
        "no_final_newline" => {
            for item in &mut flight.pieces {
                if let Item::Out(line) = item {
                    line.truncate(content_len(line));
                }
            }
            Then::End(exit(fault).into())
        }
        "oversize_line" => {
            let newline = fault.flag("newline");
            flight.before.push(Item::Out(oversized(fault.number("bytes"), newline)));
            if newline {
                return;
            }
            flight.pieces.clear();
            Then::End(Exit::from_code(1).into())
        }
        _ => return,
    };
    flight.then.get_or_insert(then);
}

fn exit(fault: &Fault) -> Exit {
    Exit::from_code(i32::try_from(fault.number("code")).unwrap_or(1))
}

/// The number of a signal.
fn number(name: &str) -> i32 {
    match name {
        "SIGABRT" => 6,
        "SIGBUS" => 7,
        "SIGSEGV" => 11,
        "SIGTERM" => 15,
        _ => 9,
    }
}

/// Only the first half of what is written.
fn half(pieces: &mut [Item]) {
    for item in pieces {
        if let Item::Out(line) | Item::In(line) = item {
            line.truncate(line.len() / 2);
        }
    }
}

/// A result as that of a turn that failed.
fn failed(result: &Bytes, form: Written) -> Bytes {
    if form == Written::Text {
        return format!("{FAILED}\n").into();
    }
    let Ok(mut all) = serde_json::from_slice::<serde_json::Value>(result) else {
        return result.clone();
    };
    let last = match &mut all {
        serde_json::Value::Array(messages) => messages.last_mut(),
        one => Some(one),
    };
    let Some(value) = last.filter(|value| value.is_object()) else { return result.clone() };
    value["subtype"] = "error_during_execution".into();
    value["is_error"] = true.into();
    value["errors"] = json!([FAILED]);
    if let Some(fields) = value.as_object_mut() {
        fields.shift_remove("result");
    }
    line(&all)
}

/// Lines of a kilobyte, together this many bytes.
fn burst(bytes: u64) -> impl Iterator<Item = Bytes> {
    pieces(bytes, 1024).map(|len| {
        let empty =
            line(&json!({"type": "system", "subtype": "status", "status": null, "pad": ""}));
        let pad = "x".repeat(len.saturating_sub(empty.len()));
        line(&json!({"type": "system", "subtype": "status", "status": null, "pad": pad}))
    })
}

/// Lines of text, together this many bytes.
fn flood(bytes: u64) -> impl Iterator<Item = Bytes> {
    pieces(bytes, 8192).map(|len| {
        let mut text = "stderr flood ".repeat(len / 13 + 1).into_bytes();
        text.truncate(len.saturating_sub(1));
        text.push(b'\n');
        text.into()
    })
}

fn pieces(bytes: u64, most: u64) -> impl Iterator<Item = usize> {
    let whole = (0..bytes / most).map(move |_| most);
    let rest = Some(bytes % most).filter(|rest| *rest > 0);
    whole.chain(rest).map(|len| usize::try_from(len).unwrap_or(usize::MAX))
}

/// A line of JSON of this many bytes.
fn oversized(bytes: u64, newline: bool) -> Bytes {
    let (start, end) = (r#"{"type":"system","subtype":"status","status":null,"pad":""#, "\"}");
    let ending = if newline { "\n" } else { "" };
    let bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
    let len = bytes.saturating_sub(start.len() + end.len() + ending.len());
    format!("{start}{}{end}{ending}", "x".repeat(len)).into()
}
