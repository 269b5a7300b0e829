//! What a replay does with each field of what a host wrote, compared with something recorded.

use serde_json::{Map, Value};

use crate::recording::fields::{HostPart, left_out};

use super::candidate::FieldCheck;
use super::compare;
use super::difference::Difference;
use super::host_line::HostLine;
use super::launch;
use super::machine::Input;
use super::opening::FirstPrompt;
use super::renumber::Renumbered;
use super::rules::{Matcher, Place, Rules};
use super::tools;

/// What a host wrote up to its first prompt.
#[derive(Clone, Debug, Default)]
pub(super) struct Wrote {
    pub(super) initialize: Option<Value>,
    prompt: Option<Value>,
    text: String,
    ended: bool,
}

impl Wrote {
    /// Of what the host did, in order. `text`: its stdin is text.
    pub(super) fn of<'a>(inputs: impl IntoIterator<Item = &'a Input>, text: bool) -> Self {
        let mut wrote = Self::default();
        for input in inputs {
            let line = match input {
                Input::Line(line) if wrote.prompt.is_none() => line,
                Input::Eof => {
                    wrote.ended = true;
                    continue;
                }
                _ => continue,
            };
            match HostLine::read(line, text) {
                HostLine::Prompt { line, .. } => wrote.prompt = Some(line),
                HostLine::Request { subtype, request, .. } if subtype == "initialize" => {
                    wrote.initialize = wrote.initialize.or(Some(request));
                }
                HostLine::Other { bytes, json } if FirstPrompt::is_text(json.as_ref()) => {
                    wrote.text.push_str(&String::from_utf8_lossy(&bytes));
                    wrote.text.push('\n');
                }
                _ => {}
            }
        }
        wrote
    }

    /// With the recorded ids in the place of the live ones.
    pub(super) fn recorded(&self, ids: &Renumbered) -> Self {
        let Self { mut initialize, mut prompt, text, ended } = self.clone();
        [&mut initialize, &mut prompt].into_iter().flatten().for_each(|line| ids.recorded(line));
        let text = match ids.recorded_text(text.as_bytes()) {
            Some(text) => String::from_utf8_lossy(&text).into_owned(),
            None => text,
        };
        Self { initialize, prompt, text, ended }
    }

    /// Whether all is known that a host may declare in `initialize`.
    pub(super) fn is_settled(&self) -> bool {
        self.initialize.is_some() || self.has_prompt()
    }

    /// Whether it wrote a prompt, or ended without one.
    pub(super) fn has_prompt(&self) -> bool {
        self.prompt.is_some() || !self.text.is_empty() || self.ended
    }

    fn first_prompt(&self) -> FirstPrompt {
        match &self.prompt {
            Some(line) => FirstPrompt::Line(compare::prompt(line)),
            None => FirstPrompt::of_text(&self.text),
        }
    }
}

/// The fields of two first prompts on stdin.
pub(super) fn first_prompts(expected: &Wrote, actual: &Wrote, rules: &Rules) -> Vec<FieldCheck> {
    if let (Some(expected), Some(actual)) = (&expected.prompt, &actual.prompt) {
        return prompts(expected, actual, 0, rules);
    }
    let (expected, actual) = (expected.first_prompt(), actual.first_prompt());
    if expected == FirstPrompt::None && actual == FirstPrompt::None {
        return Vec::new();
    }
    let rule = rules.matcher(&Place::Prompt(0));
    let text = |prompt: &FirstPrompt| Some(Value::from(prompt.to_string()));
    let differences = match expected.fits(&actual, rules) {
        true => Vec::new(),
        false => vec![Difference::new("prompt", text(&expected), text(&actual))],
    };
    vec![FieldCheck::of("prompt", rule, text(&expected).as_ref(), &differences)]
}

