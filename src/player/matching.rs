//! Finds the expectation that a line of the host meets.
#![expect(clippy::result_large_err, reason = "a divergence is made once: it ends its run")]

use std::sync::Arc;

use bytes::Bytes;
use serde_json::Value;

use crate::wire::RawJson;

use super::candidate::{Candidate, FieldCheck};
use super::compare;
use super::compile::only_reads;
use super::difference::Difference;
use super::explain;
use super::host_line::{HostLine, asks, one_line};
use super::instead::What;
use super::launching::NO_INITIALIZE;
use super::machine::{Machine, Met, Step};
use super::mentions::made_up;
use super::opening::FirstPrompt;
use super::renumber::Renumbered;
use super::report::Divergence;
use super::rules::Place;
use super::script::{Expected, prompt_text, request_text};
use super::tools;

impl Machine {
    pub(super) fn line(&mut self, now: u64, bytes: &Bytes) {
        let verdict = match HostLine::read(bytes, self.reads_text) {
            HostLine::Nothing => {
                self.blanks += usize::from(self.reads_text);
                return;
            }
            HostLine::Prompt { mut line, uuid } => {
                self.renumbered.recorded(&mut line);
                self.prompt(now, &line, uuid)
            }
            HostLine::Request { subtype, request, id } => self.request(now, &subtype, &request, id),
            HostLine::Answer { id, response } => self.answer(now, &id, &response),
            HostLine::Cancel { id } => self.cancel(now, &id),
            HostLine::Other { bytes, json } => (0..std::mem::take(&mut self.blanks))
                .try_for_each(|_| self.other(now, &Bytes::new(), None))
                .and_then(|()| self.other(now, &bytes, json.as_ref())),
        };
        if let Err(divergence) = verdict {
            self.diverge(now, divergence);
        }
    }

    /// Prompts come in the recorded order, and between the same requests.
    fn prompt(&mut self, now: u64, line: &Value, uuid: Option<RawJson>) -> Result<(), Divergence> {
        self.asked = uuid.as_ref().map(|uuid| uuid.bytes().clone());
        let arrived = || format!("prompt {}", prompt_text(line));
        self.settle(None, arrived)?;
        let Some(index) = self.unmet(|_, what| matches!(what, Expected::Prompt(_))) else {
            return Err(Divergence::extra(arrived()));
        };
        let expectation = &self.script.expectations[index];
        let before = self.unmet(|other, what| {
            let holds_back = match what {
                Expected::Request { subtype, .. } => !only_reads(subtype),
                Expected::Cancel(_) | Expected::Other { .. } => true,
                _ => false,
            };
            holds_back && other < index
        });
        if let Some(before) = before {
            let before = &self.script.expectations[before];
            return Err(Divergence::out_of_turn(arrived(), before.to_string())
                .because(never_sent(&before.what)));
        }
        if let Expected::Prompt(expected) = &expectation.what {
            let place = self.prompts + usize::from(self.has_prompt());
            let live = compare::prompt(line);
            let differences = compare::prompts(expected, &live, place, &self.script.user_rules);
            if !differences.is_empty() {
                let skipped = self.unmet(|_, what| {
                    matches!(what, Expected::Prompt(later) if compare::values("prompt", later, &compare::prompt(line), true).is_empty())
                });
                let divergence =
                    Divergence::mismatch(arrived(), expectation.to_string(), differences)
                        .instead(self.script.instead(index, What::Prompt(place), line));
                let rules = &self.script.user_rules;
                let divergence = divergence.explained(
                    self.candidate(index, || explain::prompts(expected, line, place, rules)),
                );
                return Err(match skipped {
                    Some(later) => divergence.because(format!(
                        "this is the prompt of event {}: your program left out the one that is expected",
                        self.script.expectations[later].event + 1
                    )),
                    None => divergence,
                });
            }
        }
        self.prompts += 1;
        self.meet(now, index, Met { id: uuid.map(|uuid| uuid.bytes().clone()), ..Met::default() });
        Ok(())
    }

