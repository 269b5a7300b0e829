//! What is called when a launch differs.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::report::Report;

type OnReport = dyn Fn(&Report) + Send + Sync;

/// A function to call with the report of each launch that differs.
#[derive(Clone, Default)]
pub(super) struct Observer(Option<Arc<OnReport>>);

/// The same for one launch: it is called once.
#[derive(Clone, Debug, Default)]
pub(super) struct Watched {
    observer: Observer,
    called: Arc<AtomicBool>,
}

impl Observer {
    pub(super) fn new(observer: impl Fn(&Report) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(observer)))
    }

    /// For the next launch.
    pub(super) fn of_launch(&self) -> Watched {
        Watched { observer: self.clone(), called: Arc::default() }
    }
}

impl Watched {
    /// The launch differs.
    pub(super) fn call(&self, report: &Report) {
        if let Some(observer) = &self.observer.0
            && !self.called.swap(true, Ordering::Relaxed)
        {
            observer(report);
        }
    }
}

impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Observer").field(&self.0.is_some()).finish()
    }
}
