//! The CLI's configuration folder for a conversation that comes from a store.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::Value;
use tempfile::TempDir;

use super::jsonl;
use super::local::is_metadata;
use super::session_store::SessionStoreEntry;
use crate::common::owned;
use crate::transport::PathMap;

/// The variable that names the configuration folder.
pub(crate) const CONFIG_DIR: &str = "CLAUDE_CONFIG_DIR";
/// Why there is no configuration folder.
pub(crate) const NO_CONFIG_FOLDER: &str = "the CLI's configuration folder is not known, because neither CLAUDE_CONFIG_DIR nor HOME is \
     in the environment that it gets; set one with `env`, or say by `passes_environment` of a \
     launcher that it gets that of this program";
/// Files and folders of the configuration folder that are used where they are: what the user has
/// written, and what is installed.
const LINKED: [&str; 13] = [
    "CLAUDE.md",
    "agent-memory",
    "agents",
    "commands",
    "hooks",
    "keybindings.json",
    "output-styles",
    "plugins",
    "rules",
    "skills",
    "statusline.sh",
    "themes",
    "workflows",
];
/// The files with settings.
const SETTINGS: [&str; 2] = ["settings.json", "cowork_settings.json"];

/// Where the CLI of a session has its transcripts.
#[derive(Clone, Default)]
pub(crate) enum Home {
    /// Not decided: the CLI was not started yet.
    #[default]
    Unknown,
    /// In its own configuration folder.
    Own,
    /// In a temporary one, with what came from a store.
    Restored(Arc<Restored>),
}

impl Home {
    /// Where the configuration folder is, if it is a temporary one.
    pub(crate) fn folder(&self) -> Option<&Path> {
        match self {
            Self::Restored(restored) => Some(restored.folder.path()),
            _ => None,
        }
    }
}

/// A temporary configuration folder. It is removed with its last owner.
pub(crate) struct Restored {
    folder: TempDir,
    /// Whether the transcripts stay when it is removed.
    keeps: AtomicBool,
    /// What could not be taken over from the configuration folder.
    pub(crate) warnings: Vec<String>,
}

/// One transcript for the folder.
pub(crate) struct Transcript {
    /// Below the folder of the session: `None` for the session itself.
    pub(crate) subpath: Option<String>,
    pub(crate) entries: Vec<SessionStoreEntry>,
}

impl Restored {
    /// Writes a new folder. `env` is the environment of the CLI, and `map` knows what paths are
    /// called where the CLI runs.
    pub(crate) fn write(
        env: &BTreeMap<OsString, OsString>,
        map: Option<&PathMap>,
        project: &str,
        session: &str,
        transcripts: &[Transcript],
    ) -> io::Result<Self> {
        let mut builder = tempfile::Builder::new();
        builder.prefix("claude-resume-");
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
        let mut restored = Self {
            folder: builder.tempdir()?,
            keeps: AtomicBool::new(false),
            warnings: Vec::new(),
        };
        restored.add(project, session, transcripts)?;
        restored.take_over(&Source::of(env, map), map);
        Ok(restored)
    }

    fn add(&self, project: &str, session: &str, transcripts: &[Transcript]) -> io::Result<()> {
        let folder = self.folder.path().join("projects").join(project);
        for transcript in transcripts {
            let path = match &transcript.subpath {
                None => folder.join(format!("{session}.jsonl")),
                Some(subpath) => folder.join(session).join(format!("{subpath}.jsonl")),
            };
            let is_metadata =
                |entry: &&SessionStoreEntry| transcript.subpath.is_some() && is_metadata(entry);
            let (metadata, entries): (Vec<_>, Vec<_>) =
                transcript.entries.iter().partition(is_metadata);
            if !entries.is_empty() {
                write(&path, &jsonl::lines(entries))?;
            }
            // The last one counts.
            if let Some(Ok(Value::Object(mut fields))) = metadata.last().map(|it| it.to_value()) {
                fields.remove("type");
                write(
                    &path.with_extension("meta.json"),
                    Value::Object(fields).to_string().as_bytes(),
                )?;
            }
        }
        Ok(())
    }

