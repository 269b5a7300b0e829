//! One fault with its parameters, and when it happens.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value, json};

use super::catalogue::{FaultInfo, Setting, catalogue, find, near};

/// Why a text or an object does not describe a fault. The message says what was expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaultError(String);

impl FaultError {
    pub(crate) fn new(why: String) -> Self {
        Self(why)
    }
}

impl fmt::Display for FaultError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for FaultError {}

/// A fault of the [catalogue], with its parameters and with when it happens.
///
/// ```
/// use claude_wire::faults::Fault;
///
/// let fault = Fault::named("exit_mid_turn")?.nth(2).set("code", 3)?;
/// assert_eq!(fault, Fault::parse("exit_mid_turn:nth=2,code=3")?);
/// assert!(Fault::named("exit_midturn").unwrap_err().to_string().contains("exit_mid_turn"));
/// # Ok::<(), claude_wire::faults::FaultError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Fault {
    info: &'static FaultInfo,
    /// The parameters that were set.
    given: Map<String, Value>,
    timing: Timing,
    pub(super) seed: Option<u64>,
}

/// Which opportunities a fault takes.
#[derive(Clone, Debug, Default, PartialEq)]
struct Timing {
    /// How many pass first.
    after: u64,
    /// How often it happens; `None`: as the catalogue says.
    times: Option<Times>,
    rate: Option<f64>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Times {
    Only(u64),
    Every,
}

impl Fault {
    /// The fault of this name, with its defaults: it happens once, at the first opportunity, or at
    /// each if the catalogue says so.
    ///
    /// # Errors
    /// If there is no such fault; the message lists the nearest names.
    pub fn named(name: &str) -> Result<Self, FaultError> {
        let info = find(name).ok_or_else(|| unknown(name))?;
        Ok(Self { info, given: Map::new(), timing: Timing::default(), seed: None })
    }

    /// Reads the compact form: the name, and after a colon what differs from the defaults, separated
    /// by commas: `exit_mid_turn:nth=2,seed=7`. A word without a value is one that is true: `deaf`.
    /// A text with a comma or a semicolon is in double quotes, as a string in JSON:
    /// `non_json_noise:text="a, b"`.
    ///
    /// # Errors
    /// If it is not one.
    pub fn parse(text: &str) -> Result<Self, FaultError> {
        let (name, rest) = text.split_once(':').unwrap_or((text, ""));
        let mut fault = Self::named(name.trim())?;
        for item in split(rest, ',').into_iter().map(str::trim).filter(|item| !item.is_empty()) {
            let (key, value) = match item.split_once('=') {
                Some((key, value)) => (key.trim(), fault.value(key.trim(), value.trim())?),
                None => (item, Value::Bool(true)),
            };
            fault.put(key, value)?;
        }
        Ok(fault)
    }

    /// Reads the form of a scenario file: an object with `name` and what differs from the defaults,
    /// or the compact form as a text.
    ///
    /// # Errors
    /// If it is not one.
    pub fn from_json(value: &Value) -> Result<Self, FaultError> {
        let object = match value {
            Value::String(text) => return Self::parse(text),
            Value::Object(object) => object,
            other => {
                return Err(FaultError(format!(
                    "expected a fault, such as {{\"name\": \"exit_mid_turn\", \"nth\": 2}}, got {other}"
                )));
            }
        };
        let name = object.get("name").and_then(Value::as_str).ok_or_else(|| {
            FaultError("expected `name`, such as \"exit_mid_turn\", in a fault".to_owned())
        })?;
        let mut fault = Self::named(name)?;
        for (key, value) in object.iter().filter(|(key, _)| *key != "name") {
            fault.put(key, value.clone())?;
        }
        Ok(fault)
    }

    /// The form of a scenario file.
    pub fn to_json(&self) -> Value {
        let mut object = Map::new();
        object.insert("name".into(), self.name().into());
        object.extend(self.given.clone());
        let Timing { after, times, rate } = &self.timing;
        match times {
            Some(Times::Only(1)) if (1..u64::MAX).contains(after) && rate.is_none() => {
                object.insert("nth".into(), (after + 1).into());
            }
            times => {
                if *after > 0 {
                    object.insert("after".into(), (*after).into());
                }
                match times {
                    Some(Times::Only(times)) => object.insert("times".into(), (*times).into()),
                    Some(Times::Every) => object.insert("every".into(), true.into()),
                    None => None,
                };
            }
        }
        if let Some(rate) = rate {
            object.insert("rate".into(), json!(rate));
        }
        if let Some(seed) = self.seed {
            object.insert("seed".into(), seed.into());
        }
        Value::Object(object)
    }

