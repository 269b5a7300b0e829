//! One control request: its name and its fields.

use std::fmt;

use serde_json::{Map, Value};

use super::declare::RequestName;
use crate::wire::RawJson;

/// A control request of your program to the CLI (`request` of a `control_request`): its name, and
/// its fields as they are written.
///
/// ```
/// use claude_wire::wire::control::{Request, RequestName};
///
/// let request = Request::new(RequestName::SetModel).with("model", "opus");
/// assert_eq!(request.body().text(), r#"{"subtype":"set_model","model":"opus"}"#);
/// assert_eq!(Request::parse(&request.body()), Some(request));
/// ```
///
/// `Debug` shows the names of the fields and not their values, which may be secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    name: RequestName,
    fields: Vec<(String, RawJson)>,
}

impl Request {
    /// A request without fields.
    pub fn new(name: impl Into<RequestName>) -> Self {
        Self { name: name.into(), fields: Vec::new() }
    }

    /// Reads the body of a request: `None` if it is not an object with a `subtype` that is a
    /// string. Of a key that occurs twice, the last counts.
    pub fn parse(body: &RawJson) -> Option<Self> {
        let cursor = body.cursor();
        let mut request = Self::new(&*cursor.get("subtype")?.string()?);
        for (name, value) in cursor.fields().filter(|(name, _)| **name != *b"subtype") {
            request.set(&String::from_utf8_lossy(&name), value.raw());
        }
        Some(request)
    }

    /// Sets a field.
    pub fn with(mut self, field: &str, value: impl Into<Value>) -> Self {
        self.set(field, value.into().into());
        self
    }

    /// Sets a field to this JSON, byte for byte.
    pub fn with_raw(mut self, field: &str, value: RawJson) -> Self {
        self.set(field, value);
        self
    }

    /// Sets fields.
    pub fn with_all(self, fields: impl IntoIterator<Item = (String, Value)>) -> Self {
        fields.into_iter().fold(self, |request, (field, value)| request.with(&field, value))
    }

    /// Which request it is (`subtype`).
    pub fn name(&self) -> &RequestName {
        &self.name
    }

    /// A field.
    pub fn field(&self, name: &str) -> Option<&RawJson> {
        self.fields().find(|(field, _)| *field == name).map(|(_, value)| value)
    }

    /// The fields except `subtype`, in the order in which they are written.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &RawJson)> {
        self.fields.iter().map(|(name, value)| (&**name, value))
    }

    /// The request as JSON: `subtype`, and then the fields.
    pub fn body(&self) -> RawJson {
        let mut body = br#"{"subtype":"#.to_vec();
        body.extend(Value::from(self.name.as_str()).to_string().bytes());
        for (name, value) in self.fields() {
            body.push(b',');
            body.extend(Value::from(name).to_string().bytes());
            body.push(b':');
            body.extend(value.as_bytes());
        }
        body.push(b'}');
        RawJson::scanned(body.into())
    }

    /// The text of a field that is a string.
    pub(crate) fn text(&self, field: &str) -> Option<String> {
        self.field(field)?.as_str().map(String::from)
    }

    /// The request without these keys of its `settings`; `None` if no key is left.
    pub(crate) fn without_settings(&self, keys: &[&str]) -> Option<Self> {
        let mut settings = self.settings()?;
        settings.retain(|key, _| !keys.contains(&&**key));
        (!settings.is_empty()).then(|| self.clone().with(SETTINGS, settings))
    }

    /// This request with the fields of a later one; of `settings`, the keys of both.
    pub(super) fn merged(mut self, later: &Self) -> Self {
        for (name, value) in later.fields() {
            match (self.settings(), later.settings()) {
                (Some(mut settings), Some(more)) if name == SETTINGS => {
                    settings.extend(more);
                    self.set(name, Value::Object(settings).into());
                }
                _ => self.set(name, value.clone()),
            }
        }
        self
    }

    fn settings(&self) -> Option<Map<String, Value>> {
        match self.field(SETTINGS)?.to_value() {
            Ok(Value::Object(settings)) => Some(settings),
            _ => None,
        }
    }

    fn set(&mut self, field: &str, value: RawJson) {
        match self.fields.iter_mut().find(|(name, _)| name == field) {
            Some((_, old)) => *old = value,
            None => self.fields.push((field.to_owned(), value)),
        }
    }
}

/// The field whose keys are merged one by one (`apply_flag_settings`).
const SETTINGS: &str = "settings";

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fields: Vec<_> = self.fields().map(|(name, _)| name).collect();
        write!(f, "Request({}, {fields:?})", self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(body: &str) -> Request {
        Request::parse(&RawJson::parse(body.to_owned()).unwrap()).unwrap()
    }

    #[test]
    fn a_body_is_written_as_it_was_read() {
        for body in [
            r#"{"subtype":"interrupt"}"#,
            r#"{"subtype":"of a later CLI","n":1e400,"text":"\ud83d","none":null}"#,
        ] {
            assert_eq!(request(body).body().text(), body);
        }
        assert_eq!(request(r#"{"a":1,"subtype":"x","a":2}"#), request(r#"{"subtype":"x","a":2}"#));
    }

    #[test]
    fn a_body_without_a_subtype_is_not_a_request() {
        for body in ["{}", "[]", r#"{"subtype":7}"#, r#"{"subtype":null}"#] {
            assert_eq!(Request::parse(&RawJson::parse(body.to_owned()).unwrap()), None, "{body}");
        }
    }

    #[test]
    fn values_are_not_in_the_debug_output() {
        let request = request(r#"{"subtype":"update_settings","settings":{"apiKey":"k-1"}}"#);
        assert_eq!(format!("{request:?}"), r#"Request(update_settings, ["settings"])"#);
    }
}
