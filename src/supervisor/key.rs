//! The keys of children.

use std::fmt;
use std::hash::Hash;

/// What a key of a child can be: a text, an enum, or a pair such as `("user", 42)`.
///
/// Implemented for every type that fits.
pub trait Key: Clone + Eq + Hash + fmt::Debug + Send + Sync + 'static {}

impl<K: Clone + Eq + Hash + fmt::Debug + Send + Sync + 'static> Key for K {}