    /// Sets a parameter.
    ///
    /// # Errors
    /// If the fault has no such parameter, or the value is not one for it.
    pub fn set(mut self, parameter: &str, value: impl Into<Value>) -> Result<Self, FaultError> {
        self.put_parameter(parameter, value.into())?;
        Ok(self)
    }

    /// Only at the Nth opportunity, counted from 1.
    #[must_use]
    pub fn nth(mut self, n: u64) -> Self {
        self.timing.after = n.saturating_sub(1);
        self.timing.times = Some(Times::Only(1));
        self
    }

    /// Once, at the first opportunity that fits the rest.
    #[must_use]
    pub fn once(self) -> Self {
        self.times(1)
    }

    /// At most this often.
    #[must_use]
    pub fn times(mut self, times: u64) -> Self {
        self.timing.times = Some(Times::Only(times));
        self
    }

    /// At every opportunity.
    #[must_use]
    pub fn every(mut self) -> Self {
        self.timing.times = Some(Times::Every);
        self
    }

    /// The first `n` opportunities pass.
    #[must_use]
    pub fn after(mut self, n: u64) -> Self {
        self.timing.after = n;
        self
    }

    /// Each opportunity is taken with this probability, from 0 to 1; out of that range, with the
    /// nearest one. Without [`once`](Self::once) or [`times`](Self::times) there is no limit.
    #[must_use]
    pub fn rate(mut self, probability: f64) -> Self {
        self.timing.rate = Some(probability.clamp(0.0, 1.0));
        self
    }

    /// Its own seed, instead of the plan's.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// What the catalogue says about it.
    pub fn info(&self) -> &'static FaultInfo {
        self.info
    }

