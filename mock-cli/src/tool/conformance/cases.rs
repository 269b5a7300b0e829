//! The cases, as their files have them.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::plan::plan;
use super::script::Script;
use super::section::Section;
use crate::Failure;

/// The files of this repository.
const SHIPPED: [(&str, &str); 2] = [
    ("stdout-cases.json", include_str!("../../../conformance/stdout-cases.json")),
    ("host-cases.json", include_str!("../../../conformance/host-cases.json")),
];

pub(super) struct Case {
    pub(super) file: String,
    pub(super) section: Section,
    pub(super) name: String,
    pub(super) level: String,
    pub(super) body: Value,
    /// The line for the host, without the path of its `claude`.
    pub(super) ask: Map<String, Value>,
    pub(super) script: Script,
}

impl Case {
    /// The name by which it is selected: `argv_cases/defaults`.
    pub(super) fn id(&self) -> String {
        format!("{}/{}", self.section.name(), self.name)
    }

    /// A launch without options.
    pub(super) fn has_no_options(&self) -> bool {
        self.body["options"].as_object().is_none_or(Map::is_empty)
    }

    /// One that no file has: what a host does without any options.
    pub(super) fn baseline() -> Result<Self, Failure> {
        let body = json!({"name": "baseline", "options": {}, "expect_argv_after_program": []});
        read("", Section::Argv, &body)
    }
}

/// The shipped cases, and those of the `*.json` files in these folders.
pub(super) fn load(folders: &[PathBuf]) -> Result<Vec<Case>, Failure> {
    let mut cases = Vec::new();
    for (file, text) in SHIPPED {
        add(&mut cases, file, text)?;
    }
    for folder in folders {
        let failed = |error: std::io::Error| format!("--cases {}: {error}", folder.display());
        let entries = fs::read_dir(folder).and_then(Iterator::collect::<Result<Vec<_>, _>>);
        let mut files: Vec<_> = entries.map_err(failed)?.iter().map(fs::DirEntry::path).collect();
        files.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
        files.sort();
        if files.is_empty() {
            return Err(format!("--cases {}: no *.json in it", folder.display()));
        }
        for path in files {
            add_file(&mut cases, &path)?;
        }
    }
    Ok(cases)
}

fn add_file(cases: &mut Vec<Case>, path: &Path) -> Result<(), Failure> {
    let name = path.display().to_string();
    let text = fs::read_to_string(path).map_err(|error| format!("{name}: {error}"))?;
    add(cases, &name, &text)
}

fn add(cases: &mut Vec<Case>, file: &str, text: &str) -> Result<(), Failure> {
    let content: Value = serde_json::from_str(text).map_err(|error| format!("{file}: {error}"))?;
    let fields = content.as_object().ok_or_else(|| format!("{file}: expected an object"))?;
    let mut has_cases = false;
    for (key, list) in fields.iter().filter(|(key, _)| key.as_str() != "about") {
        let section = Section::ALL.into_iter().find(|section| section.name() == key);
        let (Some(section), Some(list)) = (section, list.as_array()) else {
            let names = Section::ALL.map(Section::name).join(", ");
            return Err(format!("{file}: {key}: expected lists named {names}"));
        };
        for body in list {
            has_cases = true;
            let case = read(file, section, body)?;
            if cases.iter().any(|other: &Case| other.id() == case.id()) {
                return Err(format!("{file}: {}: another case has this name", case.id()));
            }
            cases.push(case);
        }
    }
    if has_cases { Ok(()) } else { Err(format!("{file}: no cases in it")) }
}

fn read(file: &str, section: Section, body: &Value) -> Result<Case, Failure> {
    let name = body["name"].as_str().unwrap_or("a case without a name");
    let place = || format!("{file}: {}/{name}", section.name());
    let (ask, steps) = plan(section, body).map_err(|why| format!("{}: {why}", place()))?;
    if body["name"].is_null() {
        return Err(place());
    }
    let mut line = Map::new();
    line.insert("conformance".to_owned(), json!(1));
    line.insert("case".to_owned(), json!(format!("{}/{name}", section.name())));
    line.insert("prompt".to_owned(), json!("go"));
    line.insert("options".to_owned(), json!({}));
    line.extend(ask);
    // A case may say the host's part itself.
    line.extend(body["ask"].as_object().cloned().unwrap_or_default());
    let initialize = body.pointer("/options/$initialize_response");
    Ok(Case {
        file: file.to_owned(),
        section,
        name: name.to_owned(),
        level: body["level"].as_str().unwrap_or("should").to_owned(),
        body: body.clone(),
        ask: line,
        script: Script {
            initialize: initialize.cloned().unwrap_or_else(|| json!({})),
            steps,
            limit: Duration::default(),
        },
    })
}