    /// Takes over the settings, the credentials and what the user wrote. What cannot be read is
    /// left out, with a warning.
    fn take_over(&mut self, source: &Source, map: Option<&PathMap>) {
        let Some(from) = &source.folder else {
            let text = format!(
                "the resumed CLI starts without settings and credentials: {NO_CONFIG_FOLDER}"
            );
            return self.warnings.push(text);
        };
        let to = self.folder.path().to_owned();
        let mut warn = |path: &Path, error: io::Error| {
            if error.kind() != ErrorKind::NotFound {
                self.warnings
                    .push(format!("the resumed CLI starts without {}: {error}", path.display()));
            }
        };
        for name in LINKED {
            let path = from.join(name);
            if let Err(error) = fs::metadata(&path).and_then(|_| link(&path, &to.join(name), map)) {
                warn(&path, error);
            }
        }
        // Where the link leads may be the name of a folder elsewhere.
        let has_plugins = fs::symlink_metadata(to.join("plugins")).is_ok();
        let changed = |bytes| without_settings(bytes, has_plugins);
        for name in SETTINGS {
            let path = from.join(name);
            if let Err(error) = read(&path).and_then(|text| write(&to.join(name), &changed(text))) {
                warn(&path, error);
            }
        }
        let credentials = from.join(".credentials.json");
        let path = to.join(".credentials.json");
        if let Err(error) = read(&credentials).and_then(|text| write(&path, &without_refresh(text)))
        {
            warn(&credentials, error);
        }
        if let Some(state) = &source.state
            && let Err(error) = read(state).and_then(|text| write(&to.join(".claude.json"), &text))
        {
            warn(state, error);
        }
    }

    /// The store does not have all of the transcripts, so they must be kept. Returns where they
    /// will be.
    pub(crate) fn keep_transcripts(&self) -> PathBuf {
        self.keeps.store(true, Ordering::Relaxed);
        self.folder.path().join("projects")
    }
}

impl Drop for Restored {
    fn drop(&mut self) {
        if !*self.keeps.get_mut() {
            return;
        }
        self.folder.disable_cleanup(true);
        // No credentials stay behind.
        let entries = fs::read_dir(self.folder.path()).into_iter().flatten().flatten();
        for entry in entries.filter(|entry| entry.file_name() != "projects") {
            let is_folder = entry.file_type().is_ok_and(|file| file.is_dir());
            let path = entry.path();
            let _ = if is_folder { fs::remove_dir_all(path) } else { fs::remove_file(path) };
        }
    }
}

/// The configuration folder of a CLI with this environment.
pub(crate) fn config_folder(
    env: &BTreeMap<OsString, OsString>,
    map: Option<&PathMap>,
) -> Option<PathBuf> {
    Source::of(env, map).folder
}

/// Where the CLI would look for its configuration.
struct Source {
    folder: Option<PathBuf>,
    /// `.claude.json`
    state: Option<PathBuf>,
}

impl Source {
    /// The variables name paths where the CLI runs; these are the ones here.
    fn of(env: &BTreeMap<OsString, OsString>, map: Option<&PathMap>) -> Self {
        let path = |name: &str| {
            let path = Path::new(env.get(OsStr::new(name)).filter(|value| !value.is_empty())?);
            Some(map.map_or_else(|| path.to_owned(), |map| map.here(path)))
        };
        if let Some(folder) = path(CONFIG_DIR) {
            return Self { state: Some(folder.join(".claude.json")), folder: Some(folder) };
        }
        let home = path(if cfg!(windows) { "USERPROFILE" } else { "HOME" });
        Self {
            folder: home.as_ref().map(|home| home.join(".claude")),
            state: home.map(|home| home.join(".claude.json")),
        }
    }
}

/// Reads a regular file: a pipe would never end.
fn read(path: &Path) -> io::Result<Vec<u8>> {
    match fs::metadata(path)?.is_file() {
        true => fs::read(path),
        false => Err(io::Error::other("it is not a regular file")),
    }
}

fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut file = owned(OpenOptions::new().write(true).create_new(true)).open(path)?;
    file.write_all(content)
}

/// The link is read where the CLI runs.
#[cfg(unix)]
fn link(from: &Path, to: &Path, map: Option<&PathMap>) -> io::Result<()> {
    let from = crate::transport::there(map, &std::path::absolute(from)?);
    std::os::unix::fs::symlink(from, to)
}

