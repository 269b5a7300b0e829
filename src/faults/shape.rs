//! Faults of the bytes of a line.

use std::time::Duration;

use bytes::{Bytes, BytesMut};

use super::fault::Fault;
use super::item::{Flight, Item};
use super::random::Random;
use super::seen::content_len;

/// Between two pieces of a slow stream.
const TICK: Duration = Duration::from_millis(50);

/// Whether a fault changes how a line is written, not what it says or what comes of it.
pub(super) fn shapes(fault: &Fault) -> bool {
    matches!(
        fault.name(),
        "latency"
            | "jitter"
            | "bandwidth"
            | "slicer"
            | "crlf"
            | "bom"
            | "invalid_utf8"
            | "split_multibyte"
    )
}

/// Changes how a line is written.
pub(super) fn shape(fault: &Fault, random: &mut Random, flight: &mut Flight) {
    let pieces = std::mem::take(&mut flight.pieces);
    if pieces.is_empty() {
        return;
    }
    let ms = || fault.number("ms");
    match fault.name() {
        "latency" => flight.pieces.push(pause(ms())),
        "jitter" => flight.pieces.push(pause(random.up_to(ms()))),
        _ => {}
    }
    let mut is_first = true;
    for piece in pieces {
        let (Item::Out(bytes) | Item::In(bytes)) = &piece else {
            flight.pieces.push(piece);
            continue;
        };
        let bytes = bytes.clone();
        let made: Vec<Item> = match fault.name() {
            "bandwidth" => slow(&bytes, fault.number("bytes_per_second")),
            "slicer" => slices(&bytes, fault.number("bytes"), fault.number("delay_ms"), random),
            "crlf" => vec![Item::Out(crlf(&bytes))],
            "bom" if is_first => vec![Item::Out([&b"\xef\xbb\xbf"[..], &bytes].concat().into())],
            "invalid_utf8" if is_first => vec![Item::Out(invalid(&bytes))],
            "split_multibyte" => split(&bytes, ms()),
            _ => vec![Item::Out(bytes)],
        };
        is_first = false;
        let is_in = matches!(piece, Item::In(_));
        flight.pieces.extend(made.into_iter().map(|item| match item {
            Item::Out(bytes) if is_in => Item::In(bytes),
            item => item,
        }));
    }
}

fn pause(ms: u64) -> Item {
    Item::Pause(Duration::from_millis(ms))
}

/// As many bytes as a tick allows, and a pause.
fn slow(bytes: &Bytes, per_second: u64) -> Vec<Item> {
    let each = usize::try_from(per_second / 20).unwrap_or(usize::MAX).max(1);
    // Below 20 bytes a second a tick is longer.
    let tick = if per_second < 20 { Duration::from_secs(1) / (per_second as u32) } else { TICK };
    let pieces = bytes.chunks(each).map(|chunk| Item::Out(bytes.slice_ref(chunk)));
    pieces.flat_map(|piece| [piece, Item::Pause(tick)]).collect()
}

/// Pieces of this many bytes on average: from 1 to one less than twice that.
fn slices(bytes: &Bytes, average: u64, delay: u64, random: &mut Random) -> Vec<Item> {
    let mut rest = bytes.clone();
    let mut items = Vec::new();
    while !rest.is_empty() {
        let len = 1 + random.up_to(average.saturating_sub(1).saturating_mul(2));
        let len = usize::try_from(len).unwrap_or(usize::MAX).min(rest.len());
        items.push(Item::Out(rest.split_to(len)));
        items.push(pause(delay));
    }
    items.pop();
    items
}

fn crlf(line: &Bytes) -> Bytes {
    let mut made = BytesMut::with_capacity(line.len() + 1);
    // An answer that is text may have several lines.
    for line in line.split_inclusive(|byte| *byte == b'\n') {
        if line.ends_with(b"\n") {
            made.extend_from_slice(&line[..content_len(line)]);
            made.extend_from_slice(b"\r\n");
        } else {
            made.extend_from_slice(line);
        }
    }
    made.freeze()
}

/// Two bytes that are not UTF-8, in the first text of a message if it has one.
fn invalid(line: &Bytes) -> Bytes {
    let starts = [&b"\"text\":\""[..], b"\"result\":\""].into_iter();
    let inside = starts.filter_map(|start| {
        line.windows(start.len()).position(|window| window == start).map(|at| at + start.len())
    });
    let at = inside.min().unwrap_or(line.len() / 2);
    let mut changed = BytesMut::with_capacity(line.len() + 2);
    changed.extend_from_slice(&line[..at]);
    changed.extend_from_slice(b"\xff\xfe");
    changed.extend_from_slice(&line[at..]);
    changed.freeze()
}

/// Splits inside of the first character that has several bytes.
fn split(line: &Bytes, ms: u64) -> Vec<Item> {
    let Some(at) = line.iter().position(|byte| *byte >= 0xc0) else {
        return vec![Item::Out(line.clone())];
    };
    let at = (at + 1).min(line.len());
    vec![Item::Out(line.slice(..at)), pause(ms), Item::Out(line.slice(at..))]
}
