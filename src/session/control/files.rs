//! Files as the CLI sees them.

use super::Call;
use crate::session::Session;
use crate::wire::replies::Reply;
use crate::wire::replies::files::{CwdChange, FileContents, FileSuggestions, RepoRoot, Rewind};

/// The files of a session, where the CLI runs; see [`Session::files`].
#[derive(Clone, Copy, Debug)]
pub struct Files<'a>(pub(super) &'a Session);

/// How [`Files::read`] passes a file on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FileEncoding {
    /// As text (`utf-8`); what is no text is replaced.
    Utf8,
    /// As base64 (`base64`).
    Base64,
}

impl Files<'_> {
    /// Reads a file of the workspace, as text (`read_file`). One that is not there, or outside, is refused.
    pub fn read(&self, path: &str) -> Call<Reply<FileContents>> {
        Call::new(self.0, "read_file", Reply::read).with("path", path)
    }

    /// Files whose path matches, as after an `@` (`file_suggestions`).
    pub fn suggest(&self, query: &str) -> Call<Reply<FileSuggestions>> {
        Call::new(self.0, "file_suggestions", Reply::read).with("query", query)
    }

    /// Puts the files back to where they were before this prompt (`rewind_files`). Needs file checkpointing, and the
    /// [`uuid`](crate::Turn::uuid) of a prompt that the CLI has a checkpoint for. A prompt without one is refused; a [dry run](Call::dry_run) says `can_rewind: false` instead.
    pub fn rewind(&self, user_message_id: &str) -> Call<Reply<Rewind>> {
        Call::new(self.0, "rewind_files", Reply::read).with("user_message_id", user_message_id)
    }

    /// Lets the CLI take a file as read, in the state of this modification time (`seed_read_state`): milliseconds since 1970, rounded down.
    pub fn seed_read_state(&self, path: &str, modified_ms: u64) -> Call<()> {
        Call::plain(self.0, "seed_read_state").with("path", path).with("mtime", modified_ms)
    }

    /// Makes a directory below the working directory known as the root of a repository (`register_repo_root`).
    pub fn register_repo_root(&self, directory: &str) -> Call<Reply<RepoRoot>> {
        Call::new(self.0, "register_repo_root", Reply::read_optional).with("directory", directory)
    }

    /// Moves the session to another directory (`set_cwd`, not declared). The answer may be that the user has to trust the directory first. Holds
    /// also when the CLI has to be started anew.
    pub fn set_cwd(&self, path: &str) -> Call<Reply<CwdChange>> {
        Call::new(self.0, "set_cwd", Reply::read).with("path", path)
    }
}

impl Call<Reply<FileContents>> {
    /// Reads no more than this many bytes (`max_bytes`).
    pub fn max_bytes(self, bytes: u64) -> Self {
        self.with("max_bytes", bytes)
    }

    /// How the file is passed on (`encoding`).
    pub fn encoding(self, encoding: FileEncoding) -> Self {
        self.with(
            "encoding",
            match encoding {
                FileEncoding::Utf8 => "utf-8",
                FileEncoding::Base64 => "base64",
            },
        )
    }
}

impl Call<Reply<Rewind>> {
    /// Only says what would change (`dry_run`).
    pub fn dry_run(self) -> Self {
        self.with("dry_run", true)
    }
}

impl Call<Reply<RepoRoot>> {
    /// Reads the memory files there (`reload_claude_md`).
    pub fn reload_memory(self) -> Self {
        self.with("reload_claude_md", true)
    }

    /// Loads the plugins there (`reload_plugins`).
    pub fn reload_plugins(self) -> Self {
        self.with("reload_plugins", true)
    }

    /// Loads the skills there (`reload_skills`).
    pub fn reload_skills(self) -> Self {
        self.with("reload_skills", true)
    }
}

impl Call<Reply<CwdChange>> {
    /// Says that the user trusts this directory (`trust_accepted`, `trusted_directory`): the `directory` of an earlier answer, unchanged. Only
    /// after the user was asked; the CLI writes it down.
    pub fn user_trusts(self, directory: &str) -> Self {
        self.with("trust_accepted", true).with("trusted_directory", directory)
    }
}
