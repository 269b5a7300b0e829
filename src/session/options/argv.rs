//! Flags and their values as arguments.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use serde_json::Value;

use super::values::{FileOrJson, Plugin, SystemPrompt, Thinking};

/// The fixed arguments of every launch. Print mode with stream-json output requires `--verbose`.
const PREFIX: [&str; 6] =
    ["--print", "--output-format", "stream-json", "--input-format", "stream-json", "--verbose"];

/// The maximum length of a prompt on the command line, in bytes; a longer one goes into the
/// initialize request, since systems limit the length of an argument.
const LONGEST_PROMPT_ARGUMENT: usize = 8 * 1024;

/// An argument list under construction; the only place where a flag and its value are combined.
///
/// The declarations name its methods: each takes the flags of an option and its value.
pub(super) struct Argv(Vec<OsString>);

impl Argv {
    /// The fixed arguments.
    pub(super) fn new() -> Self {
        Self(PREFIX.map(OsString::from).to_vec())
    }

    pub(super) fn into_arguments(self) -> Vec<OsString> {
        self.0
    }

    /// A value, verbatim.
    pub(super) fn text(&mut self, flags: &[&str], value: &(impl AsRef<OsStr> + ?Sized)) {
        let value = value.as_ref();
        if value.is_empty() || value.as_encoded_bytes().starts_with(b"-") {
            self.attached(flags, value);
        } else {
            self.0.extend([flags[0].into(), value.to_owned()]);
        }
    }

    /// A value in one argument with its flag, for flags whose value is optional for the CLI.
    pub(super) fn attached(&mut self, flags: &[&str], value: &(impl AsRef<OsStr> + ?Sized)) {
        let mut argument = OsString::from(flags[0]);
        argument.push("=");
        argument.push(value);
        self.0.push(argument);
    }

    /// A value of an open enum.
    pub(super) fn word(&mut self, flags: &[&str], value: &impl AsRef<str>) {
        self.text(flags, value.as_ref());
    }

    pub(super) fn number(&mut self, flags: &[&str], number: &impl ToString) {
        self.text(flags, &number.to_string());
    }

    /// Plain decimal digits, never an exponent. Adding zero turns -0, which is in range, into 0.
    pub(super) fn dollars(&mut self, flags: &[&str], usd: &f64) {
        self.number(flags, &(usd + 0.0));
    }

    /// A flag without a value, if it is on.
    pub(super) fn switch(&mut self, flags: &[&str], on: &bool) {
        if *on {
            self.0.push(flags[0].into());
        }
    }

    /// A list in one comma-joined value; an empty one is not sent.
    pub(super) fn list(&mut self, flags: &[&str], items: &[impl AsRef<str>]) {
        if !items.is_empty() {
            self.list_or_none(flags, items);
        }
    }

    /// A list in one comma-joined value; an empty one is sent, and means "none".
    pub(super) fn list_or_none(&mut self, flags: &[&str], items: &[impl AsRef<str>]) {
        self.text(flags, &joined(items));
    }

    /// The flag once for each path.
    pub(super) fn each(&mut self, flags: &[&str], paths: &[PathBuf]) {
        paths.iter().for_each(|path| self.text(flags, path));
    }

    /// The flag once for each source that is a file.
    pub(super) fn each_file(&mut self, flags: &[&str], sources: &[FileOrJson]) {
        sources.iter().for_each(|source| self.file(flags, source));
    }

    /// A source that is a file; JSON goes into the initialize request.
    pub(super) fn file(&mut self, flags: &[&str], source: &FileOrJson) {
        if let Some(path) = source.file() {
            self.text(flags, path);
        }
    }

    pub(super) fn json(&mut self, flags: &[&str], json: &Value) {
        self.text(flags, &json.to_string());
    }

    pub(super) fn system_prompt(&mut self, flags: &[&str], prompt: &SystemPrompt) {
        match prompt {
            SystemPrompt::Text(text) if is_argument(text) => self.text(&flags[..1], text),
            SystemPrompt::Append(text) if is_argument(text) => self.text(&flags[1..], text),
            SystemPrompt::File(path) => self.text(&flags[2..], path),
            SystemPrompt::Text(_) | SystemPrompt::Blocks(_) | SystemPrompt::Append(_) => {}
        }
    }

    pub(super) fn thinking(&mut self, flags: &[&str], thinking: &Thinking) {
        match thinking {
            Thinking::Adaptive => self.text(flags, "adaptive"),
            Thinking::Disabled => self.text(flags, "disabled"),
            Thinking::Budget(tokens) => self.number(&flags[1..], tokens),
        }
    }

    pub(super) fn plugins(&mut self, flags: &[&str], plugins: &[Plugin]) {
        for plugin in plugins {
            self.text(&flags[usize::from(plugin.without_mcp)..], &plugin.path);
        }
    }

    /// Flags with their values, under their own names.
    pub(super) fn extra(&mut self, args: &[(String, Option<String>)]) {
        for (name, value) in args {
            let flag = format!("--{name}");
            match value {
                Some(value) => self.text(&[&flag], value),
                None => self.switch(&[&flag], &true),
            }
        }
    }
}

pub(super) fn joined(items: &[impl AsRef<str>]) -> String {
    items.iter().map(AsRef::as_ref).collect::<Vec<_>>().join(",")
}

pub(super) fn is_argument(prompt: &str) -> bool {
    prompt.len() <= LONGEST_PROMPT_ARGUMENT
}
