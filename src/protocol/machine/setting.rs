//! The settings that a process has only for as long as it lives, and the requests that make them.

use crate::protocol::io::Settled;
use crate::wire::control::{Request, RequestName};
use crate::wire::{Effect, Lasting, RawJson};

/// A setting that outlasts a turn, named by the request that makes it; of some there is one for each
/// directory or server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::protocol) struct Setting {
    name: RequestName,
    which: Option<String>,
    lasting: Lasting,
}

impl Setting {
    /// The setting that a request makes, if it makes one. What the CLI writes down itself, such as a
    /// server that is switched off, needs no memory of ours.
    pub(super) fn of(request: &Request) -> Option<Self> {
        let Effect::Lasts(lasting) = request.name().effect() else { return None };
        Some(Self { name: request.name().clone(), which: lasting.which(request), lasting })
    }

    /// Is it the permission mode, which the CLI names and changes by itself as well?
    pub(super) fn is_permission_mode(&self) -> bool {
        self.name == RequestName::SetPermissionMode
    }

    /// Do two requests for it have the same effect?
    pub(super) fn is_same(&self, one: &Request, other: &Request) -> bool {
        self.lasting.is_same(one, other)
    }

    /// Does a request for it leave nothing of those before?
    pub(super) fn is_replaced(&self) -> bool {
        self.lasting.is_replaced()
    }

    /// The request that makes it again, once the CLI has accepted `request` with this reply over
    /// what was made `before`. `None` if a new process is like that by itself.
    pub(super) fn accepted(
        &self,
        request: &Request,
        reply: Option<&RawJson>,
        before: Option<Request>,
    ) -> Option<Request> {
        self.lasting.accepted(request, reply, before)
    }
}

/// The request without what a launch settles; `None` if nothing is left of it.
pub(super) fn without(request: &Request, settled: &[Settled]) -> Option<Request> {
    let settled: Vec<_> =
        settled.iter().filter(|settled| settled.request == *request.name()).collect();
    if settled.is_empty() {
        return Some(request.clone());
    }
    let keys: Option<Vec<_>> = settled.iter().map(|settled| settled.key.as_deref()).collect();
    request.without_settings(&keys?)
}
