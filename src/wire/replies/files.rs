//! Files and directories of the session.

object! {
    /// What a file holds (reply to `read_file`, CLI 2.1.329).
    pub struct FileContents {
        /// The text, or the bytes in base64.
        pub contents: String = "contents" required,
        /// Where the file is.
        pub abs_path: String = "absPath" required,
        /// True when the file is longer.
        pub truncated: Option<bool> = "truncated",
        /// `base64` where that was asked for.
        pub encoding: Option<String> = "encoding",
        /// True when bytes that are no text were replaced.
        pub lossy: Option<bool> = "lossy",
        /// The path as it was asked for.
        pub requested_path: Option<String> = "requested_path",
        /// What the file was found by.
        pub anchor: Option<ReadAnchor> = "anchor" declared,
        /// Where the contents begin in the file, in bytes.
        pub offset: Option<u64> = "offset" declared,
        /// How many bytes of the file they are.
        pub read_bytes: Option<u64> = "read_bytes" declared,
        /// The size of the file, in bytes.
        pub total_bytes: Option<u64> = "total_bytes" declared,
        /// Names the state of the file; equal for the same.
        pub etag: Option<String> = "etag" declared,
        /// True when the session would upload it.
        pub can_upload: Option<bool> = "can_upload" v2_1_332 declared,
        /// The upload that has the whole file.
        pub file_uuid: Option<String> = "file_uuid" v2_1_332 declared,
        /// True when the file may be uploaded.
        pub upload_screened: Option<bool> = "upload_screened" declared,
        /// True when it is too large for that.
        pub upload_too_large: Option<bool> = "upload_too_large" v2_1_332 declared,
    }
}

object! {
    /// Files whose path matches (reply to `file_suggestions`, CLI 2.1.329).
    pub struct FileSuggestions {
        /// The files and directories, the best match first.
        pub suggestions: Vec<FileSuggestion> = "suggestions" required,
        /// What relative paths start from.
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
    /// What going back does to the files (reply to `rewind_files`, CLI 2.1.329).
    pub struct Rewind {
        /// False when it cannot be done.
        pub can_rewind: bool = "canRewind" required,
        /// Why not.
        pub error: Option<String> = "error",
        /// The files that would change; told by a dry run only.
        pub files_changed: Option<Vec<String>> = "filesChanged",
        /// Lines that would come back; told by a dry run only.
        pub insertions: Option<u64> = "insertions",
        /// Lines that would go; told by a dry run only.
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
    /// What became of a new working directory (reply to `set_cwd`, CLI 2.1.329).
    pub struct CwdChange {
        /// Whether the session has moved.
        pub status: CwdStatus = "status" required,
        /// The working directory now.
        pub cwd: Option<String> = "cwd",
        /// False when it was that already.
        pub changed: Option<bool> = "changed",
        /// True when the transcript moved along.
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
    /// What a file was found by (`anchor`).
    pub enum ReadAnchor {
        WorkspaceRoot = "workspace_root",
        DiffRoot = "diff_root",
        Repo = "repo",
        AsWritten = "as_written",
    }
}