    /// Its name.
    pub fn name(&self) -> &'static str {
        self.info.name()
    }

    /// The value of a parameter, its default included.
    pub fn get(&self, parameter: &str) -> Option<Value> {
        let known = self.info.parameters().iter().find(|known| known.name() == parameter)?;
        Some(self.given.get(parameter).cloned().unwrap_or_else(|| match known.default {
            Setting::Number(number) => number.into(),
            Setting::Flag(flag) => flag.into(),
            Setting::Text(text) => text.into(),
            Setting::Word(words) => words.first().copied().unwrap_or_default().into(),
        }))
    }

    /// A parameter that is a number.
    pub(crate) fn number(&self, parameter: &str) -> u64 {
        self.get(parameter).and_then(|value| value.as_u64()).unwrap_or_default()
    }

    pub(crate) fn flag(&self, parameter: &str) -> bool {
        self.get(parameter).and_then(|value| value.as_bool()).unwrap_or_default()
    }

    pub(crate) fn text(&self, parameter: &str) -> String {
        let value = self.get(parameter).unwrap_or_default();
        value.as_str().unwrap_or_default().to_owned()
    }

    /// Whether the conversation ends with it, with its parameters.
    pub(crate) fn ends_conversation(&self) -> bool {
        self.info.ends_conversation() || self.name() == "oversize_line" && !self.flag("newline")
    }

    /// Without its seed.
    pub(crate) fn unseeded(&self) -> Self {
        Self { seed: None, ..self.clone() }
    }

    pub(super) fn after_count(&self) -> u64 {
        self.timing.after
    }

    pub(super) fn probability(&self) -> Option<f64> {
        self.timing.rate
    }

    /// How often it happens; `None`: without a limit.
    pub(super) fn limit(&self) -> Option<u64> {
        match self.timing.times {
            Some(Times::Only(times)) => Some(times),
            Some(Times::Every) => None,
            None if self.info.repeats || self.timing.rate.is_some() => None,
            None => Some(1),
        }
    }

    /// A value of the compact form: what is to be a text is one, even if it looks like a number.
    fn value(&self, key: &str, text: &str) -> Result<Value, FaultError> {
        if text.starts_with('"') {
            return serde_json::from_str::<String>(text).map(Value::from).map_err(|_| {
                let name = self.info.name();
                FaultError(format!(
                    "{name}: `{key}`: expected a text in double quotes, as in {key}=\"a, b\", got {text}"
                ))
            });
        }
        let known = self.info.parameters().iter().find(|known| known.name() == key);
        Ok(match known.map(|known| known.default) {
            Some(Setting::Text(_)) => text.into(),
            _ => read(text),
        })
    }

    fn put(&mut self, key: &str, value: Value) -> Result<(), FaultError> {
        let number = |from: u64| {
            let number = value.as_u64().filter(|number| *number >= from);
            number.ok_or_else(|| {
                FaultError(format!(
                    "{}: `{key}`: expected a whole number from {from} up, got {value}",
                    self.info.name()
                ))
            })
        };
        match key {
            "nth" => {
                self.timing.after = number(1)? - 1;
                self.timing.times = Some(Times::Only(1));
            }
            "after" => self.timing.after = number(0)?,
            "times" => self.timing.times = Some(Times::Only(number(1)?)),
            "seed" => self.seed = Some(number(0)?),
            "once" | "every" if value == true => {
                self.timing.times = Some(if key == "once" { Times::Only(1) } else { Times::Every });
            }
            "rate" => {
                let rate = value.as_f64().filter(|rate| (0.0..=1.0).contains(rate));
                self.timing.rate = Some(rate.ok_or_else(|| {
                    FaultError(format!(
                        "{}: `rate`: expected a number from 0 to 1, such as 0.1, got {value}",
                        self.info.name()
                    ))
                })?);
            }
            _ => self.put_parameter(key, value)?,
        }
        Ok(())
    }

    fn put_parameter(&mut self, key: &str, value: Value) -> Result<(), FaultError> {
        let name = self.info.name();
        let Some(known) = self.info.parameters().iter().find(|known| known.name() == key) else {
            let names: Vec<&str> = self.info.parameters().iter().map(|it| it.name()).collect();
            let has = if names.is_empty() {
                "it has no parameters".to_owned()
            } else {
                format!("it has {}", names.join(", "))
            };
            return Err(FaultError(format!(
                "{name}: no parameter `{key}`; {has}, and every fault has nth, after, times, once, every, rate, seed"
            )));
        };
        let expected = match known.default {
            Setting::Number(_) if key == "code" => (value.as_u64().is_none_or(|code| code > 255))
                .then(|| "a code from 0 to 255".into()),
            Setting::Number(_) => match (value.as_u64(), most(name, key)) {
                (Some(number), Some((most, what))) if number > most => {
                    Some(format!("at most {most} ({what})"))
                }
                (None | Some(0), _) if matches!(key, "bytes" | "bytes_per_second") => {
                    Some("a number from 1 up".to_owned())
                }
                (None, _) => Some("a whole number".to_owned()),
                _ => None,
            },
            Setting::Flag(_) => value.as_bool().is_none().then(|| "true or false".to_owned()),
            Setting::Text(_) => value.as_str().is_none().then(|| "a text".to_owned()),
            Setting::Word(words) => {
                let is_known = value.as_str().is_some_and(|word| words.contains(&word));
                (!is_known).then(|| format!("one of {}", words.join(", ")))
            }
        };
        if let Some(expected) = expected {
            return Err(FaultError(format!("{name}: `{key}`: expected {expected}, got {value}")));
        }
        self.given.insert(key.to_owned(), value);
        Ok(())
    }
}

/// By its name and what was set, in whatever form and order that was written.
impl PartialEq for Fault {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
            && self.given == other.given
            && self.timing == other.timing
            && self.seed == other.seed
    }
}

