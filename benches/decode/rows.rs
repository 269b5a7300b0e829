//! The ways from bytes to messages. Each counts the lines it has seen, so that none can be skipped.

use std::hint::black_box;

use bytes::BytesMut;
use claude_wire::wire::{Body, LineCodec, Message, Outcome, classify};
use tokio_util::codec::{Decoder, LinesCodec};

use crate::corpus::Corpus;
use crate::peers::Tagged;

#[derive(Clone, Copy)]
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) run: fn(&[u8]) -> usize,
}

pub(crate) const BARE: Row =
    Row { name: "LinesCodec", run: |bytes| bare(bytes, |line| drop(black_box(line))) };
pub(crate) const VALUE: Row = Row {
    name: "LinesCodec + serde_json::Value",
    run: |bytes| {
        bare(bytes, |line| {
            black_box(serde_json::from_str::<serde_json::Value>(&line).is_ok());
        })
    },
};
pub(crate) const TAGGED: Row = Row {
    name: "LinesCodec + internally tagged enum",
    run: |bytes| {
        bare(bytes, |line| {
            drop(black_box(serde_json::from_str::<Tagged>(&line).expect("a line of the corpus")))
        })
    },
};
pub(crate) const FRAMED: Row = Row {
    name: "LineCodec",
    run: |bytes| framed(bytes, &mut LineCodec::new(), |item| drop(black_box(item))),
};
pub(crate) const UNTOUCHED: Row =
    Row { name: "LineCodec + peek: a message, untouched", run: |bytes| messages(bytes, |_| {}) };
pub(crate) const TEXT: Row = Row {
    name: "the same, the text of deltas read",
    run: |bytes| {
        messages(bytes, |message| {
            black_box(message.text_delta().map(|text| text.len()));
        })
    },
};
pub(crate) const TYPED: Row = Row {
    name: "the same, typed, every field",
    run: |bytes| {
        messages(bytes, |message| {
            black_box(message.body());
        })
    },
};

pub(crate) const ROWS: [Row; 7] = [BARE, FRAMED, UNTOUCHED, TEXT, TYPED, TAGGED, VALUE];

fn bare(bytes: &[u8], see: impl FnMut(String)) -> usize {
    framed(bytes, &mut LinesCodec::new(), see)
}

fn messages(bytes: &[u8], mut see: impl FnMut(&Message)) -> usize {
    framed(bytes, &mut LineCodec::new(), |item| match classify(item) {
        Outcome::Message(frame) => see(&black_box(Message::new(frame))),
        other => panic!("a line of the corpus is {}", other.name()),
    })
}

/// Fails unless every body of these lines has the type of its line, and all of the line is in it. Else
/// a row would be fast because it decodes nothing.
pub(crate) fn check(corpus: &Corpus) {
    let lines = messages(&corpus.bytes, |message| {
        let line = message.line_text();
        let tagged = serde_json::from_str(&line).expect("a line of the corpus");
        let is_same = matches!(
            (message.body(), tagged),
            (Body::Assistant(_), Tagged::Assistant(_))
                | (Body::User(_), Tagged::User(_))
                | (Body::System(_), Tagged::System(_))
                | (Body::Result(_), Tagged::Result(_))
                | (Body::StreamEvent(_), Tagged::StreamEvent(_))
        );
        let lost = (message.defects(), message.unmodelled());
        assert!(
            is_same && lost.0.is_empty() && lost.1.is_empty(),
            "a line of {} is not typed: {lost:?}: {line:.500}",
            corpus.name
        );
    });
    assert_eq!(lines, corpus.lines, "lines of {} were lost", corpus.name);
}

/// Reads as a session does: 64 KiB at a time into one buffer.
fn framed<C: Decoder>(bytes: &[u8], codec: &mut C, mut see: impl FnMut(C::Item)) -> usize {
    let mut buffer = BytesMut::with_capacity(64 * 1024);
    let mut lines = 0;
    for chunk in bytes.chunks(64 * 1024) {
        buffer.extend_from_slice(chunk);
        while let Ok(Some(item)) = codec.decode(&mut buffer) {
            lines += 1;
            see(item);
        }
    }
    lines
}
