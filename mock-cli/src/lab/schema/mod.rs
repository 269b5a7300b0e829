//! The schema inside a CLI: the kinds of messages it writes, with their fields, the requests it
//! accepts, its hooks and its flags.
//!
//! The CLI checks what it reads and writes against schemas in its own script. They are found by
//! words that cannot change unless the wire changes (`keep_alive`, `can_use_tool`), and by their
//! form; the names in the script differ in every build. A section that cannot be read is reported
//! as such, and never reads as one without a difference.

mod compare;
mod difference;
mod expression;
mod flags;
mod library;
mod reader;
mod report;
mod script;
mod scripts;
mod sections;

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::path::Path;

pub(crate) use self::compare::Comparison;
pub(crate) use self::library::Known;
use self::script::{Script, Words};
use self::scripts::Scripts;
use self::sections::{By, Requests, Section};

/// The sections of a schema, in the order of a report.
pub(super) const SECTIONS: [&str; 9] = [
    "messages",
    "requests of the CLI",
    "replies of the CLI",
    "hook inputs",
    "hook outputs",
    "requests of a host",
    "replies of a host",
    "messages of a host",
    "flags",
];

/// The schema of one CLI, or what the library declares.
#[derive(Debug)]
pub(crate) struct Schema {
    /// The name of what it belongs to, for a report.
    pub(super) of: String,
    /// One for each of [`SECTIONS`].
    sections: [Section; 9],
}

impl Schema {
    /// Reads the schema inside a CLI.
    pub(crate) fn of_cli(path: &Path) -> Result<Self, String> {
        let (mut flags, mut schemas) = (Vec::new(), Vec::new());
        let none = Words::new();
        each_script(path, |text| {
            flags.extend(flags::flags(&text));
            if Script::new(&text, &sections::ANCHORS, &none).is_some() {
                schemas.push(text);
            }
        })?;
        let of = format!("{} ({})", version(&schemas).unwrap_or("unknown version"), path.display());
        // If there are several, the one that defines the most: others check only what they need.
        let candidates = schemas.iter().filter_map(|text| {
            Script::new(text, &sections::ANCHORS, &none).map(|script| (text, script))
        });
        let chosen = candidates.max_by_key(|(_, script)| script.schemas().len());
        let lists = match &chosen {
            Some((_, script)) => words_of_others(path, &script.wanted())?,
            None => Words::new(),
        };
        let script = chosen.and_then(|(text, _)| Script::new(text, &sections::ANCHORS, &lists));
        let mut sections = match &script {
            Some(script) => read(script),
            None => std::array::from_fn(|_| Err("no script with a schema was found".to_owned())),
        };
        sections[8] = flags::section(flags);
        Ok(Self { of, sections })
    }
}

/// The lists that other scripts export under these names. If two have the same name, neither is
/// used.
fn words_of_others(path: &Path, names: &HashSet<String>) -> Result<Words, String> {
    let mut found: HashMap<String, Vec<Vec<String>>> = HashMap::new();
    each_script(path, |text| {
        for (name, words) in script::exported_words(&text, names) {
            found.entry(name).or_default().push(words);
        }
    })?;
    let single = |(name, mut lists): (String, Vec<Vec<String>>)| {
        let words = lists.pop().filter(|_| lists.is_empty())?;
        Some((name, words))
    };
    Ok(found.into_iter().filter_map(single).collect())
}

fn each_script(path: &Path, mut take: impl FnMut(String)) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("{}: {error}", path.display());
    let mut scripts = Scripts::new(File::open(path).map_err(failed)?);
    while let Some(text) = scripts.next().map_err(failed)? {
        take(text);
    }
    Ok(())
}

fn read(script: &Script<'_>) -> [Section; 9] {
    let requests = Requests::find(script);
    let of = |by: fn(&Requests<'_, '_>) -> sections::Found| match &requests {
        Ok(requests) => Ok(by(requests)),
        Err(why) => Err(why.clone()),
    };
    [
        sections::messages(script),
        of(|requests| requests.requests(By::Cli)),
        of(|requests| requests.replies(By::Host)),
        sections::hook_inputs(script),
        sections::hook_outputs(script),
        of(|requests| requests.requests(By::Host)),
        of(|requests| requests.replies(By::Cli)),
        sections::host_messages(script),
        Err(String::new()),
    ]
}

/// The version that a script reports.
fn version(scripts: &[String]) -> Option<&str> {
    let (_, rest) = scripts.first()?.split_once("// Version: ")?;
    rest.split_whitespace().next()
}
