//! Files that are kept next to a recording, and put back into the working directory of a launch.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;
use uuid::Uuid;

use crate::recording::{Header, kept_files, kept_folder, kept_name, lines_of_file, text_of};

/// A file that is kept next to a recording.
#[derive(Debug)]
pub(super) struct KeptFile {
    /// Its path in the working directory, with `/`.
    name: String,
    /// Where it is kept.
    kept: PathBuf,
    /// The folder of all kept files.
    recordings: Option<PathBuf>,
    /// The header of its recording, with the variables.
    header: Header,
    /// Their live values. `cwd` is where it goes.
    folders: BTreeMap<String, String>,
}

impl PartialEq for KeptFile {
    fn eq(&self, other: &Self) -> bool {
        self.kept == other.kept
    }
}

impl KeptFile {
    /// Those of a recording, for a launch in these folders.
    pub(super) fn of(
        recording: &Path,
        header: &Header,
        folders: &BTreeMap<String, String>,
    ) -> std::io::Result<Vec<Arc<Self>>> {
        let folder = kept_folder(recording);
        let recordings = folder.parent().and_then(|files| files.canonicalize().ok());
        let files = kept_files(recording)?.into_iter().filter_map(|kept| {
            let name = kept_name(&folder, &kept)?;
            let (header, folders) = (header.clone(), folders.clone());
            Some(Arc::new(Self { name, kept, recordings: recordings.clone(), header, folders }))
        });
        Ok(files.collect())
    }

    /// Its path in the working directory.
    #[cfg(test)]
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Whether a tool that was given this path wrote it.
    pub(super) fn is_at(&self, path: &str) -> bool {
        let rest = self.folders.get("cwd").and_then(|cwd| path.strip_prefix(cwd.as_str()));
        let below = rest.map_or(path, |rest| rest.trim_start_matches('/'));
        below.trim_start_matches("./") == self.name
    }

    /// Writes it into the working directory, in the place of what is there. Nothing is written
    /// through a link, nor among the kept files.
    pub(super) fn put_back(&self) -> Result<(), String> {
        self.write().map_err(|why| format!("the kept file {} is not put back: {why}", self.name))
    }

    fn write(&self) -> Result<(), String> {
        let at = |path: &Path, why: &dyn std::fmt::Display| format!("{}: {why}", path.display());
        let cwd = self.folders.get("cwd").ok_or("the working directory is not known")?;
        let mut path = Path::new(cwd).canonicalize().map_err(|error| at(Path::new(cwd), &error))?;
        let (folder, file) = self.name.rsplit_once('/').unwrap_or(("", &self.name));
        for part in folder.split('/').filter(|part| !part.is_empty()) {
            path.push(part);
            match fs::symlink_metadata(&path) {
                Ok(there) if there.is_dir() => {}
                Ok(_) => return Err(at(&path, &"it is a link or a file, and not a folder")),
                Err(_) => fs::create_dir(&path).map_err(|error| at(&path, &error))?,
            }
        }
        path.push(file);
        if self.recordings.as_ref().is_some_and(|recordings| path.starts_with(recordings)) {
            return Err(at(&path, &"a replay does not write among the kept files"));
        }
        match fs::symlink_metadata(&path) {
            Ok(there) if !there.is_file() => {
                return Err(at(&path, &"it is a link or a folder, and not a file"));
            }
            _ => {}
        }
        let draft = path.with_file_name(format!(".{}.kept", Uuid::new_v4()));
        let bytes = self.content()?;
        let written = fs::write(&draft, bytes)
            .and_then(|()| fs::set_permissions(&draft, fs::metadata(&self.kept)?.permissions()))
            .and_then(|()| fs::rename(&draft, &path));
        written.map_err(|error| {
            // This error is the one to report.
            let _ = fs::remove_file(&draft);
            at(&path, &error)
        })
    }

    /// The content with the live folders.
    fn content(&self) -> Result<Vec<u8>, String> {
        let bytes =
            fs::read(&self.kept).map_err(|error| format!("{}: {error}", self.kept.display()))?;
        let Some(mut text) = lines_of_file(&bytes) else { return Ok(bytes) };
        text.header.vars.clone_from(&self.header.vars);
        let text = text.expand(&self.folders).map_err(|error| error.to_string())?;
        Ok(text_of(&text.events))
    }

    /// Whether an input of a tool names it.
    pub(super) fn is_in(&self, input: &Value) -> bool {
        match input {
            Value::String(text) => text.match_indices(&self.name).any(|(at, name)| {
                let part = |letter: char| letter.is_alphanumeric() || "_-".contains(letter);
                let before = text[..at].chars().next_back();
                let after = text[at + name.len()..].chars().next();
                !before.is_some_and(|letter| part(letter) || letter == '.')
                    && !after.is_some_and(part)
            }),
            Value::Array(items) => items.iter().any(|item| self.is_in(item)),
            Value::Object(fields) => fields.values().any(|field| self.is_in(field)),
            _ => false,
        }
    }
}
