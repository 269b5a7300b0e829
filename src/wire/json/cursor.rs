//! Reads a scanned line: randomly with a [`Cursor`], or once from front to back with a [`Reader`].

use std::borrow::Cow;

use super::raw::RawJson;
use super::skip::{plain_end, skip_space, skip_value};
use super::text::{Source, decode};

/// One value in a line that was scanned before.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cursor<'a> {
    line: Source<'a>,
    start: usize,
    end: usize,
}

/// The kind of a value, by its first byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Null,
    Bool,
    Number,
    String,
    Array,
    Object,
}

impl Kind {
    pub(super) fn of(first: Option<u8>) -> Self {
        match first {
            Some(b'{') => Self::Object,
            Some(b'[') => Self::Array,
            Some(b'"') => Self::String,
            Some(b't' | b'f') => Self::Bool,
            Some(b'n') | None => Self::Null,
            Some(_) => Self::Number,
        }
    }
}

impl<'a> Cursor<'a> {
    /// The value at `start..end` of `line`; the caller has scanned it.
    pub(crate) fn new(line: impl Into<Source<'a>>, start: usize, end: usize) -> Self {
        Self { line: line.into(), start, end }
    }

    pub(crate) fn bytes(&self) -> &'a [u8] {
        &self.line.bytes()[self.start..self.end]
    }

    /// The range of the value in its line.
    #[cfg(feature = "session")]
    pub(crate) fn span(&self) -> std::ops::Range<usize> {
        self.start..self.end
    }

    pub(crate) fn kind(&self) -> Kind {
        Kind::of(self.bytes().first().copied())
    }

    pub(crate) fn is_null(&self) -> bool {
        self.kind() == Kind::Null
    }

    /// The text of a string value.
    pub(crate) fn string(&self) -> Option<Cow<'a, str>> {
        (self.kind() == Kind::String).then(|| decode(self.line, self.start + 1).0)
    }

    /// The text of a string value that is known to have no escapes.
    pub(crate) fn plain_string(&self) -> Cow<'a, str> {
        self.line.text(self.start + 1..self.end - 1)
    }

    pub(crate) fn bool(&self) -> Option<bool> {
        self.reader().bool()
    }

    /// The fields in wire order; empty for anything but an object. A repeated key is returned each
    /// time.
    pub(crate) fn fields(&self) -> Fields<'a> {
        Fields { reader: self.inside(Kind::Object) }
    }

    /// The items in wire order; empty for anything but an array.
    pub(crate) fn items(&self) -> Items<'a> {
        Items { reader: self.inside(Kind::Array) }
    }

    /// A reader inside the object or array; `None` for another kind of value.
    fn inside(&self, kind: Kind) -> Option<Reader<'a>> {
        (self.kind() == kind).then(|| {
            let mut reader = self.reader();
            reader.enter();
            reader
        })
    }

    /// The last value of a field, as JavaScript reads duplicate keys.
    pub(crate) fn get(&self, name: &str) -> Option<Cursor<'a>> {
        self.fields().filter(|(key, _)| **key == *name.as_bytes()).last().map(|(_, value)| value)
    }

    /// A reader before the value.
    pub(crate) fn reader(&self) -> Reader<'a> {
        Reader::new(self.line, self.start)
    }

    /// The value as an owned slice of the line.
    pub(crate) fn raw(&self) -> RawJson {
        RawJson::scanned(self.line.slice(self.start..self.end))
    }
}

impl RawJson {
    pub(crate) fn cursor(&self) -> Cursor<'_> {
        Cursor::new(self.bytes(), 0, self.bytes().len())
    }
}

pub(crate) struct Fields<'a> {
    reader: Option<Reader<'a>>,
}

impl<'a> Iterator for Fields<'a> {
    type Item = (Cow<'a, [u8]>, Cursor<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let reader = self.reader.as_mut()?;
        let Some(key) = reader.key() else {
            self.reader = None;
            return None;
        };
        Some((key, reader.skip()))
    }
}

pub(crate) struct Items<'a> {
    reader: Option<Reader<'a>>,
}

impl<'a> Iterator for Items<'a> {
    type Item = Cursor<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        let reader = self.reader.as_mut()?;
        if !reader.item() {
            self.reader = None;
            return None;
        }
        Some(reader.skip())
    }
}

/// A position before a value of a line that was scanned before. Reading the value moves it after
/// the value.
///
/// The grammar is not checked again: on a line that was not scanned the reader yields wrong values,
/// but it ends.
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

    /// The kind of the value.
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

    /// The next key of the object, with the reader before its value. `None` at the end, with the
    /// reader after the object.
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

    /// True before the next item of the array; false at its end, with the reader after the array.
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

    /// The bytes read since `start`.
    pub(crate) fn since(&self, start: usize) -> RawJson {
        RawJson::scanned(self.line.slice(start..self.at))
    }

    /// Skips the comma before a member, or the bracket after the last one.
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

    fn cursor(line: &Bytes) -> Cursor<'_> {
        Cursor::new(line, 0, line.len())
    }

    #[test]
    fn walks_an_object() {
        let line = Bytes::from_static(br#"{ "a" : 1 , "b\n":[ "x" , {} ],"a":"last" }"#);
        let keys: Vec<_> = cursor(&line)
            .fields()
            .map(|(key, value)| {
                (String::from_utf8(key.into_owned()).unwrap(), value.raw().text().into_owned())
            })
            .collect();
        assert_eq!(
            keys,
            [
                ("a".into(), "1".into()),
                ("b\n".into(), r#"[ "x" , {} ]"#.into()),
                ("a".into(), "\"last\"".into())
            ]
        );
        assert_eq!(cursor(&line).get("a").unwrap().string().unwrap(), "last");
        assert!(cursor(&line).get("zz").is_none());
    }

    #[test]
    fn walks_an_array() {
        let line = Bytes::from_static(br#"[ 1 ,[2,3], "x" ]"#);
        assert_eq!(
            cursor(&line).items().map(|item| item.kind()).collect::<Vec<_>>(),
            [Kind::Number, Kind::Array, Kind::String]
        );
        assert_eq!(cursor(&line).fields().count(), 0);
    }

    #[test]
    fn empty_containers_have_no_members() {
        let line = Bytes::from_static(b"{}");
        assert_eq!(cursor(&line).fields().count(), 0);
        let line = Bytes::from_static(b"[ ]");
        assert_eq!(cursor(&line).items().count(), 0);
    }

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
