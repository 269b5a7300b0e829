//! Directories and files.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::traits::{HookSpecific, NoOutput};
use crate::wire::decode::Shape;

event! {
    /// A work tree is requested (`WorktreeCreate`, CLI 2.1.329). The hook creates it instead of the
    /// CLI.
    WorktreeCreate -> WorktreeCreateOutput {
        /// Its name.
        pub name: String = "name" required,
    }
}

/// The answer of a hook that has created a work tree.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct WorktreeCreateOutput {
    /// Where it is.
    ///
    /// Wire field `worktreePath`, CLI 2.1.329.
    pub worktree_path: String,
}

impl WorktreeCreateOutput {
    /// The work tree is here.
    pub fn new(worktree_path: impl Into<String>) -> Self {
        Self { worktree_path: worktree_path.into() }
    }
}

impl HookSpecific for WorktreeCreateOutput {
    fn declare(shape: &mut Shape) {
        shape.add("worktreePath");
    }
}

impl Serialize for WorktreeCreateOutput {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("hookEventName", "WorktreeCreate")?;
        map.serialize_entry("worktreePath", &self.worktree_path)?;
        map.end()
    }
}

event! {
    /// A work tree is not needed any more (`WorktreeRemove`, CLI 2.1.329).
    WorktreeRemove -> NoOutput {
        /// Where it is.
        pub worktree_path: String = "worktree_path" required,
    }
}

event! {
    /// The working directory has changed (`CwdChanged`, CLI 2.1.329, declared, not seen).
    CwdChanged -> CwdChangedOutput {
        /// The directory before.
        pub old_cwd: String = "old_cwd" declared,
        /// The directory now.
        pub new_cwd: String = "new_cwd" required declared,
    }
}

output! {
    /// A hook's answer to a change of the directory.
    CwdChangedOutput of "CwdChanged" {
        /// Paths to watch for changes.
        watch_paths: Vec<String> = "watchPaths",
    }
}

event! {
    /// A file that is watched has changed (`FileChanged`, CLI 2.1.329).
    FileChanged -> FileChangedOutput {
        /// The file.
        pub file_path: String = "file_path" required,
        /// What happened to it.
        pub event: FileChange = "event",
    }
}

open_enum! {
    /// What happened to a file (`event`).
    pub enum FileChange {
        Change = "change",
        Add = "add",
        Unlink = "unlink",
    }
}

output! {
    /// A hook's answer to the change of a file.
    FileChangedOutput of "FileChanged" {
        /// Paths to watch for changes.
        watch_paths: Vec<String> = "watchPaths",
    }
}

event! {
    /// A working directory was added (`DirectoryAdded`, CLI 2.1.329).
    DirectoryAdded -> NoOutput {
        /// The directory.
        pub directory: String = "directory" required,
        /// Who added it.
        pub source: DirectorySource = "source",
    }
}

open_enum! {
    /// Who added a directory (`source`).
    pub enum DirectorySource {
        SlashCommand = "slash_command",
        RegisterRepoRoot = "register_repo_root",
    }
}
