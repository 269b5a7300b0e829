//! Settings for one turn: applied before its prompt is written, and restored after its end.

use std::borrow::Cow;
use std::time::Instant;

use super::in_force::Made;
use super::setting::Setting;
use super::{Link, Machine};
use crate::protocol::failure::Failure;
use crate::protocol::io::{Output, QueuedPrompt, RequestId, Switch, TurnEnd, TurnId};
use crate::protocol::requests::Purpose;
use crate::protocol::state::EndCause;
use crate::wire::RawJson;
use crate::wire::control::Request;

#[derive(Debug, Default)]
pub(super) struct Switches {
    /// The prompt that waits for its settings.
    prompt: Option<Box<QueuedPrompt>>,
    /// Whether the caller has interrupted it.
    interrupted: bool,
    /// Why it will not run, if a setting was refused.
    failure: Option<Failure>,
    /// What to restore after the running or next turn.
    owed: Vec<Owed>,
    /// How many replies are pending.
    awaited: usize,
}

/// A setting to restore.
#[derive(Debug)]
struct Owed {
    setting: Option<Setting>,
    request: Request,
}

impl Switches {
    /// True while no setting is being applied or restored, none is due, and no prompt waits for
    /// one.
    pub(super) fn is_idle(&self) -> bool {
        !self.is_under_way() && self.owed.is_empty()
    }

    fn is_under_way(&self) -> bool {
        self.awaited > 0 || self.prompt.is_some()
    }

    /// Whether a prompt waits for its settings.
    pub(super) fn holds_prompt(&self) -> bool {
        self.prompt.is_some()
    }

    /// Whether the prompt of this turn waits for its settings.
    pub(super) fn is_for(&self, turn: TurnId) -> bool {
        self.prompt.as_ref().is_some_and(|prompt| prompt.turn == turn)
    }

    /// Whether the permission mode belongs to a turn, or is being restored.
    fn covers_mode(&self) -> bool {
        let is_mode = |owed: &Owed| owed.setting.as_ref().is_some_and(Setting::is_permission_mode);
        self.awaited > 0 || self.owed.iter().any(is_mode)
    }

    pub(super) fn release_room(&mut self) {
        self.owed.shrink_to_fit();
    }

    /// The reader of this turn is gone: its prompt will not be written.
    pub(super) fn abandon(&mut self, turn: TurnId) {
        self.prompt.take_if(|prompt| prompt.turn == turn);
    }

    /// The caller interrupts the turn that is about to run.
    pub(super) fn interrupt(&mut self) {
        self.interrupted = self.prompt.is_some();
    }

    pub(super) fn take_prompt(&mut self) -> Option<QueuedPrompt> {
        self.prompt.take().map(|prompt| *prompt)
    }

    /// The process has ended, and its settings with it. Returns the prompt that was not written.
    pub(super) fn clear(&mut self) -> Option<QueuedPrompt> {
        std::mem::take(self).prompt.map(|prompt| *prompt)
    }
}

impl Machine {
    /// Applies the settings of a prompt that are not in force, then begins it.
    pub(super) fn prepare(&mut self, now: Instant, prompt: QueuedPrompt, out: &mut Vec<Output>) {
        let switches: Vec<_> =
            prompt.switches.iter().filter_map(|switch| self.to_switch(switch)).collect();
        if switches.is_empty() {
            return self.begin(now, prompt, out);
        }
        self.switches.awaited = switches.len();
        self.switches.interrupted = false;
        self.switches.prompt = Some(Box::new(prompt));
        for (apply, owed) in switches {
            self.request(now, Purpose::Apply, &apply, None, out);
            self.switches.owed.push(owed);
        }
    }

    /// Returns what to apply and what to restore later; `None` if it is already in force.
    fn to_switch(&self, switch: &Switch) -> Option<(Request, Owed)> {
        let setting = Setting::of(&switch.apply);
        let now = setting
            .as_ref()
            .and_then(|setting| self.in_force.now(setting))
            .unwrap_or(Cow::Borrowed(&switch.restore));
        let needless = setting.as_ref().is_some_and(|setting| {
            self.in_force.is_settled(setting) && setting.is_same(&now, &switch.apply)
        });
        (!needless).then(|| (switch.apply.clone(), Owed { request: now.into_owned(), setting }))
    }

