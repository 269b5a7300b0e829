//! Session stores: copies of transcripts outside the CLI's configuration folder.
//!
//! The CLI keeps each conversation in a file on its machine. With
//! [`SessionBuilder::session_store`](crate::SessionBuilder::session_store) a session also sends
//! each entry of it to your [`SessionStore`]: a database, an object store, a shared folder.
//!
//! * [`SessionStore`] is the trait. [`InMemorySessionStore`] is for tests, [`FolderSessionStore`]
//!   for a folder, also one that several machines share; with feature `object-store`,
//!   `ObjectSessionStore` is for S3 and what the crate `object_store` supports; with feature `redis`,
//!   `RedisSessionStore` is for Redis.
//! * [`conformance`] checks a store of your own against the contracts that sessions rely on.
//! * [`StoredSessions`] lists, reads, searches and changes the sessions of a store.
//!   [`import_session_to_store`] copies one from the CLI's folder into a store.
//! * [`fold_session_summary`] keeps the summary of a session up to date, entry by entry.
//!
//! # What is guaranteed
//!
//! The CLI writes to its own disk first, so a store that fails loses nothing there, and the session
//! goes on. **No entry is overtaken by a later one of its transcript.** Each append is tried three
//! times, 0.2 and 0.8 seconds apart; one that takes longer than a minute is not tried again at once,
//! since it may still succeed. Then a
//! [`SessionEvent::MirrorError`](crate::session::SessionEvent::MirrorError) names the key and the
//! reason, and the entries are sent again, before anything later, when the next ones are sent and
//! for the last time at the end of the session. One append has at most 500 entries, or 1 MiB and the
//! entry that reaches it.
//!
//! At most 64 MiB of entries wait. What does not fit is read from the CLI's own transcript when the
//! store is there again, and nothing later is sent before. If that transcript is not on this machine
//! ([`runs_here`](crate::transport::Transport::runs_here)) or cannot be read, a `MirrorError` says
//! how many entries the store will never have.
//!
//! The result of a turn waits until the store has what the CLI reported before it, so a program that
//! asks and then looks at the store finds the turn. It waits for a second at most, not for an append
//! that has failed, and not at all while the store is behind: until the next append succeeds.
//! [`Session::flush_store`](crate::Session::flush_store) waits until all that was read so far was
//! stored or has failed, and so does the end of the session.
//!
//! A store gets what the CLI reports. CLI 2.1.332 does not report its requests to the API
//! (`api-request`, `api-request-shape`, `api-request-blob`), which are only in its own files; no
//! resume needs them.
//!
//! # Resume elsewhere
//!
//! A session with a store that is to [`resume`](crate::SessionBuilder::resume) a conversation, or
//! to continue the latest one of its directory, loads it from the store, by the
//! [key](crate::history::project_key) of its directory. So the directory must have the same path as
//! before. If the store does not have the conversation, the CLI looks for it in its own folder. If
//! the store fails, or takes longer than [`load_timeout`](crate::SessionBuilder::load_timeout), the
//! launch fails.
//!
//! The CLI does not go on from the shorter of two copies. If its own configuration folder has
//! messages of the conversation that the store lacks, it goes on there, and the store first gets
//! what it lacks; a [`SessionEvent::Warning`](crate::session::SessionEvent::Warning) says so. A
//! store can only be added to: if it has later messages than those it lacks, it stays as it is. If
//! each has messages that the other lacks, the conversation went on elsewhere: the CLI goes on with
//! what the store has, and the warning names the file with the others. To continue the latest
//! conversation, the newest one of the store counts, not a newer one that is only on disk. Only the
//! transcript of the session itself is compared, not those of its sub-agents.
//!
//! The CLI then runs with a temporary configuration folder, which only its owner can read. It has
//! the transcripts, and what the CLI's own configuration folder has of settings, credentials
//! (without the token for a refresh, which counts only once), memory, agents, commands, skills,
//! rules, output styles, hooks and plugins. What cannot be taken over is a
//! [`SessionEvent::Warning`](crate::session::SessionEvent::Warning). The folder is removed at the
//! end of the session; if the store did not get all of the transcript, the transcripts are kept,
//! and a warning says where.
//!
//! Two machines that share only a store do not notice if they resume the same conversation at the
//! same time: each has its own copy of the transcript, and the store gets the entries of both.
//! [`exclusive`](crate::SessionBuilder::exclusive) does not help there. Send each conversation to
//! one machine at a time, and stop the session there before another one resumes it.
//!
//! A transport that does not run the CLI on this machine
//! ([`runs_here`](crate::transport::Transport::runs_here)) has no such folder: there the CLI only
//! looks in its own, and a session that is to resume a conversation gets a warning. On macOS the
//! CLI keeps its credentials in the Keychain under the name of its folder, so that a resumed CLI
//! needs a key in its environment.

mod calls;
pub mod conformance;
mod error;
mod folder;
mod home;
mod import;
mod jsonl;
mod key;
mod local;
mod memory;
mod mirror;
#[cfg(feature = "object-store")]
mod object;
mod past;
#[cfg(feature = "redis")]
mod redis;
mod remembered;
mod restore;
mod sender;
mod session_store;
mod summary;

pub(crate) use self::calls::LOAD_TIMEOUT;
pub use self::error::{Error, MirrorFailure, Result};
pub use self::folder::FolderSessionStore;
pub(crate) use self::home::{CONFIG_DIR, Home, NO_CONFIG_FOLDER, Restored, config_folder};
pub use self::import::{ImportSessionToStoreOptions, ImportedSession, import_session_to_store};
pub use self::key::SessionKey;
pub use self::memory::InMemorySessionStore;
pub(crate) use self::mirror::Mirror;
#[cfg(feature = "object-store")]
pub use self::object::ObjectSessionStore;
pub use self::past::StoredSessions;
#[cfg(feature = "redis")]
pub use self::redis::RedisSessionStore;
pub(crate) use self::restore::{Conversation, Found, restore};
pub use self::sender::SessionStoreFlush;
pub(crate) use self::sender::StoreOptions;
pub use self::session_store::{
    SessionStore, SessionStoreEntry, SessionStoreListEntry, SessionSummaryEntry,
};
pub use self::summary::fold_session_summary;