impl Serialize for Fault {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_json().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Fault {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_json(&Value::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

/// The compact form.
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        let Value::Object(object) = self.to_json() else { return Ok(()) };
        for (number, (key, value)) in object.iter().filter(|(key, _)| *key != "name").enumerate() {
            f.write_str(if number == 0 { ":" } else { "," })?;
            match value {
                Value::Bool(true) => f.write_str(key)?,
                Value::String(text) if is_plain(text) => write!(f, "{key}={text}")?,
                value => write!(f, "{key}={value}")?,
            }
        }
        Ok(())
    }
}

/// The most that a parameter may be, and what that is. What is written is held in memory.
fn most(fault: &str, parameter: &str) -> Option<(u64, &'static str)> {
    match parameter {
        "bytes" if fault != "limit_data" => Some((1 << 28, "256 MiB")),
        "ms" | "delay_ms" | "late_ms" | "every_ms" => Some((24 * 3_600_000, "a day")),
        "retry_after" => Some((24 * 3600, "a day")),
        _ => None,
    }
}

/// Whether a text needs no quotes in the compact form.
fn is_plain(text: &str) -> bool {
    text == text.trim() && !text.contains(|c: char| matches!(c, ',' | ';' | '"') || c.is_control())
}

/// The parts of a text in the compact form between separators. Those in a value in quotes do not
/// count.
pub(super) fn split(text: &str, separator: char) -> Vec<&str> {
    enum At {
        Key,
        ValueStart,
        Value,
        Quoted,
        Escaped,
    }
    let (mut parts, mut start, mut at) = (Vec::new(), 0, At::Key);
    for (index, c) in text.char_indices() {
        at = match (at, c) {
            (At::Escaped, _) => At::Quoted,
            (At::Quoted, '\\') => At::Escaped,
            (At::Quoted, '"') => At::Value,
            (At::Quoted, _) => At::Quoted,
            (_, c) if c == separator => {
                parts.push(&text[start..index]);
                start = index + c.len_utf8();
                At::Key
            }
            (_, ',' | ';') => At::Key,
            (At::Key, '=') => At::ValueStart,
            (At::ValueStart, '"') => At::Quoted,
            (At::ValueStart, c) if !c.is_whitespace() => At::Value,
            (at, _) => at,
        };
    }
    parts.push(&text[start..]);
    parts
}

/// A value of the compact form.
fn read(text: &str) -> Value {
    let number = text.parse::<u64>().map(Value::from);
    let number = number.or_else(|_| text.parse::<f64>().map(|number| json!(number)));
    match (number, text) {
        (Ok(number), _) if !number.is_null() => number,
        (_, "true") => true.into(),
        (_, "false") => false.into(),
        _ => text.into(),
    }
}

fn unknown(name: &str) -> FaultError {
    let near = near(name);
    if near.is_empty() {
        let names: Vec<&str> = catalogue().iter().map(FaultInfo::name).collect();
        return FaultError(format!("no fault {name:?}; expected one of {}", names.join(", ")));
    }
    FaultError(format!("no fault {name:?}; did you mean {}?", near.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::faults::FaultPlan;

    #[test]
    fn the_compact_form_and_the_object_say_the_same() {
        for (text, object) in [
            ("exit_mid_turn", json!({"name": "exit_mid_turn"})),
            (
                "exit_mid_turn:code=3,nth=2,seed=7",
                json!({"name": "exit_mid_turn", "code": 3, "nth": 2, "seed": 7}),
            ),
            ("latency:ms=5,rate=0.25", json!({"name": "latency", "ms": 5, "rate": 0.25})),
            (
                "hang_after_result:deaf,every",
                json!({"name": "hang_after_result", "deaf": true, "every": true}),
            ),
            (
                "oversize_line:newline=false,after=2,times=3",
                json!({"name": "oversize_line", "newline": false, "after": 2, "times": 3}),
            ),
            ("signal_death:signal=SIGSEGV", json!({"name": "signal_death", "signal": "SIGSEGV"})),
            ("unknown_type:type=a b:c", json!({"name": "unknown_type", "type": "a b:c"})),
            ("stderr_only:text=404", json!({"name": "stderr_only", "text": "404"})),
        ] {
            let fault = Fault::parse(text).unwrap();
            assert_eq!(fault.to_json(), object);
            assert_eq!(Fault::from_json(&object).unwrap(), fault);
            assert_eq!(fault.to_string(), text);
        }
        assert_eq!(Fault::parse("429").unwrap().name(), "api_429");
        assert_eq!(Fault::parse(" latency : ms = 5 , once ").unwrap().limit(), Some(1));
    }

    #[test]
    fn what_is_wrong_says_what_was_expected() {
        for (text, why) in [
            ("exit_midturn", "no fault \"exit_midturn\"; did you mean exit_mid_turn?"),
            ("", "no fault \"\"; expected one of spawn_fail, exit_before_init"),
            (
                "latency:ns=5",
                "latency: no parameter `ns`; it has ms, direction, and every fault has nth",
            ),
            ("no_init:x", "no_init: no parameter `x`; it has no parameters"),
            ("latency:ms=fast", "latency: `ms`: expected a whole number, got \"fast\""),
            ("latency:ms=-1", "latency: `ms`: expected a whole number, got -1.0"),
            ("exit_mid_turn:code=256", "`code`: expected a code from 0 to 255, got 256"),
            ("slicer:bytes=0", "`bytes`: expected a number from 1 up, got 0"),
            ("slicer:direction=up", "`direction`: expected one of out, in, got \"up\""),
            ("no_init:nth=0", "`nth`: expected a whole number from 1 up, got 0"),
            ("no_init:rate=2", "`rate`: expected a number from 0 to 1"),
            ("hang_after_result:deaf=yes", "`deaf`: expected true or false, got \"yes\""),
            ("oversize_line:bytes=18446744073709551615", "`bytes`: expected at most 268435456"),
            ("oversize_line:bytes=100000000000000", "expected at most 268435456 (256 MiB), got 1"),
            ("stderr_flood:bytes=268435457", "expected at most 268435456 (256 MiB)"),
            ("burst_before_read:bytes=268435457", "expected at most 268435456 (256 MiB)"),
            ("slicer:bytes=18446744073709551615", "expected at most 268435456 (256 MiB)"),
            ("slicer:delay_ms=86400001", "`delay_ms`: expected at most 86400000 (a day)"),
            ("api_429:retry_after=18446744073709551615", "expected at most 86400 (a day)"),
            ("non_json_noise:text=\"a", "`text`: expected a text in double quotes, as in"),
            ("non_json_noise:text=\"a\"b", "`text`: expected a text in double quotes, as in"),
        ] {
            let error = Fault::parse(text).unwrap_err().to_string();
            assert!(error.contains(why), "{text}: {error}");
        }
        for value in [json!(1), json!({"nth": 1}), json!({"name": 7}), json!([])] {
            assert!(Fault::from_json(&value).unwrap_err().to_string().contains("expected"));
        }
    }

    /// Any text survives, also where several faults are one text.
    #[test]
    fn a_text_with_separators_is_quoted() {
        let texts = [
            "a,b",
            "a;b",
            "a, b; c",
            "\"",
            "say \"hi\", twice",
            "\\",
            "a\\,",
            " edges ",
            "two\nlines",
            "",
            "a=b",
            "a=\"b",
            "{\"type\":",
            ",",
            ";",
            "é, ü",
            "\u{1}",
            "text=1",
            "a:b",
            "=\",\"",
        ];
        for text in texts {
            let fault = Fault::named("non_json_noise").unwrap().set("text", text).unwrap();
            assert_eq!(Fault::parse(&fault.to_string()).unwrap(), fault, "{fault}");
            let other = fault.clone().nth(2).seed(7);
            let plan = FaultPlan::new().with(fault).with(other);
            assert_eq!(FaultPlan::parse(&plan.to_string()).unwrap(), plan, "{plan}");
        }
        let plain = Fault::parse("non_json_noise:text={\"type\":,every").unwrap();
        assert_eq!(plain.text("text"), "{\"type\":", "a quote inside is not a quoted text");
        let far = Fault::named("no_init").unwrap().after(u64::MAX).once();
        assert_eq!(Fault::parse(&far.to_string()).unwrap(), far);
    }

    #[test]
    fn every_parameter_has_a_default_that_can_be_set() {
        for info in catalogue() {
            let mut fault = Fault::named(info.name()).unwrap();
            for parameter in info.parameters() {
                let default = fault.get(parameter.name()).unwrap();
                assert_eq!(read(&parameter.default()), default, "{}", info.name());
                fault = fault.set(parameter.name(), default).unwrap();
            }
            assert!(fault.get("nothing").is_none());
        }
    }
}