    /// Repeats the caller's settings of the previous process.
    pub(super) fn make_again(&mut self, now: Instant, out: &mut Vec<Output>) {
        for Made { setting, request, limit, .. } in self.in_force.make_again(&self.settled) {
            self.switches.awaited += 1;
            self.request(now, Purpose::MakeAgain(setting), &request, limit, out);
        }
    }

    /// The CLI has answered a request of the caller, which may have made a setting. It is restored
    /// after a turn that has its own.
    pub(super) fn note_answer(
        &mut self,
        request: RequestId,
        answer: &Result<Option<RawJson>, Failure>,
    ) {
        let Ok(reply) = answer else { return self.in_force.not_made(request) };
        let Some(Made { setting, request, .. }) = self.in_force.accepted(request, reply.as_ref())
        else {
            return;
        };
        for owed in
            self.switches.owed.iter_mut().filter(|owed| owed.setting.as_ref() == Some(&setting))
        {
            owed.request.clone_from(&request);
        }
    }

    /// The CLI may report its permission mode; that of a turn is not the one to restore.
    pub(super) fn note_mode(&mut self, mode: Option<&str>) {
        if let Some(mode) = mode.filter(|_| !self.switches.covers_mode()) {
            self.in_force.report(mode);
        }
    }

    /// A setting was applied or restored, or failed to be.
    pub(super) fn switched(
        &mut self,
        now: Instant,
        purpose: Purpose,
        failure: Option<Failure>,
        out: &mut Vec<Output>,
    ) {
        self.switches.awaited = self.switches.awaited.saturating_sub(1);
        // If the process is being ended, the prompt keeps its place for the next one.
        if !self.can_write() {
            return;
        }
        match (purpose, failure) {
            (Purpose::Apply, failure) => {
                self.switches.failure = self.switches.failure.take().or(failure);
                if self.switches.awaited == 0 {
                    self.prepared(now, out);
                }
            }
            // The next turn must not run with the settings of this one: a new process has none of
            // them.
            (Purpose::Restore, Some(failure)) => {
                let text = format!(
                    "a setting of one query could not be restored, so the CLI is restarted: {failure}"
                );
                out.push(Output::warning("setting_not_restored", text));
                self.ends_for(EndCause::SettingStuck);
                self.link = Link::Closing { for_good: false };
                out.push(Output::CloseStdin);
            }
            (Purpose::MakeAgain(setting), Some(failure)) if self.in_force.not_again(&setting) => {
                let text = format!(
                    "a setting of the session could not be repeated after a restart of the CLI: {failure}"
                );
                out.push(Output::warning("setting_not_repeated", text));
            }
            _ => {}
        }
    }

    fn prepared(&mut self, now: Instant, out: &mut Vec<Output>) {
        match (self.switches.prompt.take(), self.switches.failure.take()) {
            (Some(prompt), None) => {
                self.begin(now, *prompt, out);
                self.current
                    .iter_mut()
                    .for_each(|current| current.interrupted = self.switches.interrupted);
            }
            (Some(prompt), Some(failure)) => {
                out.push(Output::Ended(prompt.turn, TurnEnd::Failed(failure)))
            }
            (None, _) => {}
        }
    }

    /// Restores what was set for the turn that has ended, once no other change to the same settings
    /// is under way: the CLI would process that first, and this after it.
    pub(super) fn restore(&mut self, now: Instant, out: &mut Vec<Output>) {
        if self.switches.is_under_way() {
            return;
        }
        let is_settled = |owed: &mut Owed| {
            owed.setting.as_ref().is_none_or(|setting| self.in_force.is_settled(setting))
        };
        let settled: Vec<_> = self.switches.owed.extract_if(.., is_settled).collect();
        self.switches.awaited = settled.len();
        for owed in settled {
            self.request(now, Purpose::Restore, &owed.request, None, out);
        }
    }
}