/// The fields of two `user` lines.
pub(super) fn prompts(
    expected: &Value,
    actual: &Value,
    place: usize,
    rules: &Rules,
) -> Vec<FieldCheck> {
    let mut found = Vec::new();
    not_compared(HostPart::Prompt, "prompt", expected, actual, &mut found);
    let (mut expected, mut actual) = (compare::prompt(expected), compare::prompt(actual));
    if let Some(rule) = rules.matcher(&Place::Prompt(place)) {
        let differences = compare::prompts(&expected, &actual, place, rules);
        for prompt in [&mut expected, &mut actual] {
            prompt.pointer_mut("/message/content").map(Value::take);
        }
        found.push(FieldCheck::of("prompt.message.content", Some(rule), None, &differences));
    }
    compared("prompt", Some(&expected), Some(&actual), true, &mut found);
    found
}

/// The fields of two control requests of a subtype. `settles`: what may also be a flag belongs to the
/// launch.
pub(super) fn requests(
    subtype: &str,
    expected: &Value,
    actual: &Value,
    settles: bool,
    rules: &Rules,
) -> Vec<FieldCheck> {
    let mut found = Vec::new();
    let (mut expected, mut actual) = (expected.clone(), actual.clone());
    let ids = Renumbered::default();
    let applied = rules.apply(subtype, &mut expected, &mut actual, &ids);
    ruled(&applied.seen, &applied.differences, &mut found);
    if subtype == "initialize" {
        if !settles {
            let applied = rules.apply_to_declared(&mut expected, &mut actual);
            ruled(&applied.seen, &applied.differences, &mut found);
        }
        initializes(&expected, &actual, settles, &mut found);
        return found;
    }
    let part = compare::request_part(subtype);
    not_compared(part, "request", &expected, &actual, &mut found);
    let (expected, actual) = (compare::compared(part, &expected), compare::compared(part, &actual));
    let null_is_absent = compare::null_is_absent(subtype);
    compared("request", Some(&expected), Some(&actual), null_is_absent, &mut found);
    found
}

/// The fields of two answers to a request of the CLI.
pub(super) fn answers(
    request: &Value,
    expected: &Value,
    actual: &Value,
    rules: &Rules,
) -> Vec<FieldCheck> {
    let mut found = Vec::new();
    let (mut expected, mut actual) = (expected.clone(), actual.clone());
    let subtype = request.get("subtype").and_then(Value::as_str).unwrap_or_default();
    let ids = Renumbered::default();
    let applied = rules.apply_to_answer(subtype, &mut expected, &mut actual, &ids);
    ruled(&applied.seen, &applied.differences, &mut found);
    let part = compare::answer_part(request, &expected);
    not_compared(part, "response", &expected, &actual, &mut found);
    let outcome = |answer: &Value| answer.get("subtype").cloned();
    let (one, other) = (outcome(&expected), outcome(&actual));
    compared("response.subtype", one.as_ref(), other.as_ref(), true, &mut found);
    let meaning = |answer: &Value| compare::answer_meaning(request, answer);
    if one == other && one.is_some_and(|outcome| outcome == "success") {
        let (expected, actual) = (meaning(&expected), meaning(&actual));
        compared("response.response", Some(&expected), Some(&actual), true, &mut found);
    }
    found
}

