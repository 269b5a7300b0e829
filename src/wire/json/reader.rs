//! Reads a scanned line once, from front to back.

use std::borrow::Cow;

use super::cursor::{Cursor, Kind};
use super::raw::RawJson;
use super::run::plain_end;
use super::scan::skip_space;
use super::skip::skip_value;
use super::string::decode;
use super::text::Source;

/// Stands before a value of a line that has been scanned before; whoever reads the value leaves it behind the value.
///
/// The grammar has been checked, so it is not checked again: on a line that was not scanned the reader yields wrong values, and ends.
#[derive(Clone, Debug)]
pub(crate) struct Reader<'a> {
    line: Source<'a>,
    at: usize,
}

impl<'a> Reader<'a> {
    /// A reader before the value at `at`.
    pub(crate) fn new(line: impl Into<Source<'a>>, at: usize) -> Self {
        Self { line: line.into(), at }
    }

    /// What the value is.
    pub(crate) fn kind(&self) -> Kind {
        Kind::of(self.line.bytes().get(self.at).copied())
    }

    /// Reads a `null`; false leaves the value unread.
    pub(crate) fn null(&mut self) -> bool {
        let null = self.kind() == Kind::Null;
        if null {
            self.skip();
        }
        null
    }

    /// Reads a string; `None` leaves the value unread.
    #[inline]
    pub(crate) fn string(&mut self) -> Option<Cow<'a, str>> {
        if self.kind() != Kind::String {
            return None;
        }
        let (text, end) = decode(self.line, self.at + 1);
        self.at = end + 1;
        Some(text)
    }

    /// Reads a boolean; `None` leaves the value unread.
    pub(crate) fn bool(&mut self) -> Option<bool> {
        (self.kind() == Kind::Bool).then(|| self.skip().bytes() == b"true")
    }

    /// Reads the spelling of a number; `None` leaves the value unread.
    pub(crate) fn number(&mut self) -> Option<&'a str> {
        (self.kind() == Kind::Number).then(|| std::str::from_utf8(self.skip().bytes()).ok())?
    }

    /// Steps into an object or an array.
    pub(crate) fn enter(&mut self) {
        self.at += 1;
    }

    /// The next key of the object; the reader stands before its value then. `None` at the end, and the reader stands behind the object.
    #[inline(always)]
    pub(crate) fn key(&mut self) -> Option<Cow<'a, [u8]>> {
        if !self.next(b'}') {
            return None;
        }
        let line = self.line.bytes();
        let start = self.at + 1;
        let end = plain_end(line, start);
        if line.get(end) != Some(&b'"') {
            return Some(self.escaped_key());
        }
        self.at = skip_space(line, skip_space(line, end + 1) + 1);
        line.get(start..end).map(Cow::Borrowed)
    }

    #[cold]
    #[inline(never)]
    fn escaped_key(&mut self) -> Cow<'a, [u8]> {
        let (key, end) = decode(self.line, self.at + 1);
        let line = self.line.bytes();
        self.at = skip_space(line, skip_space(line, end + 1) + 1);
        Cow::Owned(key.into_owned().into_bytes())
    }

    /// True before the next item of the array; false at its end, and the reader stands behind the array.
    pub(crate) fn item(&mut self) -> bool {
        self.next(b']')
    }

    /// Reads a value of any kind.
    pub(crate) fn skip(&mut self) -> Cursor<'a> {
        let start = self.at;
        self.at = skip_value(self.line.bytes(), start).min(self.line.bytes().len());
        Cursor::new(self.line, start, self.at)
    }

    pub(crate) fn position(&self) -> usize {
        self.at
    }

    /// What has been read since `start`.
    pub(crate) fn since(&self, start: usize) -> RawJson {
        RawJson::scanned(self.line.slice(start..self.at))
    }

    /// Passes the comma before a member, or the bracket behind the last one.
    #[inline]
    fn next(&mut self, end: u8) -> bool {
        let line = self.line.bytes();
        let at = skip_space(line, self.at);
        let (at, more) = match line.get(at) {
            Some(b',') => (skip_space(line, at + 1), true),
            Some(&byte) if byte == end => (at + 1, false),
            Some(_) => (at, true),
            None => (at, false),
        };
        self.at = at;
        more
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    #[test]
    fn reads_from_front_to_back() {
        let line = Bytes::from_static(br#"{ "a" : [ 1 ,"x\n", null ] , "b\t":{} , "c":true }"#);
        let mut reader = Reader::new(&line, 0);
        reader.enter();
        assert_eq!(&*reader.key().unwrap(), b"a");
        reader.enter();
        assert!(reader.item());
        assert_eq!(reader.number(), Some("1"));
        assert!(reader.item());
        assert_eq!(reader.string().unwrap(), "x\n");
        assert!(reader.item());
        assert!(reader.null());
        assert!(!reader.item());
        assert_eq!(&*reader.key().unwrap(), b"b\t");
        reader.enter();
        assert!(reader.key().is_none());
        assert_eq!(&*reader.key().unwrap(), b"c");
        assert_eq!(reader.bool(), Some(true));
        assert!(reader.key().is_none());
        assert_eq!(reader.position(), line.len());
    }

    #[test]
    fn a_value_of_another_kind_stays_unread() {
        let line = Bytes::from_static(b"[5]");
        let mut reader = Reader::new(&line, 0);
        assert!(
            reader.string().is_none()
                && reader.bool().is_none()
                && reader.number().is_none()
                && !reader.null()
        );
        assert_eq!(reader.skip().bytes(), b"[5]");
    }

    #[test]
    fn ends_on_a_line_that_was_never_scanned() {
        for text in ["", "{", "{\"a", "{\"a\"", "{\"a\":", "[,", "{]", "\"", "{\"a\":1", "{,,,,"] {
            let line = Bytes::copy_from_slice(text.as_bytes());
            let mut reader = Reader::new(&line, 0);
            reader.enter();
            for _ in 0..100 {
                if reader.key().is_none() {
                    break;
                }
                reader.skip();
            }
        }
    }
}
