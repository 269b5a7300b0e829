//! The strings of a JSON text, their places, and the keys above them.
//!
//! All code that searches a line uses this walk: redaction asks for the keys above a string,
//! [`Strings::path`] spells them as a path. The text may itself be in a string, where each quote
//! has backslashes: the walk gets their number.

use std::ops::Range;

/// One string: the bytes between its quotes, and their range in the text.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct JsonString {
    /// The key of the member; for an item of a list, the key of the list; for a key, the key
    /// itself.
    pub(super) key: Range<usize>,
    pub(super) value: Range<usize>,
    /// 1 for the members of the outermost object.
    pub(super) depth: usize,
    /// The object or list around it, as an index of [`Strings::parents`]; `None` for a text that is
    /// one string.
    pub(super) parent: Option<usize>,
    /// Its index in a list.
    pub(super) index: usize,
}

/// An object or a list.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Parent {
    pub(super) is_object: bool,
    /// As in [`JsonString`].
    pub(super) key: Range<usize>,
    pub(super) parent: Option<usize>,
    pub(super) index: usize,
}

/// The strings of a JSON text, in order.
#[derive(Debug, Default)]
pub(super) struct Strings {
    pub(super) keys: Vec<JsonString>,
    pub(super) values: Vec<JsonString>,
    pub(super) parents: Vec<Parent>,
    /// The end of the text: after the closing bracket, or at the end of the bytes.
    pub(super) end: usize,
    /// Whether that bracket is there.
    pub(super) is_closed: bool,
}

/// Finds every string of a valid JSON text, without recursion. Invalid JSON does no harm.
pub(super) fn strings(json: &[u8]) -> Strings {
    strings_in(json, 0, 0)
}

/// Finds every string of the object or list that begins at `at`; `slashes` is the number of
/// backslashes before each of its quotes: 0 in a line, 1 in a string of a line, 3 in a string of
/// JSON inside such a string.
pub(super) fn strings_in(json: &[u8], mut at: usize, slashes: usize) -> Strings {
    let mut found = Strings::default();
    // The state of the innermost open object or list: whether a key comes next, the last key, and
    // the number of items so far.
    let mut open: Option<Open> = None;
    let mut outer: Vec<Open> = Vec::new();
    while at < json.len() {
        match json[at] {
            byte @ (b'{' | b'[') => {
                let (key, index) =
                    open.as_ref().map_or((0..0, 0), |open| (open.key.clone(), open.index));
                let is_object = byte == b'{';
                let parent = open.as_ref().map(|open| open.id);
                let inherited = if is_object { 0..0 } else { key.clone() };
                found.parents.push(Parent { is_object, key, parent, index });
                let id = found.parents.len() - 1;
                outer.extend(open.replace(Open {
                    id,
                    is_object,
                    key: inherited,
                    key_next: is_object,
                    index: 0,
                }));
            }
            b'}' | b']' => {
                open = outer.pop();
                if open.is_none() {
                    found.is_closed = true;
                    found.end = at + 1;
                    return found;
                }
            }
            b',' => {
                if let Some(open) = &mut open {
                    open.key_next = open.is_object;
                    open.index += 1;
                }
            }
            b'"' => {
                let value = at + 1..end_of_string(json, at + 1, slashes);
                at = value.end + slashes;
                let depth = outer.len() + usize::from(open.is_some());
                let string = |key: Range<usize>, parent, index| JsonString {
                    key,
                    value: value.clone(),
                    depth,
                    parent,
                    index,
                };
                match &mut open {
                    Some(open) if open.key_next => {
                        open.key = value.clone();
                        open.key_next = false;
                        found.keys.push(string(value.clone(), Some(open.id), open.index));
                    }
                    Some(open) => {
                        found.values.push(string(open.key.clone(), Some(open.id), open.index))
                    }
                    None => found.values.push(string(0..0, None, 0)),
                }
            }
            _ => {}
        }
        at += 1;
    }
    found.end = json.len();
    found
}

struct Open {
    id: usize,
    is_object: bool,
    key: Range<usize>,
    key_next: bool,
    index: usize,
}

impl JsonString {
    /// Whether this is the member `key` at this depth with this value.
    pub(super) fn is(&self, json: &[u8], depth: usize, key: &[u8], value: &[u8]) -> bool {
        self.depth == depth && &json[self.key.clone()] == key && &json[self.value.clone()] == value
    }
}

