//! The settings in force: what a turn that had its own finds again afterwards, and what the next process is told.

use std::time::Duration;

use super::setting::{Setting, without};
use crate::protocol::io::{RequestId, Settled};
use crate::wire::control::{Request, RequestName};
use crate::wire::{Frame, FrameKind, RawJson};

/// What the caller and the CLI have made of the settings. What neither has touched is as the launch has it.
#[derive(Debug, Default)]
pub(super) struct InForce {
    /// Under way: asked for by the caller, not answered yet, in the order in which the CLI will take them.
    asked: Vec<(RequestId, Made)>,
    /// Made by the caller, the latest last. The CLI forgets it when it ends.
    made: Vec<Made>,
    /// The permission mode that the CLI of this connection names: it changes the mode by itself as well.
    mode: Option<Request>,
}

/// A setting, the request that makes it, and the time that the CLI may take for it.
#[derive(Clone, Debug)]
pub(super) struct Made {
    pub(super) setting: Setting,
    pub(super) request: Request,
    pub(super) limit: Option<Duration>,
    /// Was a new process told of it, and has nobody changed it since?
    is_again: bool,
}

impl InForce {
    /// The caller has asked for something.
    pub(super) fn ask(&mut self, id: RequestId, request: &Request, limit: Option<Duration>) {
        if let Some(setting) = Setting::of(request) {
            self.asked
                .push((id, Made { setting, request: request.clone(), limit, is_again: false }));
        }
    }

    /// The CLI has refused, or nobody waits for it any more.
    pub(super) fn not_made(&mut self, id: RequestId) {
        self.asked.retain(|(asked, _)| *asked != id);
    }

    /// The CLI has made what the caller asked for. What is in force from now on, if that is new.
    pub(super) fn accepted(&mut self, id: RequestId, reply: Option<&RawJson>) -> Option<Made> {
        let at = self.asked.iter().position(|(asked, _)| *asked == id)?;
        let (_, Made { setting, request, limit, .. }) = self.asked.remove(at);
        if setting.is_replaced() {
            // What was asked for before it has no effect any more, whenever that is answered.
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

    /// A new process names the permission mode that it was launched with. What the caller has made is still to be made again.
    pub(super) fn launched(&mut self, mode: &str) {
        if !self.made.iter().any(|made| made.setting.is_permission_mode()) {
            self.report(mode);
        }
    }

    /// The CLI names its permission mode.
    pub(super) fn report(&mut self, mode: &str) {
        let request = Request::new(RequestName::SetPermissionMode).with("mode", mode);
        if let Some(made) = self.made.iter_mut().find(|made| made.setting.is_permission_mode()) {
            made.request.clone_from(&request);
        }
        self.mode = Some(request);
    }

    /// The request that would bring about what is in force; `None` where nothing is known to differ from the launch.
    pub(super) fn now(&self, setting: &Setting) -> Option<&Request> {
        let reported = self.mode.as_ref().filter(|_| setting.is_permission_mode());
        reported.or_else(|| self.made(setting))
    }

    /// Is it known, with nothing under way?
    pub(super) fn is_settled(&self, setting: &Setting) -> bool {
        self.asked.iter().all(|(_, asked)| asked.setting != *setting)
    }

    /// The connection has ended.
    pub(super) fn closed(&mut self) {
        self.asked.clear();
        self.mode = None;
    }

    /// What the CLI of a new connection is to be told, but for what its launch has settled.
    pub(super) fn make_again(&mut self, settled: &[Settled]) -> Vec<Made> {
        self.made.iter_mut().for_each(|made| made.is_again = true);
        self.made
            .iter()
            .filter_map(|made| {
                Some(Made { request: without(&made.request, settled)?, ..made.clone() })
            })
            .collect()
    }

    /// Does it make a difference which of the two a launch has settled?
    pub(super) fn distinguishes(&self, one: &[Settled], other: &[Settled]) -> bool {
        one != other
            && self
                .made
                .iter()
                .any(|made| without(&made.request, one) != without(&made.request, other))
    }

    /// The new process has not taken what it was told. False if the caller has set something else by now.
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

/// The permission mode that a message names.
pub(super) fn mode_of(frame: &Frame) -> Option<String> {
    if frame.kind() != FrameKind::System
        || !matches!(frame.subtype().as_deref(), Some("init" | "status"))
    {
        return None;
    }
    frame.field("permissionMode")?.as_str().map(String::from)
}
