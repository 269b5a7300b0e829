//! Past sessions: lists, reads and changes the transcripts that the CLI keeps on disk. What a
//! session store has is read by `store::StoredSessions`.
//!
//! The CLI writes each session to `projects/<key>/<session id>.jsonl` below its configuration
//! folder. [`History`] finds them: all of them, or those of one directory and of the other
//! worktrees of its repository. [`project_key`] is the name of a directory's folder.
//!
//! ```
//! use claude_wire::history::{History, Page};
//!
//! # let folder = tempfile::tempdir().unwrap();
//! # let config = folder.path();
//! # let project = config.join("projects/-repo");
//! # std::fs::create_dir_all(&project).unwrap();
//! # std::fs::write(project.join("0a1b2c3d-0000-4000-8000-0a1b2c3d4e5f.jsonl"), concat!(
//! #     r#"{"type":"user","uuid":"u1","parentUuid":null,"message":{"role":"user","content":"Hi"}}"#,
//! #     "\n",
//! # )).unwrap();
//! let history = History::at(config);
//! for session in history.list_sessions(Page::first(10))? {
//!     println!("{}", session.summary);
//!     for message in history.get_session_messages(&session.session_id, Page::all())? {
//!         println!("  {}: {}", message.role, message.text());
//!     }
//! }
//! # Ok::<(), claude_wire::history::Error>(())
//! ```

mod agents;
mod archive;
mod chain;
mod change;
mod ends;
mod error;
mod first_prompt;
mod folders;
mod fork;
mod index;
mod info;
mod key;
mod lines;
mod list;
mod message;
mod page;
mod search;
mod siblings;
mod transcript;
mod worktrees;

pub use self::change::{tag_entry, title_entry};
pub use self::error::{Error, Result};
#[cfg(feature = "session")]
pub(crate) use self::first_prompt::FirstPrompt;
pub use self::folders::History;
#[cfg(feature = "session")]
pub(crate) use self::folders::{check_id, folder_with};
pub use self::fork::{Fork, ForkSessionOptions};
pub use self::info::SessionInfo;
pub use self::key::project_key;
#[cfg(feature = "session")]
pub(crate) use self::key::{PROJECT_NAME, directory_text, project_name, project_of};
pub use self::lines::{SkipReason, SkippedLine};
#[cfg(feature = "session")]
pub(crate) use self::lines::{TranscriptLine, for_each_line, skip_reason};
pub use self::list::SessionList;
#[cfg(feature = "session")]
pub(crate) use self::list::newest_in;
pub use self::message::{Role, SessionMessage, SessionMessages};
pub use self::page::Page;
pub use self::search::{SearchHit, SearchResults};
#[cfg(feature = "session")]
pub(crate) use self::search::{excerpt, search_text};
pub use self::transcript::Transcript;