/// The fields of two `initialize` requests.
fn initializes(expected: &Value, actual: &Value, settles: bool, found: &mut Vec<FieldCheck>) {
    let fields = |request: &Value| request.as_object().cloned().unwrap_or_default();
    let (expected_fields, actual_fields) = (fields(expected), fields(actual));
    let hooks = |fields: &Map<String, Value>| fields.get("hooks").cloned().and_then(launch::hooks);
    for (name, one, other) in compare::members(&expected_fields, &actual_fields) {
        let at = format!("request.{name}");
        let place = launch::place_of_field(name).filter(|_| settles);
        if let Some(place) = place {
            found.push(FieldCheck::ignored(&at, &format!("compared as {place}")));
            continue;
        }
        match (one.filter(|one| !one.is_null()), other.filter(|other| !other.is_null())) {
            (None, None) => {}
            _ if name == "subtype" => {}
            (one, other) if name == "sdkMcpServerManifests" => {
                let servers = [one, other].map(|manifests| {
                    tools::of_manifests(&serde_json::json!({ "sdkMcpServerManifests": manifests }))
                });
                let [one, other] = servers;
                for (server, listed) in &one {
                    let at = format!("tools of {server}");
                    match other.get(server) {
                        Some(live) => compared(&at, Some(listed), Some(live), true, found),
                        None => found
                            .push(FieldCheck::ignored(&at, "compared when the server is asked")),
                    }
                }
            }
            _ if name == "hooks" => {
                let (one, other) = (hooks(&expected_fields), hooks(&actual_fields));
                compared(&at, one.as_ref(), other.as_ref(), true, found);
            }
            (Some(one), Some(other)) => compared(&at, Some(one), Some(other), true, found),
            _ if name == "sdkMcpServers" => compared(&at, one, other, true, found),
            _ => found.push(FieldCheck::ignored(&at, "only one of the two has it")),
        }
    }
}

/// The places that rules name.
fn ruled(seen: &[(String, Matcher)], differences: &[Difference], found: &mut Vec<FieldCheck>) {
    for (place, rule) in seen {
        let of = differences.iter().filter(|difference| difference.path == *place).cloned();
        found.push(FieldCheck::of(place, Some(rule), None, &of.collect::<Vec<_>>()));
    }
}

/// The fields that are left out.
fn not_compared(
    part: HostPart<'_>,
    root: &str,
    expected: &Value,
    actual: &Value,
    found: &mut Vec<FieldCheck>,
) {
    fn walk<'v>(
        part: HostPart<'_>,
        at: &str,
        path: &mut Vec<&'v str>,
        (expected, actual): (Option<&'v Value>, Option<&'v Value>),
        found: &mut Vec<FieldCheck>,
    ) {
        let mut names: Vec<&'v str> = Vec::new();
        for value in [expected, actual].into_iter().flatten() {
            for name in value.as_object().into_iter().flat_map(Map::keys) {
                if !names.contains(&name.as_str()) {
                    names.push(name);
                }
            }
        }
        for name in names {
            path.push(name);
            let at = format!("{at}.{name}");
            match left_out(part, path) {
                Some(why) => found.push(FieldCheck::ignored(&at, why.text())),
                None if path.len() <= 3 => {
                    let below = |value: Option<&'v Value>| value.and_then(|value| value.get(name));
                    walk(part, &at, path, (below(expected), below(actual)), found);
                }
                None => {}
            }
            path.pop();
        }
    }
    walk(part, root, &mut Vec::new(), (Some(expected), Some(actual)), found);
}

/// Each value in two values that are compared as a whole.
fn compared(
    at: &str,
    expected: Option<&Value>,
    actual: Option<&Value>,
    null_is_absent: bool,
    found: &mut Vec<FieldCheck>,
) {
    match (expected, actual) {
        (Some(Value::Object(one)), Some(Value::Object(other)))
            if !one.is_empty() || !other.is_empty() =>
        {
            for (name, one, other) in compare::members(one, other) {
                compared(&format!("{at}.{name}"), one, other, null_is_absent, found);
            }
        }
        (Some(Value::Array(one)), Some(Value::Array(other)))
            if !one.is_empty() || !other.is_empty() =>
        {
            for index in 0..one.len().max(other.len()) {
                let at = format!("{at}[{index}]");
                compared(&at, one.get(index), other.get(index), null_is_absent, found);
            }
        }
        (None | Some(Value::Null), None | Some(Value::Null)) if null_is_absent => {}
        _ => {
            let differences = compare::pairs(at, expected, actual, null_is_absent);
            found.push(FieldCheck::of(at, None, expected, &differences));
        }
    }
}
