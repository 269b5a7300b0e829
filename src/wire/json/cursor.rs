//! Walks a scanned line: fields of an object, items of an array, leaf values.

use std::borrow::Cow;

use super::raw::RawJson;
use super::reader::Reader;
use super::string::decode;
use super::text::Source;

/// One value inside a line that has been scanned before.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cursor<'a> {
    line: Source<'a>,
    start: usize,
    end: usize,
}

/// What a value is, told by its first byte.
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

    /// Where the value stands in its line.
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

    pub(crate) fn bool(&self) -> Option<bool> {
        self.reader().bool()
    }

    /// The fields in wire order; empty for anything but an object. A key that stands twice comes twice.
    pub(crate) fn fields(&self) -> Fields<'a> {
        Fields { reader: self.inside(Kind::Object) }
    }

    /// The items in wire order; empty for anything but an array.
    pub(crate) fn items(&self) -> Items<'a> {
        Items { reader: self.inside(Kind::Array) }
    }

    /// A reader inside the object or array; none for another kind of value.
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
}
