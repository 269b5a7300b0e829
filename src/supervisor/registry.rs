//! Where the keys of children are looked up.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use super::key::Key;
use super::reference::{SessionRef, SessionRegistry};

/// A registry in this process.
#[derive(Debug)]
pub struct LocalRegistry<K: Key>(Arc<RwLock<HashMap<K, SessionRef<K>>>>);

impl<K: Key> LocalRegistry<K> {
    /// An empty registry.
    pub fn new() -> Self {
        Self::default()
    }
}

impl<K: Key> Default for LocalRegistry<K> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

/// The same registry.
impl<K: Key> Clone for LocalRegistry<K> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<K: Key> SessionRegistry<K> for LocalRegistry<K> {
    fn register(&self, key: &K, session: SessionRef<K>) -> bool {
        let mut map = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if map.contains_key(key) {
            return false;
        }
        map.insert(key.clone(), session);
        true
    }

    fn unregister(&self, key: &K) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).remove(key);
    }

    fn lookup(&self, key: &K) -> Option<SessionRef<K>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }

    fn keys(&self) -> Vec<K> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).keys().cloned().collect()
    }
}