/// A link needs a privilege on Windows, so it is a copy.
#[cfg(not(unix))]
fn link(from: &Path, to: &Path, map: Option<&PathMap>) -> io::Result<()> {
    if !fs::metadata(from)?.is_dir() {
        return fs::copy(from, to).map(drop);
    }
    fs::create_dir(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        link(&entry.path(), &to.join(entry.file_name()), map)?;
    }
    Ok(())
}

/// Settings that would lead away from the temporary folder are removed; without installed plugins,
/// also those that would install them. Text that is not an object stays as it is.
fn without_settings(text: Vec<u8>, has_plugins: bool) -> Vec<u8> {
    changed(text, |settings| {
        let plugins = ["enabledPlugins", "extraKnownMarketplaces"];
        let removed = plugins.iter().filter(|_| !has_plugins);
        let removed = removed.filter_map(|name| settings.remove(*name)).count();
        let env = settings.get_mut("env").and_then(Value::as_object_mut);
        let led_away = env.is_some_and(|env| env.remove(CONFIG_DIR).is_some());
        removed > 0 || led_away
    })
}

/// The token for a refresh counts once: used here, it would be lost to the user.
fn without_refresh(text: Vec<u8>) -> Vec<u8> {
    changed(text, |credentials| {
        let oauth = credentials.get_mut("claudeAiOauth").and_then(Value::as_object_mut);
        oauth.is_some_and(|oauth| oauth.remove("refreshToken").is_some())
    })
}

/// The object after a change; the same bytes if there was none.
fn changed(
    text: Vec<u8>,
    change: impl FnOnce(&mut serde_json::Map<String, Value>) -> bool,
) -> Vec<u8> {
    // As some editors of Windows write it.
    let json = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&text);
    let Ok(Value::Object(mut object)) = serde_json::from_slice(json) else { return text };
    if change(&mut object) { Value::Object(object).to_string().into_bytes() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_leads_away_is_removed_from_settings() {
        for (text, has_plugins, expected) in [
            (r#"{"a": 1}"#, false, r#"{"a": 1}"#),
            ("not json", false, "not json"),
            ("[1]", false, "[1]"),
            (r#"{"enabledPlugins":{"x":true},"a":1}"#, false, r#"{"a":1}"#),
            (r#"{"enabledPlugins": {"x":true}}"#, true, r#"{"enabledPlugins": {"x":true}}"#),
            (
                "\u{feff}{\"env\":{\"CLAUDE_CONFIG_DIR\":\"/x\",\"A\":\"b\"}}",
                true,
                r#"{"env":{"A":"b"}}"#,
            ),
        ] {
            let got = without_settings(text.into(), has_plugins);
            assert_eq!(String::from_utf8(got).unwrap(), expected, "{text}");
        }
        // Whatever else is removed.
        let plugins = ["enabledPlugins", "extraKnownMarketplaces"];
        for given in 0..16 {
            let [has_plugins, enabled, known, env] = [1, 2, 4, 8].map(|bit| given & bit != 0);
            let mut settings = serde_json::json!({"a": 1});
            for (name, _) in plugins.iter().zip([enabled, known]).filter(|(_, is_set)| *is_set) {
                settings[*name] = serde_json::json!({"x": true});
            }
            let mut expected = settings.clone();
            if !has_plugins {
                expected.as_object_mut().unwrap().retain(|name, _| !plugins.contains(&&**name));
            }
            if env {
                settings["env"] = serde_json::json!({"A": "b", "CLAUDE_CONFIG_DIR": "/x"});
                expected["env"] = serde_json::json!({"A": "b"});
            }
            let text = serde_json::to_string_pretty(&settings).unwrap();
            let expected = if settings == expected { text.clone() } else { expected.to_string() };
            let got = without_settings(text.clone().into(), has_plugins);
            assert_eq!(String::from_utf8(got).unwrap(), expected, "{text} {has_plugins}");
        }
        let text = r#"{"claudeAiOauth":{"accessToken":"a","refreshToken":"r"},"other":1}"#;
        let expected = r#"{"claudeAiOauth":{"accessToken":"a"},"other":1}"#;
        assert_eq!(without_refresh(text.into()), expected.as_bytes());
    }
}
