//! The worktrees of a git repository, read from its files: no program is started.

use std::fs;
use std::path::{Path, PathBuf};

use super::key::canonical;

/// The folders of all worktrees of the repository that contains this directory, as
/// `git worktree list` names them: the main one first. Empty outside a repository.
pub(super) fn worktrees(directory: &Path) -> Vec<PathBuf> {
    let Some(common) = directory.ancestors().find_map(common_folder) else { return Vec::new() };
    let mut found = vec![without_git(&common)];
    let mut linked: Vec<PathBuf> = fs::read_dir(common.join("worktrees"))
        .into_iter()
        .flatten()
        .filter_map(|entry| {
            let folder = entry.ok()?.path();
            let git = first_line(&folder.join("gitdir"))?;
            // A relative path is relative to the folder that has it.
            Some(without_git(&canonical(&folder.join(git))))
        })
        .collect();
    linked.sort();
    found.extend(linked);
    found
}

/// The folder that all worktrees share, if `.git` is in this directory, or the directory is a bare
/// repository.
fn common_folder(directory: &Path) -> Option<PathBuf> {
    let git = directory.join(".git");
    let git = if git.is_dir() {
        git
    } else if git.is_file() {
        let line = first_line(&git)?;
        directory.join(line.strip_prefix("gitdir:")?.trim_start())
    } else if directory.join("HEAD").is_file()
        && directory.join("objects").is_dir()
        && directory.join("refs").is_dir()
    {
        directory.to_owned()
    } else {
        return None;
    };
    let common = first_line(&git.join("commondir")).map(|common| git.join(common));
    let common = canonical(&common.unwrap_or(git));
    common.join("HEAD").is_file().then_some(common)
}

fn without_git(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if path.ends_with(".git") => parent.to_owned(),
        _ => path.to_owned(),
    }
}

fn first_line(path: &Path) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    let line = text.lines().next()?;
    (!line.is_empty()).then(|| line.to_owned())
}
