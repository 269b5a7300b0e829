use std::sync::Arc;

use super::super::request::HostRequest;
use crate::session::WeakSession;
use crate::wire::hook::HookBase;

/// What a hook is told besides its event.
#[derive(Clone, Debug)]
pub struct HookContext {
    request: HostRequest,
    base: Arc<HookBase>,
}

impl HookContext {
    pub(super) fn new(request: HostRequest, base: HookBase) -> Self {
        Self { request, base: Arc::new(base) }
    }

    /// What every event has: session, transcript, working directory, permission mode, sub-agent, ...
    pub fn base(&self) -> &HookBase {
        &self.base
    }

    /// The tool call; for an event of no tool a fresh uuid.
    pub fn tool_use_id(&self) -> Option<String> {
        self.request.field("tool_use_id")?.as_str().map(String::from)
    }

    /// The session that the hook belongs to: see [`HostRequest::session`](crate::session::HostRequest::session).
    pub fn session(&self) -> &WeakSession {
        self.request.session()
    }

    /// The whole request as it stood on the wire.
    pub fn request(&self) -> &HostRequest {
        &self.request
    }
}
