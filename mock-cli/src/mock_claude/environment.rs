//! What the environment asks for.

use std::collections::BTreeMap;
use std::env;
use std::ffi::OsString;
use std::path::PathBuf;

use claude_wire::recording::Recording;

/// Where the words of the session may come from; one at a time.
const SOURCES: [&str; 3] = ["CLAUDE_WIRE_REPLAY", "CLAUDE_WIRE_SCENARIO", "CLAUDE_WIRE_RECORD_TO"];

/// The variables, read and checked.
#[derive(Debug, PartialEq)]
pub(crate) struct Environment {
    pub(crate) lenient: bool,
    pub(crate) speed: Option<f64>,
    replay: Result<PathBuf, String>,
}

impl Environment {
    pub(crate) fn of_process() -> Result<Self, String> {
        Self::read(|name| env::var_os(name))
    }

    fn read(var: impl Fn(&str) -> Option<OsString>) -> Result<Self, String> {
        // An empty variable is an unset one.
        let var = |name: &str| var(name).filter(|value| !value.is_empty());
        Ok(Self {
            lenient: var("CLAUDE_WIRE_LENIENT").is_some_and(|value| value != "0"),
            speed: speed(var("CLAUDE_WIRE_SPEED"))?,
            replay: replay(var),
        })
    }

    /// The recording to play, whole.
    pub(crate) fn recording(&self) -> Result<Recording, String> {
        let path = self.replay.clone()?;
        let recording = Recording::open(&path).map_err(|error| format!("CLAUDE_WIRE_REPLAY: {error}"))?;
        recording.require_sealed().map_err(|error| format!("CLAUDE_WIRE_REPLAY: {}: {error}", path.display()))?;
        Ok(recording)
    }

    /// The recording's name in reports.
    pub(crate) fn name(&self) -> String {
        self.replay.as_ref().map_or_else(Clone::clone, |path| path.display().to_string())
    }

    /// What the variables of a recording stand for here.
    pub(crate) fn folders(&self) -> BTreeMap<String, String> {
        let cwd = env::current_dir().ok().and_then(|cwd| cwd.into_os_string().into_string().ok());
        let home = env::var("HOME").ok().filter(|home| !home.is_empty());
        [("cwd", cwd), ("home", home)].into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
    }
}

fn replay(var: impl Fn(&str) -> Option<OsString>) -> Result<PathBuf, String> {
    let set: Vec<&str> = SOURCES.into_iter().filter(|name| var(name).is_some()).collect();
    match (set.as_slice(), var("CLAUDE_WIRE_REPLAY")) {
        ([_], Some(path)) => Ok(path.into()),
        ([], _) => Err("nothing to play: set CLAUDE_WIRE_REPLAY to the path of a recording".to_owned()),
        ([one], None) => Err(format!("{one} is not supported by this version; set CLAUDE_WIRE_REPLAY to the path of a recording")),
        (several, _) => Err(format!("{} are both set; leave one of them", several.join(" and "))),
    }
}

fn speed(value: Option<OsString>) -> Result<Option<f64>, String> {
    let Some(value) = value else { return Ok(None) };
    let factor = value.to_str().and_then(|text| text.parse::<f64>().ok()).filter(|factor| factor.is_finite() && *factor > 0.0);
    factor.map(Some).ok_or_else(|| format!("CLAUDE_WIRE_SPEED must be a number over 0, such as 1 or 2.5, not {value:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(vars: &[(&str, &str)]) -> Result<Environment, String> {
        Environment::read(|name| vars.iter().find(|(var, _)| *var == name).map(|(_, value)| value.into()))
    }

    #[test]
    fn reads_what_is_set() {
        let environment = read(&[("CLAUDE_WIRE_REPLAY", "a.jsonl"), ("CLAUDE_WIRE_SPEED", "2.5"), ("CLAUDE_WIRE_LENIENT", "1")]).unwrap();
        assert_eq!(environment, Environment { lenient: true, speed: Some(2.5), replay: Ok("a.jsonl".into()) });
        assert!(!read(&[("CLAUDE_WIRE_LENIENT", "0")]).unwrap().lenient);
    }

    #[test]
    fn one_source_and_no_other() {
        let why = |vars: &[(&str, &str)]| read(vars).unwrap().recording().unwrap_err();
        assert!(why(&[]).contains("set CLAUDE_WIRE_REPLAY"));
        assert!(why(&[("CLAUDE_WIRE_REPLAY", "")]).contains("nothing to play"));
        assert!(why(&[("CLAUDE_WIRE_SCENARIO", "s")]).contains("CLAUDE_WIRE_SCENARIO is not supported"));
        assert!(why(&[("CLAUDE_WIRE_REPLAY", "r"), ("CLAUDE_WIRE_SCENARIO", "s")]).contains("are both set"));
    }

    #[test]
    fn a_speed_is_a_positive_number() {
        for speed in ["0", "-1", "fast", "inf", "NaN"] {
            assert!(read(&[("CLAUDE_WIRE_SPEED", speed)]).unwrap_err().contains(speed), "{speed}");
        }
    }
}
