//! The strings of a JSON text, where they stand.

use std::ops::Range;

/// One string value: the bytes between its quotes, the key it stands under, and how deep.
#[derive(Debug, PartialEq)]
pub(super) struct JsonString {
    /// For an item of a list, the key of the list.
    pub(super) key: Range<usize>,
    pub(super) value: Range<usize>,
    /// 1 for the members of the outermost object.
    pub(super) depth: usize,
    /// The same number for all strings of one object.
    pub(super) object: usize,
}

impl JsonString {
    /// Whether this is the member `key`, at this depth, with this value.
    pub(super) fn is(&self, json: &[u8], depth: usize, key: &[u8], value: &[u8]) -> bool {
        self.depth == depth && &json[self.key.clone()] == key && &json[self.value.clone()] == value
    }
}

/// The strings of a JSON text, in order.
#[derive(Debug, Default)]
pub(super) struct Strings {
    pub(super) keys: Vec<Range<usize>>,
    pub(super) values: Vec<JsonString>,
}

/// Finds every string of a valid JSON text, without recursion.
pub(super) fn strings(json: &[u8]) -> Strings {
    let mut found = Strings::default();
    let mut open: Vec<Container> = Vec::new();
    let (mut at, mut objects) = (0, 0);
    while at < json.len() {
        match json[at] {
            b'{' => {
                objects += 1;
                open.push(Container { object: Some(objects), key: 0..0, key_next: true });
            }
            b'[' => {
                let key = open.last().map_or(0..0, |container| container.key.clone());
                open.push(Container { object: None, key, key_next: false });
            }
            b'}' | b']' => drop(open.pop()),
            b',' => {
                if let Some(container) = open.last_mut() {
                    container.key_next = container.object.is_some();
                }
            }
            b'"' => {
                let string = at + 1..end_of_string(json, at + 1);
                at = string.end;
                let depth = open.len();
                match open.last_mut() {
                    Some(container) if container.key_next => {
                        found.keys.push(string.clone());
                        container.key = string;
                        container.key_next = false;
                    }
                    Some(Container { key, object, .. }) => {
                        found.values.push(JsonString {
                            key: key.clone(),
                            value: string,
                            depth,
                            object: object.unwrap_or(0),
                        });
                    }
                    None => {
                        found.values.push(JsonString { key: 0..0, value: string, depth, object: 0 })
                    }
                }
            }
            _ => {}
        }
        at += 1;
    }
    found
}

/// A text as it stands in a JSON string.
pub(super) fn escaped(text: &str) -> Vec<u8> {
    let quoted = serde_json::Value::from(text).to_string();
    quoted.as_bytes()[1..quoted.len() - 1].to_vec()
}

/// Where in a text `whole` begins, if the text ends within it.
pub(super) fn open_at(text: &[u8], whole: &[u8]) -> Option<usize> {
    let first = text.len().saturating_sub(whole.len().saturating_sub(1));
    (first..text.len()).find(|at| whole.starts_with(&text[*at..]))
}

/// Where a byte of a JSON text stands, as in `message.content[0].text`.
pub(super) fn path_to(json: &[u8], place: usize) -> String {
    let mut open: Vec<(Container, usize)> = Vec::new();
    let mut at = 0;
    while at < json.len().min(place) {
        match json[at] {
            b'{' => open.push((Container { object: Some(0), key: 0..0, key_next: true }, 0)),
            b'[' => open.push((Container { object: None, key: 0..0, key_next: false }, 0)),
            b'}' | b']' => drop(open.pop()),
            b',' => {
                if let Some((container, index)) = open.last_mut() {
                    container.key_next = container.object.is_some();
                    *index += 1;
                }
            }
            b'"' => {
                let string = at + 1..end_of_string(json, at + 1);
                at = string.end;
                if let Some((container, _)) =
                    open.last_mut().filter(|(container, _)| container.key_next)
                {
                    container.key = string;
                    container.key_next = false;
                }
            }
            _ => {}
        }
        at += 1;
    }
    let mut path = String::new();
    for (container, index) in open {
        if container.object.is_none() {
            path.push_str(&format!("[{index}]"));
        } else {
            let dot = if path.is_empty() { "" } else { "." };
            path.push_str(&format!("{dot}{}", String::from_utf8_lossy(&json[container.key])));
        }
    }
    path
}

struct Container {
    /// The object's number; `None` for a list.
    object: Option<usize>,
    key: Range<usize>,
    key_next: bool,
}

/// Where the closing quote is.
fn end_of_string(json: &[u8], mut at: usize) -> usize {
    while at < json.len() && json[at] != b'"' {
        at += if json[at] == b'\\' { 2 } else { 1 };
    }
    at.min(json.len())
}

#[cfg(test)]
mod tests {
    use super::{path_to, strings};

    #[test]
    fn keys_and_values_are_told_apart() {
        let json = r#"{"a":"1","b":{"c\"":["2",{"d":"3\\"}],"e":4},"":"\"","f":{"g":{}},"h":"5"}"#;
        let found: Vec<_> = strings(json.as_bytes())
            .values
            .into_iter()
            .map(|s| (&json[s.key], &json[s.value], s.depth, s.object))
            .collect();
        assert_eq!(strings(json.as_bytes()).keys.len(), 9);
        assert_eq!(
            found,
            [
                ("a", "1", 1, 1),
                ("c\\\"", "2", 3, 0),
                ("d", "3\\\\", 4, 3),
                ("", "\\\"", 1, 1),
                ("h", "5", 1, 1)
            ]
        );
    }

    #[test]
    fn what_is_no_json_is_no_danger() {
        for text in ["", "\"", "\"\\", "]]}{", ",:\"a\"", "{\"a"] {
            strings(text.as_bytes());
            path_to(text.as_bytes(), 3);
        }
    }

    #[test]
    fn a_place_has_a_path() {
        let json = r#"{"a":"1","b":{"c,":["2",{"d":"X"},["Y"]]},"e":"Z"}"#;
        for (place, path) in [("X", "b.c,[1].d"), ("Y", "b.c,[2][0]"), ("Z", "e"), ("1", "a")] {
            assert_eq!(path_to(json.as_bytes(), json.find(place).unwrap()), path);
        }
    }
}
