//! The corpus, and what plays it to a real CLI in a closed network. For `drift` and this
//! repository's `xtask` only: anything in it may change in any release.

mod asked;
mod corpus;
mod judge;
mod namespace;
pub(crate) mod schema;
mod side_by_side;

pub use self::asked::{Asked, AskedFile};
pub use self::corpus::{
    Channel, Cli, Entry, EntryError, Item, LIMIT, Log, Run, Stage, act, choose, entries, run,
};
pub use self::judge::{Judged, Simulated, derive, judge, recordings_of, simulate};
pub use self::namespace::enter as enter_closed_network;
pub use self::side_by_side::side_by_side;
