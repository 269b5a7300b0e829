//! Files and directories of the session, and what has changed in the workspace.

object! {
    /// The contents of a file (reply to `read_file`, CLI 2.1.329).
    pub struct FileContents {
        /// The text, or the bytes in base64.
        pub contents: String = "contents" required,
        /// Where the file is.
        pub abs_path: String = "absPath" required,
        /// True if the file is longer.
        pub truncated: Option<bool> = "truncated",
        /// `base64` if that was requested.
        pub encoding: Option<String> = "encoding",
        /// True if bytes that are not text were replaced.
        pub lossy: Option<bool> = "lossy",
        /// The path as it was requested.
        pub requested_path: Option<String> = "requested_path",
        /// The base directory by which the file was found.
        pub anchor: Option<ReadAnchor> = "anchor" declared,
        /// Where the contents begin in the file, in bytes.
        pub offset: Option<u64> = "offset" declared,
        /// How many bytes of the file they are.
        pub read_bytes: Option<u64> = "read_bytes" declared,
        /// The size of the file, in bytes.
        pub total_bytes: Option<u64> = "total_bytes" declared,
        /// Identifies the state of the file; equal for equal states.
        pub etag: Option<String> = "etag" declared,
        /// True if the session would upload it.
        pub can_upload: Option<bool> = "can_upload" v2_1_332 declared,
        /// The upload that has the whole file.
        pub file_uuid: Option<String> = "file_uuid" v2_1_332 declared,
        /// True if the file may be uploaded.
        pub upload_screened: Option<bool> = "upload_screened" declared,
        /// True if it is too large for that.
        pub upload_too_large: Option<bool> = "upload_too_large" v2_1_332 declared,
    }
}

object! {
    /// Files whose path matches (reply to `file_suggestions`, CLI 2.1.329).
    pub struct FileSuggestions {
        /// The files and directories, best match first.
        pub suggestions: Vec<FileSuggestion> = "suggestions" required,
        /// The base of relative paths.
        pub cwd: Option<String> = "cwd",
    }
}

object! {
    /// A file or directory (an item of `suggestions`, CLI 2.1.329).
    pub struct FileSuggestion {
        /// The path; of a directory it ends with a separator.
        pub path: String = "path",
        /// How well it matches.
        pub score: Option<f64> = "score" declared,
    }
}

object! {
    /// The effect of a rewind on the files (reply to `rewind_files`, CLI 2.1.329).
    pub struct Rewind {
        /// False if it cannot be done.
        pub can_rewind: bool = "canRewind" required,
        /// Why not.
        pub error: Option<String> = "error",
        /// The files that would change; only for a dry run.
        pub files_changed: Option<Vec<String>> = "filesChanged",
        /// Lines that would be restored; only for a dry run.
        pub insertions: Option<u64> = "insertions",
        /// Lines that would be removed; only for a dry run.
        pub deletions: Option<u64> = "deletions",
        /// Links that were left alone.
        pub skipped_links: Option<u64> = "skippedLinks",
    }
}

object! {
    /// A root of the workspace (reply to `register_repo_root`, CLI 2.1.329).
    pub struct RepoRoot {
        /// The directory.
        pub directory: Option<String> = "directory",
    }
}

object! {
    /// What happened to a new working directory (reply to `set_cwd`, CLI 2.1.329).
    pub struct CwdChange {
        /// Whether the session has moved.
        pub status: CwdStatus = "status" required,
        /// The working directory now.
        pub cwd: Option<String> = "cwd",
        /// False if it was that already.
        pub changed: Option<bool> = "changed",
        /// True if the transcript moved as well.
        pub transcript_relocated: Option<bool> = "transcript_relocated",
        /// The directory that the user has to trust first.
        pub directory: Option<String> = "directory",
        /// The repository that would be trusted as a whole.
        pub trust_root: Option<String> = "trust_root" declared,
        /// Why not, such as `not_found` or `busy`.
        pub reason: Option<String> = "reason",
        /// The same in words.
        pub message: Option<String> = "message",
    }
}

open_enum! {
    /// Whether the session has moved to another directory (`status`).
    pub enum CwdStatus {
        Ok = "ok",
        /// The user has to trust the directory first.
        NeedsTrust = "needs_trust",
        Rejected = "rejected",
    }
}

open_enum! {
    /// The base by which a file was found (`anchor`).
    pub enum ReadAnchor {
        WorkspaceRoot = "workspace_root",
        DiffRoot = "diff_root",
        Repo = "repo",
        AsWritten = "as_written",
    }
}

