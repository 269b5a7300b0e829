//! Files that a launch leaves in its working directory, and that are kept next to its recording.

use std::collections::BTreeSet;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Component, Path, PathBuf};

use glob::{MatchOptions, Pattern};

use super::filter::Filter;
use crate::common::owned;
use crate::recording::{kept_folder, kept_name, lines, remove_kept, text_of};

/// The most bytes of one file, and of all files of a launch.
const FILE: u64 = 1024 * 1024;
const ALL: u64 = 16 * FILE;

/// The most files of a launch.
const COUNT: usize = 1000;

/// `*` does not match `/`, nor the dot of a hidden file.
const OPTIONS: MatchOptions = MatchOptions {
    case_sensitive: true,
    require_literal_separator: true,
    require_literal_leading_dot: true,
};

/// Which files of which folder are kept.
#[derive(Clone, Debug)]
pub(super) struct Keep {
    pub(super) patterns: Vec<String>,
    /// The working directory of the launch; `None` if it is not known.
    pub(super) cwd: Option<PathBuf>,
}

/// Checks a pattern: one for files below a folder.
pub(super) fn check(pattern: &str) -> Result<(), String> {
    let wrong = |why: &str| Err(format!("{pattern:?} is not a pattern of files to keep: {why}"));
    let below = Path::new(pattern).components().all(|part| matches!(part, Component::Normal(_)));
    if pattern.is_empty() || !below {
        return wrong("expected a path below the working directory, such as out/*.txt");
    }
    Pattern::new(pattern).map_or_else(|error| wrong(&error.to_string()), |_| Ok(()))
}

impl Keep {
    /// Keeps the files, redacted as the recording is. Returns what was not kept, and why.
    pub(super) fn run(&self, recording: &Path, filter: &mut Filter) -> Vec<String> {
        let mut refused = Vec::new();
        let to = kept_folder(recording);
        let cwd = self.cwd.as_ref().and_then(|cwd| cwd.canonicalize().ok());
        let Some(cwd) = cwd else {
            return vec!["no file is kept: the working directory is not known".to_owned()];
        };
        if let Err(error) = remove_kept(recording) {
            return vec![format!("no file is kept: {}: {error}", to.display())];
        }
        let (mut count, mut size) = (0, 0);
        for file in self.matches(&cwd, recording, &mut refused) {
            let kept = kept_name(&cwd, &file)
                .ok_or_else(|| "its name is not UTF-8".to_owned())
                .and_then(|name| {
                    let bytes = content(&cwd, &file)?;
                    count += 1;
                    size += bytes.len() as u64;
                    if count > COUNT {
                        return Err(format!("more than {COUNT} files"));
                    }
                    if size > ALL {
                        return Err(format!("with it the files have more than {ALL} bytes"));
                    }
                    write(&to.join(name), &file, &redacted(bytes, filter))
                        .map_err(|error| error.to_string())
                });
            if let Err(why) = kept {
                refused.push(format!("{} is not kept: {why}", file.display()));
            }
        }
        refused
    }

    /// The files that match, in order.
    fn matches(
        &self,
        cwd: &Path,
        recording: &Path,
        refused: &mut Vec<String>,
    ) -> BTreeSet<PathBuf> {
        let mut found = BTreeSet::new();
        let own = recording.parent().and_then(|folder| folder.canonicalize().ok());
        let is_own = |file: &Path| {
            own.as_ref().is_some_and(|own| {
                let is_recording = file.extension().is_some_and(|ending| ending == "jsonl");
                file.starts_with(kept_folder(&own.join("x")).parent().unwrap_or(own))
                    || is_recording && file.parent() == Some(own)
            })
        };
        for pattern in &self.patterns {
            let folder = Pattern::escape(&cwd.to_string_lossy());
            let paths = glob::glob_with(&format!("{folder}/{pattern}"), OPTIONS);
            let mut any = false;
            for path in paths.into_iter().flatten() {
                any = true;
                match path {
                    // A pattern such as `**` matches folders, whose files it matches, too.
                    Ok(path) if path.is_dir() && pattern.contains('*') => {}
                    Ok(path) if is_own(&path) => {}
                    Ok(path) => drop(found.insert(path)),
                    Err(error) => {
                        refused.push(format!("{} is not kept: {error}", error.path().display()))
                    }
                }
            }
            if !any {
                refused.push(format!("no file matches {pattern:?}"));
            }
        }
        found
    }
}

/// The content of a file that may be kept.
fn content(cwd: &Path, file: &Path) -> Result<Vec<u8>, String> {
    let found = fs::symlink_metadata(file).map_err(|error| error.to_string())?;
    let real = file.canonicalize().map_err(|error| error.to_string())?;
    if real != file || !real.starts_with(cwd) {
        return Err("it is a link, or below one".to_owned());
    }
    if found.is_dir() {
        return Err("it is a folder; name its files, as in FOLDER/**/*".to_owned());
    }
    if !found.is_file() {
        return Err("it is not a regular file".to_owned());
    }
    if found.len() > FILE {
        return Err(format!("it has {} bytes, and the limit is {FILE}", found.len()));
    }
    fs::read(file).map_err(|error| error.to_string())
}

/// The content without secrets, and with variables for folders; as it is if it is not text.
fn redacted(bytes: Vec<u8>, filter: &mut Filter) -> Vec<u8> {
    let Ok(text) = std::str::from_utf8(&bytes) else { return bytes };
    let mut ready = Vec::new();
    lines(text).for_each(|event| filter.push(event));
    filter.finish(&mut ready);
    text_of(&ready)
}

/// Writes a kept file, which may be executed by those who may execute the original.
fn write(to: &Path, original: &Path, bytes: &[u8]) -> io::Result<()> {
    to.parent().map_or(Ok(()), fs::create_dir_all)?;
    owned(OpenOptions::new().write(true).create_new(true)).open(to)?.write_all(bytes)?;
    fs::set_permissions(to, fs::metadata(original)?.permissions())
}
