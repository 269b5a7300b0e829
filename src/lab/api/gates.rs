//! Points at which a reply waits for the test.

use std::collections::HashMap;
use std::sync::Mutex;

use crate::common::lock;
use tokio::sync::watch;

/// Gates by name; a gate is created when either side first names it.
#[derive(Default)]
pub(super) struct Gates(Mutex<HashMap<String, watch::Sender<Gate>>>);

#[derive(Clone, Copy, Default)]
struct Gate {
    reached: bool,
    open: bool,
}

impl Gates {
    /// Waits at a gate until it is open.
    pub(super) async fn pass(&self, name: &str) {
        let mut gate = self.change(name, |gate| gate.reached = true);
        // The sender lives as long as the gates.
        let _ = gate.wait_for(|gate| gate.open).await;
    }

    /// Opens a gate permanently.
    pub(super) fn open(&self, name: &str) {
        self.change(name, |gate| gate.open = true);
    }

    /// Waits until a reply waits at a gate, or has passed it.
    pub(super) async fn reached(&self, name: &str) {
        let mut gate = self.change(name, |_| {});
        let _ = gate.wait_for(|gate| gate.reached).await;
    }

    fn change(&self, name: &str, change: impl FnOnce(&mut Gate)) -> watch::Receiver<Gate> {
        let mut gates = lock(&self.0);
        let gate = gates.entry(name.to_owned()).or_default();
        gate.send_modify(change);
        gate.subscribe()
    }
}