    /// A read-only request may come at any time; others stay within their user turn.
    fn request(
        &mut self,
        now: u64,
        subtype: &str,
        request: &Value,
        id: Option<RawJson>,
    ) -> Result<(), Divergence> {
        let mut known = request.clone();
        self.renumbered.recorded(&mut known);
        let arrived = || request_text(subtype, &known);
        let is_compared = self.script.launch.is_some() && self.live.is_some();
        let settles = subtype == "initialize" && is_compared && !self.is_settled;
        if settles {
            self.settle(Some(&known), arrived)?;
        }
        let differs = |what: &Expected| match what {
            Expected::Request { subtype: recorded, request: expected } if recorded == subtype => {
                Some(self.request_differences(subtype, expected, request, settles))
            }
            _ => None,
        };
        let same =
            self.unmet(|_, what| differs(what).is_some_and(|differences| differences.is_empty()));
        let Some(index) = same else {
            let nearest = self.unmet(|_, what| differs(what).is_some());
            let nearest = nearest.map(|index| (index, &self.script.expectations[index]));
            return Err(match nearest {
                Some((index, nearest)) => Divergence::mismatch(
                    arrived(),
                    nearest.to_string(),
                    differs(&nearest.what).unwrap_or_default(),
                )
                .instead(self.script.instead(index, What::Request(subtype.to_owned()), &known))
                .explained(self.requests_explained(subtype, &known, settles)),
                None => Divergence::extra(arrived()),
            });
        };
        let turn = self.script.expectations[index].turn;
        if turn > self.prompts && !only_reads(subtype) {
            let prompt = self.unmet(|_, what| matches!(what, Expected::Prompt(_)));
            let expected = prompt
                .map_or_else(String::new, |prompt| self.script.expectations[prompt].to_string());
            return Err(Divergence::out_of_turn(arrived(), expected));
        }
        let callbacks =
            if subtype == "initialize" { compare::callback_ids(request) } else { Vec::new() };
        if subtype == "initialize" {
            self.leave_out_handshakes(now, request);
            let script = self.script.clone();
            if let Expected::Request { request: recorded, .. } = &script.expectations[index].what {
                let version = script.cli.as_deref().unwrap_or(crate::CLI_VERSION);
                let mut handshakes = std::mem::take(&mut self.handshakes);
                let has = |server: &str| self.has_server(server, request);
                let lines = handshakes.begin(recorded, request, has, version);
                self.handshakes = handshakes;
                self.urgent.extend(lines.into_iter().map(Step::Out));
            }
        }
        self.add_ids(index, subtype, request);
        self.meet(now, index, Met { id: id.map(|id| id.bytes().clone()), callbacks });
        Ok(())
    }

    /// Pairs the ids that rules name in a request that matched, and the directories of a claim.
    fn add_ids(&mut self, index: usize, subtype: &str, request: &Value) {
        let Expected::Request { request: expected, .. } = &self.script.expectations[index].what
        else {
            return;
        };
        let (mut expected, mut actual) = (expected.clone(), request.clone());
        self.renumbered.claim(&expected, &actual);
        let rules = &self.script.user_rules;
        let applied = rules.apply(subtype, &mut expected, &mut actual, &self.renumbered);
        for (recorded, live) in &applied.ids {
            self.renumbered.add(recorded, live);
        }
    }

    /// Rules see the live ids, and what they leave the recorded ones. `settles`: the launch has been
    /// compared with what this `initialize` declares.
    fn request_differences(
        &self,
        subtype: &str,
        expected: &Value,
        actual: &Value,
        settles: bool,
    ) -> Vec<Difference> {
        let whole = actual;
        let mut ids = self.renumbered.clone();
        ids.claim(expected, actual);
        let (mut expected, mut actual) = (self.recorded_ids(expected), self.recorded_ids(actual));
        let rules = &self.script.user_rules;
        let applied = rules.apply(subtype, &mut expected, &mut actual, &self.renumbered);
        let mut found = applied.differences;
        ids.recorded(&mut actual);
        match subtype {
            "initialize" => {
                if !settles {
                    found.extend(rules.apply_to_declared(&mut expected, &mut actual).differences);
                }
                found.extend(compare::initializes(&expected, &actual, settles));
                add(&mut found, self.manifest_differences(whole));
            }
            _ => found.extend(compare::requests(subtype, &expected, &actual)),
        }
        found
    }