object! {
    /// What has changed in the workspace (reply to `get_workspace_diff`, CLI 2.1.329).
    pub struct WorkspaceDiff {
        /// The changes; `None` if they are not available.
        pub diff: Option<Box<Diff>> = "diff" v2_1_332,
        /// Why they are not available.
        pub no_diff_reason: Option<NoDiffReason> = "noDiffReason",
    }
}

object! {
    /// Changes of a workspace (`diff`, CLI 2.1.332).
    pub struct Diff {
        /// How much has changed.
        pub stats: DiffStats = "stats" v2_1_332,
        /// The same by file.
        pub per_file_stats: Vec<FileDiffStats> = "perFileStats" required v2_1_332,
        /// How many files are left out.
        pub omitted: Option<OmittedFiles> = "omitted" v2_1_332,
        /// The changes by file, as text.
        pub hunks: Vec<FileHunks> = "hunks" required v2_1_332,
        /// Files whose text was cut.
        pub line_capped: Option<Vec<String>> = "lineCapped" v2_1_332,
        /// What is not committed, by file.
        pub uncommitted_hunks: Vec<FileHunks> = "uncommittedHunks" v2_1_332 declared,
        /// Files whose text is too long.
        pub skipped_large: Vec<String> = "skippedLarge" required v2_1_332,
        /// Files whose text may not be shown.
        pub restricted: Vec<String> = "restricted" required v2_1_332,
        /// What it was compared with.
        pub source: DiffSource = "source" v2_1_332,
        /// Identifies the directory that the paths are relative to.
        pub root_id: Option<String> = "rootId" v2_1_332,
    }
}

object! {
    /// How much has changed (`stats`, CLI 2.1.332).
    pub struct DiffStats {
        /// How many files.
        pub files_count: u64 = "filesCount" v2_1_332,
        /// How many lines were added.
        pub lines_added: u64 = "linesAdded" v2_1_332,
        /// How many lines were removed.
        pub lines_removed: u64 = "linesRemoved" v2_1_332,
    }
}

object! {
    /// How much of a file has changed (an item of `perFileStats`, CLI 2.1.332).
    pub struct FileDiffStats {
        /// The file.
        pub path: String = "path" v2_1_332,
        /// How many lines were added.
        pub added: u64 = "added" v2_1_332,
        /// How many lines were removed.
        pub removed: u64 = "removed" v2_1_332,
        /// True if it is not text.
        pub is_binary: bool = "isBinary" v2_1_332,
        /// True if it is untracked.
        pub is_untracked: bool = "isUntracked" v2_1_332,
        /// How it changed.
        pub status: Option<FileStatus> = "status" v2_1_332,
        /// Where it was before.
        pub previous_path: Option<String> = "previousPath" v2_1_332,
        /// Where it is now, for display.
        pub new_path: Option<String> = "newPath" v2_1_332,
        /// How it differs from the last commit.
        pub uncommitted_status: Option<String> = "uncommittedStatus" v2_1_332,
    }
}

object! {
    /// How many files are left out (`omitted`, CLI 2.1.332).
    pub struct OmittedFiles {
        /// How many.
        pub files: u64 = "files" v2_1_332,
        /// False if there may be more.
        pub exact: bool = "exact" v2_1_332,
    }
}

object! {
    /// Changes of a file (an item of `hunks` and of `uncommittedHunks`, CLI 2.1.332).
    pub struct FileHunks {
        /// The file.
        pub path: String = "path" v2_1_332,
        /// How many lines were added.
        pub added: Option<u64> = "added" declared,
        /// How many lines were removed.
        pub removed: Option<u64> = "removed" declared,
        /// The changes.
        pub hunks: Vec<Hunk> = "hunks" required v2_1_332,
    }
}

object! {
    /// One change of a file (an item of `hunks` and of `structuredPatch`, CLI 2.1.329).
    pub struct Hunk {
        /// Where it started before.
        pub old_start: u64 = "oldStart",
        /// How many lines it had before.
        pub old_lines: u64 = "oldLines",
        /// Where it starts now.
        pub new_start: u64 = "newStart",
        /// How many lines it has now.
        pub new_lines: u64 = "newLines",
        /// The lines, each with a sign before it.
        pub lines: Vec<String> = "lines" required,
    }
}

object! {
    /// What changes were compared with (`source`, CLI 2.1.332).
    pub struct DiffSource {
        /// The last commit, or another branch.
        pub kind: DiffSourceKind = "kind" v2_1_332,
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
    /// Why changes are not available (`noDiffReason`).
    pub enum NoDiffReason {
        NoRepository = "no-repository",
        RepositoryRefused = "repository-refused",
        RepositoryBusy = "repository-busy",
        DiffFailed = "diff-failed",
        RootMoved = "root-moved",
    }
}
