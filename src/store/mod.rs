//! Session stores: copies of transcripts outside the CLI's configuration folder.
//!
//! The CLI keeps each conversation in a file on its machine. With
//! [`SessionBuilder::session_store`](crate::SessionBuilder::session_store) a session also sends
//! each entry of it to a [`SessionStore`] of yours: a database, an object store, a shared folder.
//!
//! * [`SessionStore`] is the trait. [`InMemorySessionStore`] is for tests.
//! * [`conformance`] checks a store of your own against the contracts that sessions rely on.
//! * [`fold_session_summary`] keeps the summary of a session up to date, entry by entry.
//!
//! # What is guaranteed
//!
//! The CLI writes to its own disk first, so a store that fails loses nothing there, and the session
//! goes on. Each append is tried three times, 0.2 and 0.8 seconds apart. One that takes longer than
//! a minute is not repeated, since it may still succeed. Then the entries are left out, and a
//! [`SessionEvent::Warning`](crate::session::SessionEvent::Warning) names their key and the reason.
//!
//! A result does not wait for the store. [`Session::flush_store`](crate::Session::flush_store)
//! waits until all that was read so far was stored or given up, and the end of the session does so
//! too.

pub mod conformance;
mod error;
mod key;
mod memory;
mod mirror;
mod session_store;
mod summary;

pub use self::error::{Error, Result};
pub use self::key::SessionKey;
pub use self::memory::InMemorySessionStore;
pub use self::mirror::SessionStoreFlush;
pub(crate) use self::mirror::{Mirror, StoreOptions};
pub use self::session_store::{
    SessionStore, SessionStoreEntry, SessionStoreListEntry, SessionSummaryEntry,
};
pub use self::summary::fold_session_summary;