    /// What an event of the recording was compared with, where there is a run folder for it.
    fn candidate(&self, index: usize, fields: impl FnOnce() -> Vec<FieldCheck>) -> Vec<Candidate> {
        let name = || self.script.expectations[index].to_string();
        let explained = self.script.run.as_ref().map(|_| Candidate::new(name(), fields()));
        explained.into_iter().collect()
    }

    /// Every recorded request of this subtype that is not made yet, compared with a live one.
    fn requests_explained(&self, subtype: &str, actual: &Value, settles: bool) -> Vec<Candidate> {
        let open = self.script.expectations.iter().enumerate();
        let open = open.filter(|(index, _)| self.met[*index].is_none());
        let explained = open.filter_map(|(index, open)| match &open.what {
            Expected::Request { subtype: recorded, request } if recorded == subtype => {
                let rules = &self.script.user_rules;
                let (one, other) = (self.recorded_ids(request), self.recorded_ids(actual));
                let fields = || explain::requests(subtype, &one, &other, settles, rules);
                Some(self.candidate(index, fields))
            }
            _ => None,
        });
        explained.flatten().collect()
    }

    fn answer(&mut self, now: u64, id: &str, response: &Value) -> Result<(), Divergence> {
        let asks = self.script.cli_requests.get(id).map(|request| asks(&request.request));
        let asks = asks.unwrap_or_else(|| format!("an unknown request {id:?}"));
        let arrived = || format!("answer to {asks}: {}", one_line(&response.to_string(), 120));
        let (script, ids) = (&self.script, &self.renumbered);
        let differ = |server: &str, live: &Value| {
            tools::differences(&script.tools, server, live, &script.user_rules, ids)
        };
        match self.handshakes.answered(id, response, differ) {
            Some(Ok(lines)) => {
                self.play_before_turns(now);
                self.urgent.extend(lines.into_iter().map(Step::Out));
                return Ok(());
            }
            Some(Err(refused)) => {
                return Err(Divergence::mismatch(arrived(), refused.expected, refused.differences));
            }
            None => {}
        }
        let Some(request) = self.script.cli_requests.get(id) else {
            let recorded = self.unmet(
                |_, what| matches!(what, Expected::Answer { id: recorded, .. } if recorded == id),
            );
            return match recorded {
                Some(index) => {
                    self.meet(now, index, Met::default());
                    Ok(())
                }
                None => Err(Divergence::extra(arrived())),
            };
        };
        if !self.is_played(request.output) {
            let expected = format!("{} first", self.script.outputs[request.output]);
            return Err(Divergence::out_of_turn(arrived(), expected));
        }
        // The recorded host did not answer, or this one answers twice: the CLI ignores both.
        let Some(index) = request.answer.filter(|index| self.met[*index].is_none()) else {
            return Ok(());
        };
        let expectation = &self.script.expectations[index];
        if let Expected::Answer { response: expected, .. } = &expectation.what
            && expectation.required
        {
            let (differences, ids) = self.answer_differences(&request.request, expected, response);
            if !differences.is_empty() {
                let rules = &self.script.user_rules;
                let candidate = self.candidate(index, || {
                    let mut actual = response.clone();
                    ids.recorded(&mut actual);
                    explain::answers(&request.request, expected, &actual, rules)
                });
                let mut known = response.clone();
                ids.recorded(&mut known);
                let subtype = request.request.get("subtype").and_then(Value::as_str);
                let what = What::Answer(subtype.unwrap_or_default().to_owned());
                let differs = Divergence::mismatch(arrived(), expectation.to_string(), differences)
                    .instead(self.script.instead(index, what, &known));
                return Err(differs.explained(candidate));
            }
            self.renumbered = ids;
        }
        self.meet(now, index, Met::default());
        Ok(())
    }