impl Strings {
    /// The keys above a string, from the innermost: its own, its object's, and so on. A list has
    /// the key of its member.
    pub(super) fn keys_above<'a>(
        &'a self,
        json: &'a [u8],
        string: &JsonString,
    ) -> impl Iterator<Item = &'a [u8]> {
        let mut parent = string.parent;
        let above = std::iter::from_fn(move || {
            let Parent { key, parent: next, .. } = &self.parents[parent?];
            parent = *next;
            Some(key.clone())
        });
        std::iter::once(string.key.clone())
            .chain(above)
            .map(|key| json.get(key).unwrap_or_default())
    }

    /// The path of a byte of a string, such as `message.content[0].text`; for a key, the path of
    /// its object.
    pub(super) fn path(&self, json: &[u8], place: usize) -> String {
        let holds = |string: &&JsonString| string.value.start <= place && place <= string.value.end;
        let value = self.values.iter().find(holds);
        let Some(string) = value.or_else(|| self.keys.iter().find(holds)) else {
            return String::new();
        };
        let mut parts = Vec::new();
        let mut step = |parent: Option<usize>, key: &Range<usize>, index: usize| {
            let parent = &self.parents[parent?];
            parts.push(match parent.is_object {
                true => format!(
                    ".{}",
                    String::from_utf8_lossy(json.get(key.clone()).unwrap_or_default())
                ),
                false => format!("[{index}]"),
            });
            Some(parent)
        };
        let mut parent = if value.is_some() {
            step(string.parent, &string.key, string.index)
        } else {
            string.parent.map(|parent| &self.parents[parent])
        };
        while let Some(Parent { key, parent: outer, index, .. }) = parent {
            parent = step(*outer, key, *index);
        }
        parts.reverse();
        let path = parts.concat();
        path.strip_prefix('.').map_or(path.clone(), str::to_owned)
    }
}

/// A text escaped as in a JSON string.
pub(super) fn escaped(text: &str) -> Vec<u8> {
    let quoted = serde_json::Value::from(text).to_string();
    quoted.as_bytes()[1..quoted.len() - 1].to_vec()
}

/// The start of `whole` in a text that ends within it.
pub(super) fn open_at(text: &[u8], whole: &[u8]) -> Option<usize> {
    let first = text.len().saturating_sub(whole.len().saturating_sub(1));
    (first..text.len()).find(|at| whole.starts_with(&text[*at..]))
}

/// The end of the string that begins at `at`: before the backslashes of its closing quote, or at
/// the end of the bytes.
pub(super) fn end_of_string(json: &[u8], at: usize, slashes: usize) -> usize {
    let mut from = at;
    while let Some(found) = memchr::memchr(b'"', json.get(from..).unwrap_or_default()) {
        let quote = from + found;
        let before = json[at..quote].iter().rev().take_while(|byte| **byte == b'\\').count();
        // An escaped quote has twice as many and one; a backslash at the end of the string, twice
        // as many.
        if before % (2 * (slashes + 1)) == slashes {
            return quote - slashes;
        }
        from = quote + 1;
    }
    json.len()
}

/// Whether the byte there belongs to an escape: the `/` of `\/` begins no path, and the `n` of `\n`
/// no word.
pub(super) fn is_escaped(json: &[u8], at: usize) -> bool {
    json[..at].iter().rev().take_while(|byte| **byte == b'\\').count() % 2 == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_values_differ() {
        let json = r#"{"a":"1","b":{"c\"":["2",{"d":"3\\"}],"e":4},"":"\"","f":{"g":{}},"h":"5"}"#;
        let found = strings(json.as_bytes());
        let values: Vec<_> = found
            .values
            .iter()
            .map(|s| (&json[s.key.clone()], &json[s.value.clone()], s.depth))
            .collect();
        assert_eq!(found.keys.len(), 9);
        assert!(found.is_closed && found.end == json.len());
        assert_eq!(
            values,
            [("a", "1", 1), ("c\\\"", "2", 3), ("d", "3\\\\", 4), ("", "\\\"", 1), ("h", "5", 1)]
        );
        let above = |index: usize| {
            found.keys_above(json.as_bytes(), &found.values[index]).collect::<Vec<_>>()
        };
        assert_eq!(above(2), [&b"d"[..], b"c\\\"", b"c\\\"", b"b", b""]);
    }

    #[test]
    fn invalid_json_does_no_harm() {
        for text in ["", "\"", "\"\\", "]]}{", ",:\"a\"", "{\"a", "{\"a\":"] {
            let found = strings(text.as_bytes());
            (0..4).for_each(|place| drop(found.path(text.as_bytes(), place)));
        }
    }

    #[test]
    fn a_place_has_a_path() {
        let json = r#"{"a":"1","b":{"c,":["2",{"d":"X"},["Y"]]},"e":"Z","f":{"K":"L"}}"#;
        let found = strings(json.as_bytes());
        for (place, path) in [
            ("X", "b.c,[1].d"),
            ("Y", "b.c,[2][0]"),
            ("Z", "e"),
            ("1", "a"),
            ("K", "f"),
            ("L", "f.K"),
        ] {
            assert_eq!(found.path(json.as_bytes(), json.find(place).unwrap()), path);
        }
    }

    #[test]
    fn json_in_strings_is_walked_at_any_depth() {
        let mut json = r#"{"a":"1","b":["x\"\\","{\"c\":1}\\"]}"#.to_owned();
        let mut expected: Vec<String> =
            ["1", r#"x\"\\"#, r#"{\"c\":1}\\"#].map(str::to_owned).to_vec();
        for slashes in [0, 1, 3, 7] {
            let found = strings_in(format!("see {json} and").as_bytes(), 4, slashes);
            let values: Vec<_> = found
                .values
                .iter()
                .map(|s| json[s.value.start - 4..s.value.end - 4].to_owned())
                .collect();
            assert_eq!((values, found.end), (expected.clone(), 4 + json.len()));
            let again = |text: &str| String::from_utf8(escaped(text)).unwrap();
            json = again(&json);
            expected = expected.iter().map(|text| again(text)).collect();
        }
    }
}
