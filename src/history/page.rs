//! Which part of a long list.

/// Which part of a list to return: skip `offset`, then at most `limit`.
///
/// ```
/// use claude_wire::history::Page;
///
/// let second = Page { offset: 50, limit: Some(50) };
/// assert_eq!(Page::first(50), Page { offset: 0, limit: Some(50) });
/// assert_ne!(second, Page::all());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// How many to skip.
    pub offset: usize,
    /// How many to return at most. `None` and, as in the official SDKs, 0 mean all.
    pub limit: Option<usize>,
}

impl Page {
    /// Everything.
    pub const fn all() -> Self {
        Self { offset: 0, limit: None }
    }

    /// The first `limit`.
    pub const fn first(limit: usize) -> Self {
        Self { offset: 0, limit: Some(limit) }
    }

    /// The limit, if there is one.
    pub(crate) fn limit(self) -> Option<usize> {
        self.limit.filter(|limit| *limit > 0)
    }

    pub(crate) fn of<T>(self, items: impl Iterator<Item = T>) -> impl Iterator<Item = T> {
        items.skip(self.offset).take(self.limit().unwrap_or(usize::MAX))
    }
}