    /// The differences between two answers to a request of the CLI, and the ids that are paired from
    /// here on.
    fn answer_differences(
        &self,
        request: &Value,
        expected: &Value,
        actual: &Value,
    ) -> (Vec<Difference>, Renumbered) {
        let whole = actual;
        let (mut expected, mut actual) = (expected.clone(), actual.clone());
        if tools::of_answer(request, &actual).is_some() {
            tools::align(&expected, &mut actual);
        }
        let mut ids = self.renumbered.clone();
        let subtype = request.get("subtype").and_then(Value::as_str).unwrap_or_default();
        let rules = &self.script.user_rules;
        let applied = rules.apply_to_answer(subtype, &mut expected, &mut actual, &ids);
        let mut found = applied.differences;
        for (recorded, live) in &applied.ids {
            ids.add(recorded, live);
        }
        if tools::is_call(request) {
            ids.add_uuids(&expected, &actual);
            // Those next to ids that are known.
            let mut known = actual.clone();
            ids.recorded(&mut known);
            ids.add_uuids(&expected, &known);
        }
        ids.recorded(&mut actual);
        found.extend(compare::answers(request, &expected, &actual));
        if let Some((server, listed)) = tools::of_answer(request, whole) {
            add(&mut found, self.tool_differences(&server, &listed));
        }
        (found, ids)
    }

    fn cancel(&mut self, now: u64, id: &str) -> Result<(), Divergence> {
        let of = self
            .met
            .iter()
            .position(|met| met.as_ref().is_some_and(|met| met.id_text().as_deref() == Some(id)));
        match self.unmet(|_, what| matches!(what, Expected::Cancel(recorded) if recorded.is_none() || *recorded == of)) {
            Some(index) => {
                self.meet(now, index, Met::default());
                Ok(())
            }
            None => {
                let what = of.map_or_else(
                    || format!("an unknown request {id:?}"),
                    |of| self.script.expectations[of].what.to_string(),
                );
                Err(Divergence::extra(format!("control_cancel_request for {what}")))
            }
        }
    }

    /// Whether the launch has a prompt among its arguments, which is then number 0.
    pub(super) fn has_prompt(&self) -> bool {
        self.live.as_ref().is_some_and(|live| live.prompt().is_some())
    }

    /// Compares the text on stdin, which has ended, with the recorded text as its rule says.
    pub(super) fn end_text(&mut self, now: u64) -> Result<(), Divergence> {
        let Some(live) = self.text.take() else { return Ok(()) };
        let mut recorded = String::new();
        let mut places = Vec::new();
        for (index, open) in self.script.expectations.iter().enumerate() {
            if let Expected::Other { bytes, json } = &open.what
                && FirstPrompt::is_text(json.as_ref())
                && self.met[index].is_none()
            {
                recorded.push_str(&String::from_utf8_lossy(bytes));
                recorded.push('\n');
                places.push(index);
            }
        }
        let place = self.text_place();
        let value = |text: &str| Value::from(text.strip_suffix('\n').unwrap_or(text));
        let (expected, actual) = (value(&recorded), value(&live));
        let rules = Arc::clone(&self.script.user_rules);
        let Some(matcher) = rules.matcher(&place) else { return Ok(()) };
        if places.is_empty() {
            let arrived = format!("text {}", one_line(&live, 120));
            return Err(Divergence::extra(arrived));
        }
        let pair = matcher.pair(Some(&expected), Some(&actual));
        let is_known = pair.as_ref().is_none_or(|(one, live)| self.renumbered.may_add(one, live));
        if !is_known || !matcher.fits(Some(&expected), Some(&actual)) {
            let name = place.to_string();
            let differs = Difference::of_rule(&name, matcher.to_string(), Some(actual));
            let arrived = format!("text {}", one_line(&live, 120));
            let expected = format!("text {}", one_line(&recorded, 120));
            return Err(Divergence::mismatch(arrived, expected, vec![differs]));
        }
        if let Some((recorded, live)) = pair {
            self.renumbered.add(&recorded, &live);
        }
        for index in places {
            self.meet(now, index, Met::default());
        }
        Ok(())
    }

