//! The strings of a JSON text, where they stand.

use std::ops::Range;

/// One string value: the bytes between its quotes, the key it stands under, and how deep.
#[derive(Debug, PartialEq)]
pub(super) struct JsonString {
    pub(super) key: Range<usize>,
    pub(super) value: Range<usize>,
    /// 1 for the members of the outermost object.
    pub(super) depth: usize,
}

impl JsonString {
    /// Whether this is the member `key`, at this depth, with this value.
    pub(super) fn is(&self, json: &[u8], depth: usize, key: &[u8], value: &[u8]) -> bool {
        self.depth == depth && &json[self.key.clone()] == key && &json[self.value.clone()] == value
    }
}

/// Finds every string value of a valid JSON text, without recursion. The key of a list's items is empty.
pub(super) fn strings(json: &[u8]) -> Vec<JsonString> {
    let mut found = Vec::new();
    let mut open: Vec<Container> = Vec::new();
    let mut at = 0;
    while at < json.len() {
        match json[at] {
            b'{' => open.push(Container { object: true, key: 0..0, key_next: true }),
            b'[' => open.push(Container { object: false, key: 0..0, key_next: false }),
            b'}' | b']' => drop(open.pop()),
            b',' => {
                if let Some(container) = open.last_mut() {
                    container.key_next = container.object;
                }
            }
            b'"' => {
                let string = at + 1..end_of_string(json, at + 1);
                at = string.end;
                let depth = open.len();
                match open.last_mut() {
                    Some(container) if container.key_next => {
                        container.key = string;
                        container.key_next = false;
                    }
                    Some(container) => found.push(JsonString { key: container.key.clone(), value: string, depth }),
                    None => found.push(JsonString { key: 0..0, value: string, depth }),
                }
            }
            _ => {}
        }
        at += 1;
    }
    found
}

struct Container {
    object: bool,
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
    use super::strings;

    #[test]
    fn keys_and_values_are_told_apart() {
        let json = r#"{"a":"1","b":{"c\"":["2",{"d":"3\\"}],"e":4},"":"\"","f":{"g":{}},"h":"5"}"#;
        let found: Vec<_> = strings(json.as_bytes()).into_iter().map(|s| (&json[s.key], &json[s.value], s.depth)).collect();
        assert_eq!(found, [("a", "1", 1), ("", "2", 3), ("d", "3\\\\", 4), ("", "\\\"", 1), ("h", "5", 1)]);
    }

    #[test]
    fn what_is_no_json_is_no_danger() {
        for text in ["", "\"", "\"\\", "]]}{", ",:\"a\"", "{\"a"] {
            strings(text.as_bytes());
        }
    }
}
