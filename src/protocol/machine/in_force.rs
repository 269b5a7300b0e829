//! The settings in force: what a turn that had its own finds again afterwards, and what the next process is told.

use std::collections::{BTreeMap, BTreeSet};

use crate::protocol::io::RequestId;
use crate::wire::{Frame, FrameKind, RawJson};

/// A setting that outlasts a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::protocol) enum Setting {
    Model,
    PermissionMode,
}

/// What the caller and the CLI have made of the settings. What neither has touched is as the launch has it.
#[derive(Debug, Default)]
pub(super) struct InForce {
    /// Under way: asked for by the caller, not answered yet, in the order in which the CLI will take them.
    asked: Vec<(RequestId, Setting, RawJson)>,
    /// Made by the caller. The CLI forgets it when it ends.
    made: BTreeMap<Setting, RawJson>,
    /// What of that a new process was told, and nobody has changed since.
    again: BTreeSet<Setting>,
    /// The permission mode that the CLI of this connection names: it changes the mode by itself as well.
    mode: Option<RawJson>,
}

impl Setting {
    /// The setting that a request makes, if it makes one.
    pub(super) fn of(body: &RawJson) -> Option<Self> {
        match body.pointer("/subtype")?.as_str()?.as_ref() {
            "set_model" => Some(Self::Model),
            "set_permission_mode" => Some(Self::PermissionMode),
            _ => None,
        }
    }

    /// Do two requests for it come to the same?
    pub(super) fn is_same(self, one: &RawJson, other: &RawJson) -> bool {
        let pointer = match self {
            Self::Model => "/model",
            Self::PermissionMode => "/mode",
        };
        let value = |body: &RawJson| body.pointer(pointer).and_then(|value| value.as_str().map(String::from));
        value(one) == value(other)
    }
}

impl InForce {
    /// The caller has asked for something.
    pub(super) fn ask(&mut self, request: RequestId, body: &RawJson) {
        if let Some(setting) = Setting::of(body) {
            self.asked.push((request, setting, body.clone()));
        }
    }

    /// The CLI has answered, or nobody waits for it any more. What is in force from now on, if that is new.
    pub(super) fn answered(&mut self, request: RequestId, accepted: bool) -> Option<(Setting, RawJson)> {
        let at = self.asked.iter().position(|(asked, ..)| *asked == request)?;
        let later = self.asked.split_off(at + 1);
        let answered = self.asked.pop().filter(|_| accepted);
        if let Some((_, setting, _)) = answered {
            // What was asked for before it has no effect any more, whenever that is answered.
            self.asked.retain(|(_, asked, _)| *asked != setting);
        }
        self.asked.extend(later);
        let (_, setting, body) = answered?;
        self.made.insert(setting, body.clone());
        self.again.remove(&setting);
        if setting == Setting::PermissionMode {
            self.mode = None;
        }
        Some((setting, body))
    }

    /// A new process names the permission mode that it was launched with. What the caller has made is still to be made again.
    pub(super) fn launched(&mut self, mode: &str) {
        if !self.made.contains_key(&Setting::PermissionMode) {
            self.report(mode);
        }
    }

    /// The CLI names its permission mode.
    pub(super) fn report(&mut self, mode: &str) {
        let body = RawJson::from(serde_json::json!({"subtype": "set_permission_mode", "mode": mode}));
        if let Some(made) = self.made.get_mut(&Setting::PermissionMode) {
            made.clone_from(&body);
        }
        self.mode = Some(body);
    }

    /// The request that would bring about what is in force; `None` where nothing is known to differ from the launch.
    pub(super) fn now(&self, setting: Setting) -> Option<&RawJson> {
        let reported = self.mode.as_ref().filter(|_| setting == Setting::PermissionMode);
        reported.or_else(|| self.made.get(&setting))
    }

    /// Is it known, with nothing under way?
    pub(super) fn is_settled(&self, setting: Setting) -> bool {
        self.asked.iter().all(|(_, asked, _)| *asked != setting)
    }

    /// The connection has ended.
    pub(super) fn closed(&mut self) {
        self.asked.clear();
        self.again.clear();
        self.mode = None;
    }

    /// What the CLI of a new connection is to be told.
    pub(super) fn make_again(&mut self) -> Vec<RawJson> {
        self.again = self.made.keys().copied().collect();
        self.made.values().cloned().collect()
    }

    /// The new process has not taken what it was told. False if the caller has set something else by now.
    pub(super) fn not_again(&mut self, setting: Setting) -> bool {
        self.again.remove(&setting) && self.made.remove(&setting).is_some()
    }
}

/// The permission mode that a message names.
pub(super) fn mode_of(frame: &Frame) -> Option<String> {
    if frame.kind() != FrameKind::System || !matches!(frame.subtype().as_deref(), Some("init" | "status")) {
        return None;
    }
    frame.field("permissionMode")?.as_str().map(String::from)
}