    /// The place of the text on stdin, for rules.
    fn text_place(&self) -> Place {
        Place::Prompt(usize::from(self.has_prompt()))
    }

    /// Any other line must be the next of its kind, byte for byte or as JSON.
    fn other(&mut self, now: u64, bytes: &Bytes, json: Option<&Value>) -> Result<(), Divergence> {
        let arrived = || format!("line {:?}", one_line(&String::from_utf8_lossy(bytes), 120));
        if FirstPrompt::is_text(json) {
            self.settle(None, arrived)?;
            if self.script.user_rules.matcher(&self.text_place()).is_some() {
                // A rule is about all of it, which is known at its end.
                let text = self.text.get_or_insert_default();
                text.push_str(&String::from_utf8_lossy(bytes));
                text.push('\n');
                return Ok(());
            }
        }
        let Some(index) = self.unmet(|_, what| matches!(what, Expected::Other { .. })) else {
            return Err(Divergence::extra(arrived()));
        };
        let known = self.renumbered.recorded_text(bytes).map(Bytes::from);
        let bytes = known.as_ref().unwrap_or(bytes);
        let mut json = json.cloned();
        json.iter_mut().for_each(|json| self.renumbered.recorded(json));
        let expectation = &self.script.expectations[index];
        if let Expected::Other { bytes: expected, json: expected_json } = &expectation.what
            && expected != bytes
        {
            let differences = match (expected_json, &json) {
                (Some(expected), Some(actual)) => compare::others(expected, actual),
                _ => {
                    let text = |bytes: &Bytes| Value::from(&*String::from_utf8_lossy(bytes));
                    compare::values("line", &text(expected), &text(bytes), true)
                }
            };
            if !differences.is_empty() {
                return Err(Divergence::mismatch(arrived(), expectation.to_string(), differences));
            }
        }
        self.meet(now, index, Met::default());
        Ok(())
    }

    /// A request with its prompt ids replaced by the indexes of the recorded prompts, so that live
    /// and recorded ones compare.
    fn recorded_ids(&self, request: &Value) -> Value {
        let mut request = request.clone();
        for key in ["message_uuid", "user_message_id"] {
            if let Some(Value::String(id)) = request.get_mut(key)
                && let Some(place) = self.prompt_place(id)
            {
                *id = format!("prompt {place}");
            }
        }
        request
    }

    fn prompt_place(&self, id: &str) -> Option<usize> {
        let recorded = self.script.prompt_ids.get(id).copied();
        let live = || {
            self.met.iter().position(|met| {
                met.as_ref().is_some_and(|met| met.id_text().as_deref() == Some(id))
            })
        };
        // One that had none got it from here.
        let made_up = || {
            let mut prompts = self.script.prompt_ids.iter();
            prompts.find(|(uuid, _)| made_up(uuid).as_deref() == Some(id)).map(|(_, of)| *of)
        };
        recorded.or_else(live).or_else(made_up)
    }
}

impl Met {
    /// The id as it is spelled within a text of JSON.
    pub(super) fn id_spelled(&self) -> Option<Bytes> {
        let id = self.id.as_ref()?;
        let inner = id.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
        Some(id.slice_ref(inner))
    }

    pub(super) fn id_text(&self) -> Option<String> {
        let id = RawJson::parse(self.id.clone()?).ok()?;
        Some(id.as_str().map_or_else(|| id.text().into_owned(), |text| text.into_owned()))
    }
}

/// Adds differences, each once.
fn add(found: &mut Vec<Difference>, more: Vec<Difference>) {
    for difference in more {
        if !found.contains(&difference) {
            found.push(difference);
        }
    }
}

/// Why a prompt came too early.
fn never_sent(before: &Expected) -> String {
    match before {
        Expected::Request { subtype, .. } if subtype == "initialize" => NO_INITIALIZE.to_owned(),
        Expected::Request { subtype, .. } => format!(
            "the recorded program sent `{subtype}` before this prompt; send it, or record again"
        ),
        _ => "the recorded program wrote that line before this prompt; write it, or record again"
            .to_owned(),
    }
}
