//! Settings that last only as long as a process, and the requests that make them.

use crate::protocol::io::Settled;
use crate::wire::control::{Request, RequestName};
use crate::wire::{Effect, Lasting, RawJson};

/// A setting that outlasts a turn, named by the request that makes it; some exist once per
/// directory or server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::protocol) struct Setting {
    name: RequestName,
    which: Option<String>,
    lasting: Lasting,
}

impl Setting {
    /// Returns the setting that a request makes, if any. What the CLI persists itself, such as a
    /// disabled server, need not be remembered here.
    pub(super) fn of(request: &Request) -> Option<Self> {
        let Effect::Lasts(lasting) = request.name().effect() else { return None };
        Some(Self { name: request.name().clone(), which: lasting.which(request), lasting })
    }

    /// True for the permission mode, which the CLI also reports and changes itself.
    pub(super) fn is_permission_mode(&self) -> bool {
        self.name == RequestName::SetPermissionMode
    }

    /// Whether two requests for it have the same effect.
    pub(super) fn is_same(&self, one: &Request, other: &Request) -> bool {
        self.lasting.is_same(one, other)
    }

    /// Whether a request for it replaces all earlier ones.
    pub(super) fn is_replaced(&self) -> bool {
        self.lasting.is_replaced()
    }

    /// Returns the request that makes it again, once the CLI has accepted `request` with this
    /// reply, on top of `before`. `None` if a new process has that value anyway.
    pub(super) fn accepted(
        &self,
        request: &Request,
        reply: Option<&RawJson>,
        before: Option<Request>,
    ) -> Option<Request> {
        self.lasting.accepted(request, reply, before)
    }
}

/// Returns the request without what a launch settles; `None` if nothing is left.
pub(super) fn without(request: &Request, settled: &[Settled]) -> Option<Request> {
    let settled: Vec<_> =
        settled.iter().filter(|settled| settled.request == *request.name()).collect();
    if settled.is_empty() {
        return Some(request.clone());
    }
    let keys: Option<Vec<_>> = settled.iter().map(|settled| settled.key.as_deref()).collect();
    request.without_settings(&keys?)
}
