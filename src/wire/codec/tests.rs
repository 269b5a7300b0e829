//! Lines out of bytes, however the bytes are cut.

use super::*;
use proptest::prelude::*;

fn feed(codec: &mut LineCodec, chunks: &[&[u8]]) -> Vec<Item> {
    let mut buffer = BytesMut::new();
    let mut items = Vec::new();
    for chunk in chunks {
        buffer.extend_from_slice(chunk);
        while let Some(item) = codec.decode(&mut buffer).unwrap() {
            items.push(item);
        }
    }
    while let Some(item) = codec.decode_eof(&mut buffer).unwrap() {
        items.push(item);
    }
    assert!(buffer.is_empty());
    items
}

/// The chunks between the given cuts, in order.
fn split<'a>(bytes: &'a [u8], cuts: &[prop::sample::Index]) -> Vec<&'a [u8]> {
    let mut at: Vec<_> =
        cuts.iter().map(|cut| cut.index(bytes.len() + 1)).chain([0, bytes.len()]).collect();
    at.sort_unstable();
    at.windows(2).map(|pair| &bytes[pair[0]..pair[1]]).collect()
}

fn describe(item: &Item) -> String {
    match item {
        Item::Line(line) => format!(
            "{}+{} {:?} {} {}",
            line.offset(),
            line.len(),
            line.bytes(),
            line.is_utf8(),
            line.is_terminated()
        ),
        Item::TooLong(long) => {
            format!("{}+{} too long {}", long.offset(), long.len(), long.is_terminated())
        }
    }
}

fn described(items: &[Item]) -> Vec<String> {
    items.iter().map(describe).collect()
}

#[test]
fn keeps_lines_that_lines_codec_would_lose() {
    let items = feed(
        &mut LineCodec::with_max_line(4),
        &[b"ok\r\n\xff\xfe\r\nfive5\n", b"no", b"w a long one\nab\r"],
    );
    assert_eq!(
        described(&items),
        [
            "0+4 b\"ok\" true true",
            "4+4 b\"\\xff\\xfe\" false true",
            "8+5 too long true",
            "14+14 too long true",
            "29+3 b\"ab\\r\" true false",
        ]
    );
}

#[test]
fn the_limit_counts_bytes_without_the_newline() {
    let items = feed(&mut LineCodec::with_max_line(6), &["日本\n日本x\n".as_bytes()]);
    assert_eq!(
        described(&items),
        ["0+7 b\"\\xe6\\x97\\xa5\\xe6\\x9c\\xac\" true true", "7+7 too long true"]
    );
}

#[test]
fn an_over_long_tail_is_reported_at_the_end() {
    let items = feed(&mut LineCodec::with_max_line(3), &[b"abcd", b"ef"]);
    assert_eq!(described(&items), ["0+6 too long false"]);
}

#[test]
fn no_more_than_the_limit_is_buffered() {
    let mut codec = LineCodec::with_max_line(100);
    let mut buffer = BytesMut::new();
    for _ in 0..1000 {
        buffer.extend_from_slice(&[b'x'; 64]);
        assert!(codec.decode(&mut buffer).unwrap().is_none());
        assert!(buffer.len() <= 100);
    }
    buffer.extend_from_slice(b"\nok\n");
    assert_eq!(describe(&codec.decode(&mut buffer).unwrap().unwrap()), "0+64000 too long true");
    assert_eq!(describe(&codec.decode(&mut buffer).unwrap().unwrap()), "64001+3 b\"ok\" true true");
}

#[test]
fn encoding_never_writes_a_raw_newline_inside_a_line() {
    let mut out = BytesMut::new();
    LineCodec::new().encode(&b"{\"a\":\n1}"[..], &mut out).unwrap();
    assert_eq!(&out[..], b"{\"a\": 1}\n");
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        4 => "[a-c{}\":]{0,6}".prop_map(String::into_bytes),
        3 => Just(b"\n".to_vec()),
        1 => Just(b"\r\n".to_vec()),
        1 => Just(b"\r".to_vec()),
        1 => Just("é日👩".as_bytes().to_vec()),
        1 => proptest::collection::vec(any::<u8>(), 0..4),
    ];
    proptest::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

/// Most lines are longer than the limit, or none is.
fn limit() -> impl Strategy<Value = usize> {
    prop_oneof![1usize..12, Just(DEFAULT_MAX_LINE)]
}

proptest! {
    #[test]
    fn chunking_never_changes_the_result(bytes in bytes(), cuts in proptest::collection::vec(any::<prop::sample::Index>(), 0..8), limit in limit()) {
        let whole = feed(&mut LineCodec::with_max_line(limit), &[&bytes]);
        let chunked = feed(&mut LineCodec::with_max_line(limit), &split(&bytes, &cuts));
        prop_assert_eq!(described(&whole), described(&chunked));
    }

    /// Offsets and lengths cover the stream without gap or overlap, and a line is what is there.
    #[test]
    fn every_byte_is_accounted_for(bytes in bytes(), cuts in proptest::collection::vec(any::<prop::sample::Index>(), 0..8), limit in limit()) {
        let mut at = 0;
        for item in feed(&mut LineCodec::with_max_line(limit), &split(&bytes, &cuts)) {
            let (offset, wire_len) = match &item {
                Item::Line(line) => {
                    let there = &bytes[at as usize..][..line.len()];
                    let text = there.strip_suffix(b"\n").map_or(there, trim_cr);
                    prop_assert_eq!(line.bytes(), text);
                    prop_assert_eq!(line.is_utf8(), std::str::from_utf8(text).is_ok());
                    prop_assert_eq!(line.is_terminated(), there.ends_with(b"\n"));
                    (line.offset(), line.len() as u64)
                }
                Item::TooLong(long) => (long.offset(), long.len() + u64::from(long.is_terminated())),
            };
            prop_assert_eq!(offset, at);
            at += wire_len;
        }
        prop_assert_eq!(at, bytes.len() as u64);
    }

    /// The same lines as bare `LinesCodec`, for every input that it can represent.
    #[test]
    fn agrees_with_lines_codec(bytes in bytes(), cuts in proptest::collection::vec(any::<prop::sample::Index>(), 0..8)) {
        prop_assume!(std::str::from_utf8(&bytes).is_ok());
        let mut reference = LinesCodec::new();
        let mut buffer = BytesMut::from(&bytes[..]);
        let mut expected = Vec::new();
        while let Some(line) = reference.decode_eof(&mut buffer).unwrap() {
            expected.push(line);
        }
        let ours: Vec<_> = feed(&mut LineCodec::new(), &split(&bytes, &cuts))
            .into_iter()
            // LinesCodec ignores a tail that is a single carriage return.
            .filter(|item| !matches!(item, Item::Line(line) if !line.is_terminated() && &line.bytes()[..] == b"\r"))
            .map(|item| match item {
                // LinesCodec drops one carriage return at the end of an unterminated tail; ours
                // keeps it, since a tail is not a line.
                Item::Line(line) if !line.is_terminated() => line.text().strip_suffix('\r').map_or(line.text().into_owned(), String::from),
                Item::Line(line) => line.text().into_owned(),
                Item::TooLong(_) => unreachable!(),
            })
            .collect();
        prop_assert_eq!(ours, expected);
    }
}
