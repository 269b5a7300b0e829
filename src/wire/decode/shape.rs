//! What a type declares about the objects that it reads: the paths of fields, and their values.

use std::collections::{BTreeMap, BTreeSet};

/// The fields of one kind of object, by path: `message.content[].text`, with `[]` for the items of
/// an array and `*` for keys that are data, as a [`Census`](crate::recording::Census) writes them.
///
/// ```
/// use claude_wire::wire::declared::Shape;
///
/// let mut shape = Shape::default();
/// shape.add("tools[].name");
/// shape.add_field("later", false);
/// assert_eq!(shape.unseen().collect::<Vec<_>>(), ["later"]);
/// shape.retain(|path| path != "later");
/// shape.add_word("mode", "plan");
/// assert_eq!(shape.paths().collect::<Vec<_>>(), ["mode", "tools", "tools[]", "tools[].name"]);
/// assert_eq!(shape.words("mode").collect::<Vec<_>>(), ["plan"]);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shape {
    fields: BTreeMap<String, Field>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Field {
    words: BTreeSet<String>,
    any: bool,
    /// Whether a CLI was seen to write it; `None` where only its place is known.
    seen: Option<bool>,
}

impl Shape {
    /// The paths of the fields.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.fields.keys().map(|path| &**path)
    }

    /// The values that a field may have, if it has a set of them.
    pub fn words(&self, path: &str) -> impl Iterator<Item = &str> {
        self.fields.get(path).into_iter().flat_map(|field| field.words.iter().map(|word| &**word))
    }

    /// True if the field exists and may contain anything: it is read as raw JSON.
    pub fn is_any(&self, path: &str) -> bool {
        self.fields.get(path).is_some_and(|field| field.any)
    }

    /// The fields that no CLI was seen to write: they are only declared, in published types or in a
    /// schema.
    pub fn unseen(&self) -> impl Iterator<Item = &str> {
        let unseen = self.fields.iter().filter(|(_, field)| field.seen == Some(false));
        unseen.map(|(path, _)| &**path)
    }

    /// True if the field exists, or is at a place where keys are data.
    pub fn has(&self, path: &str) -> bool {
        self.fields.contains_key(path) || self.at_any_key(path).is_some()
    }

    /// The nearest field above the path, or at it, that may contain anything.
    pub fn any_above<'a>(&self, path: &'a str) -> Option<&'a str> {
        let ends = path.match_indices(['.', '[']).map(|(end, _)| end).chain([path.len()]);
        ends.map(|end| &path[..end]).find(|path| {
            self.is_any(path) || self.at_any_key(path).is_some_and(|path| self.is_any(&path))
        })
    }

    /// Adds a field, and the objects and arrays around it.
    pub fn add(&mut self, path: &str) {
        let ends = path.match_indices(['.', '[']).map(|(end, _)| end).chain([path.len()]);
        for end in ends.filter(|&end| end > 0) {
            self.field(&path[..end]);
        }
    }

    /// Adds a value to those that a field may have.
    pub fn add_word(&mut self, path: &str, word: &str) {
        self.add(path);
        self.field(path).words.insert(word.to_owned());
    }

    /// Adds a field that may contain anything.
    pub fn add_any(&mut self, path: &str) {
        self.add(path);
        self.field(path).any = true;
    }

    /// Adds a field that a CLI was seen to write, or one that is only declared. If both were added, it
    /// was seen.
    pub fn add_field(&mut self, path: &str, seen: bool) {
        self.add(path);
        let field = self.field(path);
        // `None` is the least.
        field.seen = field.seen.max(Some(seen));
    }

    /// Adds all fields of another shape.
    pub fn extend(&mut self, other: &Self) {
        for (path, field) in &other.fields {
            let ours = self.field(path);
            ours.words.extend(field.words.iter().cloned());
            ours.any |= field.any;
            ours.seen = ours.seen.max(field.seen);
        }
    }

    /// Keeps the fields whose path satisfies `keep`.
    pub fn retain(&mut self, keep: impl Fn(&str) -> bool) {
        self.fields.retain(|path, _| keep(path));
    }

    fn field(&mut self, path: &str) -> &mut Field {
        self.fields.entry(path.to_owned()).or_default()
    }

    /// The declared path that this one is an instance of: one of its steps is a key that is data.
    fn at_any_key(&self, path: &str) -> Option<String> {
        let fits = |declared: &&String| {
            let mut steps = declared.split('.');
            let fits = path.split('.').all(|step| match steps.next() {
                Some(declared) => match declared.strip_prefix('*') {
                    Some(items) => step.ends_with(items),
                    None => declared == step,
                },
                None => false,
            });
            fits && steps.next().is_none()
        };
        self.fields.keys().filter(|declared| declared.contains('*')).find(fits).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_that_are_data_stand_for_any_key() {
        let mut shape = Shape::default();
        shape.add("usage.*.tokens");
        assert!(
            shape.has("usage.opus.tokens") && shape.has("usage.*.tokens") && shape.has("usage")
        );
        assert!(!shape.has("usage.opus.cost") && !shape.has("usage.opus.tokens.more"));
    }

    #[test]
    fn what_stands_under_raw_json_is_found() {
        let mut shape = Shape::default();
        shape.add_any("run");
        shape.add_any("by_key.*");
        shape.add("name");
        assert_eq!(shape.any_above("run.args[].text"), Some("run"));
        assert_eq!(shape.any_above("run"), Some("run"));
        assert_eq!(shape.any_above("by_key.a.b"), Some("by_key.a"));
        assert_eq!(shape.any_above("name.first"), None);
    }
}
