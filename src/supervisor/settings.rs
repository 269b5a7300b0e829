//! What a supervisor is started with.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::broadcast;

use super::budget::Budget;
use super::info::SupervisorEvent;
use super::key::Key;
use super::reference::SessionRegistry;
use super::snapshot::Snapshot;
use super::spec::ChildSpec;
use super::tree::Rules;

#[derive(Clone)]
pub(super) struct Settings<K: Key> {
    pub(super) name: String,
    pub(super) children: Vec<ChildSpec<K>>,
    pub(super) rules: Rules,
    pub(super) registry: Arc<dyn SessionRegistry<K>>,
    pub(super) max_sessions: usize,
    pub(super) max_memory: Option<u64>,
    pub(super) restart_wait: Duration,
    /// For all sessions together.
    pub(super) max_usd: Option<f64>,
    pub(super) max_turns: Option<u64>,
    /// For each session that has none itself.
    pub(super) max_usd_each: Option<f64>,
    pub(super) max_turns_each: Option<u64>,
    /// What others use, too.
    pub(super) budgets: Vec<Budget>,
    pub(super) events: broadcast::Sender<SupervisorEvent<K>>,
    pub(super) resumed: HashMap<K, String>,
    /// For the supervisors below.
    pub(super) resumed_below: HashMap<K, Snapshot<K>>,
    pub(super) seed: Option<u64>,
}
