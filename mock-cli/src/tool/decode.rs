//! `decode`: what a client sees in the CLI's output.

use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::BytesMut;
use claude_wire::wire::{DEFAULT_MAX_LINE, Item, LineCodec, Message, Outcome, classify};
use serde_json::json;
use serde_json::value::RawValue;
use tokio_util::codec::Decoder as _;

use crate::{Failure, Found, at};

/// Decode the stdout of a CLI: print one JSON object for each line.
///
/// outcome is message, control, noise, malformed or truncated_tail; kind is the frame's type;
/// defects are the paths of the fields that were missing or of the wrong type; offset is where the
/// line begins, in bytes; length is that of the line, without its line break. reason says why a
/// line is malformed (json, no_type, oversize) or what noise holds that no client sees: messages in
/// an array (json_array), or one behind other text (behind_text); detail says it in a sentence.
/// With --raw, raw is the line itself: as JSON where it is JSON, else as base64 with "as":"base64",
/// and absent for a line over the limit. Only one line is kept in memory.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  claude -p --output-format stream-json --verbose hello | claude-wire decode
  claude-wire decode stdout.log | jq -c 'select(.outcome != \"message\")'
  claude-wire decode --raw --max-line 1048576 stdout.log

Exit codes: 0 every line is a frame or noise, 1 one is malformed, cut off, or noise that holds messages, 2 unreadable.")]
pub(crate) struct Arguments {
    /// The output of a CLI; - is stdin
    #[arg(default_value = "-")]
    file: PathBuf,
    /// Print the lines themselves, too
    #[arg(long)]
    raw: bool,
    /// The longest line that is accepted, in bytes
    #[arg(long, value_name = "BYTES", default_value_t = DEFAULT_MAX_LINE)]
    max_line: usize,
}

const CHUNK: usize = 64 * 1024;

pub(crate) fn run(arguments: Arguments) -> Result<Found, Failure> {
    let file = &arguments.file;
    let mut input: Box<dyn Read> = if file.as_os_str() == "-" {
        Box::new(io::stdin().lock())
    } else {
        Box::new(File::open(file).map_err(|error| at(file, error))?)
    };
    let mut output = BufWriter::new(io::stdout().lock());
    let mut codec = LineCodec::with_max_line(arguments.max_line);
    match decode(&mut *input, &mut codec, &mut output, arguments.raw) {
        // The reader has closed its end.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Found::Nothing),
        done => done.map_err(|error| format!("{}: {error}", file.display())),
    }
}

fn decode(
    input: &mut dyn Read,
    codec: &mut LineCodec,
    output: &mut dyn Write,
    raw: bool,
) -> io::Result<Found> {
    let mut found = Found::Nothing;
    let mut chunk = vec![0; CHUNK];
    let mut buffer = BytesMut::new();
    loop {
        let read = match input.read(&mut chunk) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            read => read?,
        };
        buffer.extend_from_slice(chunk.get(..read).unwrap_or_default());
        while let Some(item) =
            if read == 0 { codec.decode_eof(&mut buffer)? } else { codec.decode(&mut buffer)? }
        {
            if describe(item, raw, output)? {
                found = Found::Something;
            }
        }
        // Output is flushed before more input is awaited.
        output.flush()?;
        if read == 0 {
            return Ok(found);
        }
    }
}

/// Writes one object; returns whether something is lost in the line.
fn describe(item: Item, raw: bool, output: &mut dyn Write) -> io::Result<bool> {
    let (offset, length, bytes) = match &item {
        Item::Line(line) => (line.offset(), line.bytes().len() as u64, Some(line.bytes().clone())),
        Item::TooLong(long) => (long.offset(), long.len(), None),
    };
    let outcome = classify(item);
    let mut lost = matches!(outcome, Outcome::Malformed(_) | Outcome::TruncatedTail(_));
    let mut object = json!({"outcome": outcome.name()});
    match &outcome {
        Outcome::Message(frame) => {
            object["kind"] = frame.kind_name().into();
            let message = Message::new(frame.clone());
            object["defects"] = message.defects().iter().map(|defect| defect.path()).collect();
        }
        Outcome::Control(frame) => object["kind"] = frame.kind_name().into(),
        Outcome::Malformed(why) => {
            object["reason"] = why.reason().into();
            object["detail"] = why.to_string().into();
        }
        Outcome::Noise(line) => {
            if let Some(messages) = line.lost_messages() {
                object["reason"] = messages.name().into();
                object["detail"] = messages.to_string().into();
                lost = true;
            }
        }
        Outcome::TruncatedTail(_) => {}
    }
    object["offset"] = offset.into();
    object["length"] = length.into();
    let mut text = object.to_string();
    if let Some(bytes) = bytes.filter(|_| raw) {
        text.pop();
        match serde_json::from_slice::<&RawValue>(&bytes) {
            Ok(json) => text.push_str(&format!(",\"raw\":{}}}", json.get())),
            Err(_) => text
                .push_str(&format!(",\"raw\":\"{}\",\"as\":\"base64\"}}", BASE64.encode(&bytes))),
        }
    }
    text.push('\n');
    output.write_all(text.as_bytes())?;
    Ok(lost)
}
