//! The settings in force: what is restored after a turn with its own settings, and what is sent to
//! the next process.

use std::borrow::Cow;
use std::time::Duration;

use super::setting::{Setting, without};
use crate::protocol::io::{RequestId, Settled};
use crate::wire::control::{Request, RequestName};
use crate::wire::{Frame, FrameKind, RawJson};

/// The settings that the caller and the CLI have changed. All others are as launched.
#[derive(Debug, Default)]
pub(super) struct InForce {
    /// Requested by the caller and not answered yet, in the order in which the CLI will process
    /// them.
    asked: Vec<(RequestId, Made)>,
    /// Set by the caller, the latest last. The CLI loses them when it ends.
    made: Vec<Made>,
    /// The permission mode that the CLI of this connection reported: it also changes the mode
    /// itself.
    mode: Option<Box<str>>,
    /// What the process was launched with, where a prompt does not know it.
    launched: Option<Box<[Request; 2]>>,
}

/// A setting, the request that sets it, and the time limit of that request.
#[derive(Clone, Debug)]
pub(super) struct Made {
    pub(super) setting: Setting,
    pub(super) request: Request,
    pub(super) limit: Option<Duration>,
    /// Whether it was repeated for a new process and not changed since.
    is_again: bool,
}

impl InForce {
    /// The caller has requested a setting.
    pub(super) fn ask(&mut self, id: RequestId, request: &Request, limit: Option<Duration>) {
        if let Some(setting) = Setting::of(request) {
            self.asked
                .push((id, Made { setting, request: request.clone(), limit, is_again: false }));
        }
    }

    /// The CLI has refused it, or the caller no longer waits for it.
    pub(super) fn not_made(&mut self, id: RequestId) {
        self.asked.retain(|(asked, _)| *asked != id);
    }

    /// The CLI has accepted what the caller requested. Returns what is in force from now on, if
    /// that is new.
    pub(super) fn accepted(&mut self, id: RequestId, reply: Option<&RawJson>) -> Option<Made> {
        let at = self.asked.iter().position(|(asked, _)| *asked == id)?;
        let (_, Made { setting, request, limit, .. }) = self.asked.remove(at);
        if setting.is_replaced() {
            // Earlier requests for it have no more effect, whenever they are answered.
            let mut index = 0..;
            self.asked.retain(|(_, asked)| index.next() >= Some(at) || asked.setting != setting);
        }
        let before = self.take(&setting);
        let request = setting.accepted(&request, reply, before)?;
        if setting.is_permission_mode() {
            self.mode = None;
        }
        let made = Made { setting, request, limit, is_again: false };
        self.made.push(made.clone());
        Some(made)
    }

    /// A new process reports the permission mode that it was launched with. The caller's settings
    /// are still to be repeated.
    pub(super) fn launched(&mut self, mode: &str) {
        if !self.made.iter().any(|made| made.setting.is_permission_mode()) {
            self.report(mode);
        }
    }

    pub(super) fn set_launched(&mut self, settings: Option<Box<[Request; 2]>>) {
        self.launched = settings;
    }

    /// The CLI reports its permission mode.
    pub(super) fn report(&mut self, mode: &str) {
        if let Some(made) = self.made.iter_mut().find(|made| made.setting.is_permission_mode()) {
            made.request = set_mode(mode);
        }
        self.mode = Some(mode.into());
    }

    /// Returns the request that would set the current value; `None` if that is the session's option.
    pub(super) fn now(&self, setting: &Setting) -> Option<Cow<'_, Request>> {
        let reported = self.mode.as_deref().filter(|_| setting.is_permission_mode());
        let reported = reported.map(|mode| Cow::Owned(set_mode(mode)));
        let launched = || {
            let mut launched = self.launched.iter().flat_map(|settings| settings.iter());
            launched.find(|request| Setting::of(request).as_ref() == Some(setting))
        };
        reported.or_else(|| self.made(setting).or_else(launched).map(Cow::Borrowed))
    }

    /// Whether it is known, with nothing under way.
    pub(super) fn is_settled(&self, setting: &Setting) -> bool {
        self.asked.iter().all(|(_, asked)| asked.setting != *setting)
    }

    pub(super) fn release_room(&mut self) {
        self.asked.shrink_to_fit();
        self.made.shrink_to_fit();
    }

    /// The connection has ended.
    pub(super) fn closed(&mut self) {
        self.asked.clear();
        self.mode = None;
    }

    /// Returns what to repeat in the CLI of a new connection, without what its launch determines.
    pub(super) fn make_again(&mut self, settled: &[Settled]) -> Vec<Made> {
        self.made.iter_mut().for_each(|made| made.is_again = true);
        self.made
            .iter()
            .filter_map(|made| {
                Some(Made { request: without(&made.request, settled)?, ..made.clone() })
            })
            .collect()
    }

    /// Whether it matters which of the two a launch has settled.
    pub(super) fn distinguishes(&self, one: &[Settled], other: &[Settled]) -> bool {
        one != other
            && self
                .made
                .iter()
                .any(|made| without(&made.request, one) != without(&made.request, other))
    }

    /// The new process refused a repeated setting. False if the caller has changed it meanwhile.
    pub(super) fn not_again(&mut self, setting: &Setting) -> bool {
        let at = self.made.iter().position(|made| made.is_again && made.setting == *setting);
        at.map(|at| self.made.remove(at)).is_some()
    }

    fn made(&self, setting: &Setting) -> Option<&Request> {
        self.made.iter().find(|made| made.setting == *setting).map(|made| &made.request)
    }

    fn take(&mut self, setting: &Setting) -> Option<Request> {
        let at = self.made.iter().position(|made| made.setting == *setting)?;
        Some(self.made.remove(at).request)
    }
}

/// The request that sets a permission mode.
fn set_mode(mode: &str) -> Request {
    Request::new(RequestName::SetPermissionMode).with("mode", mode)
}

/// Returns the permission mode that a message reports.
pub(super) fn mode_of(frame: &Frame) -> Option<String> {
    if frame.kind() != FrameKind::System
        || !matches!(frame.subtype().as_deref(), Some("init" | "status"))
    {
        return None;
    }
    frame.field("permissionMode")?.as_str().map(String::from)
}
