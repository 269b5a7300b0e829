//! The workspace: what has changed in it.

object! {
    /// What has changed in the workspace (reply to `get_workspace_diff`, CLI 2.1.329).
    pub struct WorkspaceDiff {
        /// The changes; `None` where they could not be had.
        pub diff: Option<Box<Diff>> = "diff" declared,
        /// Why they could not.
        pub no_diff_reason: Option<NoDiffReason> = "noDiffReason",
    }
}

object! {
    /// Changes of a workspace (`diff`, CLI 2.1.329, declared, not seen).
    pub struct Diff {
        /// How much has changed.
        pub stats: DiffStats = "stats" declared,
        /// The same by file.
        pub per_file_stats: Vec<FileDiffStats> = "perFileStats" required declared,
        /// How many files are left out.
        pub omitted: Option<OmittedFiles> = "omitted" declared,
        /// The changes by file, as text.
        pub hunks: Vec<FileHunks> = "hunks" required declared,
        /// Files whose text was cut.
        pub line_capped: Option<Vec<String>> = "lineCapped" v2_1_332 declared,
        /// What is not committed, by file.
        pub uncommitted_hunks: Vec<FileHunks> = "uncommittedHunks" v2_1_332 declared,
        /// Files whose text is too long.
        pub skipped_large: Vec<String> = "skippedLarge" required declared,
        /// Files whose text may not be shown.
        pub restricted: Vec<String> = "restricted" required declared,
        /// What it was compared with.
        pub source: DiffSource = "source" declared,
        /// Names the directory that the paths are relative to.
        pub root_id: Option<String> = "rootId" declared,
    }
}

object! {
    /// How much has changed (`stats`, CLI 2.1.329, declared, not seen).
    pub struct DiffStats {
        /// How many files.
        pub files_count: u64 = "filesCount" declared,
        /// How many lines came.
        pub lines_added: u64 = "linesAdded" declared,
        /// How many lines went.
        pub lines_removed: u64 = "linesRemoved" declared,
    }
}

object! {
    /// How much of a file has changed (an item of `perFileStats`, CLI 2.1.329, declared, not seen).
    pub struct FileDiffStats {
        /// The file.
        pub path: String = "path" declared,
        /// How many lines came.
        pub added: u64 = "added" declared,
        /// How many lines went.
        pub removed: u64 = "removed" declared,
        /// True when it is not text.
        pub is_binary: bool = "isBinary" declared,
        /// True when the repository does not know it.
        pub is_untracked: bool = "isUntracked" declared,
        /// How it changed.
        pub status: Option<FileStatus> = "status" declared,
        /// Where it was before.
        pub previous_path: Option<String> = "previousPath" declared,
        /// Where it is now, for display.
        pub new_path: Option<String> = "newPath" declared,
        /// How it differs from the last commit.
        pub uncommitted_status: Option<String> = "uncommittedStatus" v2_1_332 declared,
    }
}

object! {
    /// How many files are left out (`omitted`, CLI 2.1.329, declared, not seen).
    pub struct OmittedFiles {
        /// How many.
        pub files: u64 = "files" declared,
        /// False when there may be more.
        pub exact: bool = "exact" declared,
    }
}

object! {
    /// Changes of a file (an item of `hunks` and of `uncommittedHunks`, CLI 2.1.329, declared, not
    /// seen).
    pub struct FileHunks {
        /// The file.
        pub path: String = "path" declared,
        /// How many lines came.
        pub added: Option<u64> = "added" declared,
        /// How many lines went.
        pub removed: Option<u64> = "removed" declared,
        /// The changes.
        pub hunks: Vec<Hunk> = "hunks" required declared,
    }
}

object! {
    /// One change of a file (an item of `hunks`, CLI 2.1.329, declared, not seen).
    pub struct Hunk {
        /// Where it began before.
        pub old_start: u64 = "oldStart" declared,
        /// How many lines it had before.
        pub old_lines: u64 = "oldLines" declared,
        /// Where it begins now.
        pub new_start: u64 = "newStart" declared,
        /// How many lines it has now.
        pub new_lines: u64 = "newLines" declared,
        /// The lines, each with a sign before it.
        pub lines: Vec<String> = "lines" required declared,
    }
}

object! {
    /// What changes were compared with (`source`, CLI 2.1.329, declared, not seen).
    pub struct DiffSource {
        /// The last commit, or another branch.
        pub kind: DiffSourceKind = "kind" declared,
        /// The branch.
        pub base_branch: Option<String> = "baseBranch" declared,
        /// The commit.
        pub base_ref: Option<String> = "baseRef" declared,
    }
}

open_enum! {
    /// What changes were compared with (`kind` of a `source`).
    pub enum DiffSourceKind {
        WorkingTree = "working-tree",
        Branch = "branch",
    }
}

open_enum! {
    /// How a file changed (`status`).
    pub enum FileStatus {
        Added = "added",
        Modified = "modified",
        Removed = "removed",
        Renamed = "renamed",
        Copied = "copied",
    }
}

open_enum! {
    /// Why changes could not be had (`noDiffReason`).
    pub enum NoDiffReason {
        NoRepository = "no-repository",
        RepositoryRefused = "repository-refused",
        RepositoryBusy = "repository-busy",
        DiffFailed = "diff-failed",
        RootMoved = "root-moved",
    }
}
