//! What the caller has made of the settings, which outlasts the process; and what the process has been told of them.

use std::collections::BTreeSet;

use super::reference::{CONTROL, Model, Purpose};
use super::vocabulary::{Ask, Fact, Setting};

#[derive(Clone, Debug, Default)]
pub(super) struct Settings {
    /// By the caller, without an answer, in the order of the wire.
    pub(super) asked: Vec<(u64, Setting, u64)>,
    /// By the caller, the latest last.
    made: Vec<(Setting, u64)>,
    /// What of that this process was told at its start, and nobody has changed since.
    again: BTreeSet<Setting>,
}

impl Settings {
    pub(super) fn now(&self, setting: Setting) -> u64 {
        self.made.iter().find(|(made, _)| *made == setting).map_or(0, |(_, value)| *value)
    }

    pub(super) fn is_settled(&self, setting: Setting) -> bool {
        self.asked.iter().all(|(_, asked, _)| *asked != setting)
    }

    pub(super) fn not_again(&mut self, setting: Setting) -> bool {
        let lost = self.again.remove(&setting);
        if lost {
            self.made.retain(|(made, _)| *made != setting);
        }
        lost
    }

    pub(super) fn exit(&mut self) {
        self.asked.clear();
        self.again.clear();
    }
}

impl Model {
    pub(super) fn set(&mut self, purpose: Purpose, setting: Setting, value: u64) {
        let wire = self.send(purpose, CONTROL);
        self.cli.told.insert(wire, (setting, value, false));
        self.facts.push(Fact::Set(wire, setting, value));
    }

    /// The new process knows nothing of what the caller has made of the one before.
    pub(super) fn make_again(&mut self) {
        for (setting, value) in self.settings.made.clone() {
            self.preparing.awaited += 1;
            self.settings.again.insert(setting);
            self.set(Purpose::MakeAgain(setting), setting, value);
        }
    }

    /// A request of the caller's has its answer, or will have none.
    pub(super) fn settled(&mut self, n: u64, accepted: bool) {
        let Some(at) = self.settings.asked.iter().position(|(asked, ..)| *asked == n) else {
            return;
        };
        let (_, setting, value) = self.settings.asked.remove(at);
        if !accepted {
            return;
        }
        let mut index = 0;
        self.settings.asked.retain(|(_, asked, _)| {
            index += 1;
            index > at || *asked != setting
        });
        self.settings.made.retain(|(made, _)| *made != setting);
        self.settings.made.push((setting, value));
        self.settings.again.remove(&setting);
        self.preparing
            .owed
            .iter_mut()
            .filter(|(owed, _)| *owed == setting)
            .for_each(|(_, back)| *back = value);
    }

    /// Where a prompt goes, the CLI has what the caller made of the settings, but for those of the turn.
    pub(super) fn check_settings(&self, switches: &[Setting]) {
        for setting in [Setting::Model, Setting::Mode] {
            // The CLI takes one after the other, whatever the order of its answers.
            let mut taken =
                self.cli.told.values().filter(|(told, _, accepted)| *told == setting && *accepted);
            let now = taken.next_back().map_or(0, |(_, value, _)| *value);
            let wanted = self.settings.now(setting);
            let is_switched = switches.contains(&setting) && now == Ask::VALUE;
            assert!(
                now == wanted || is_switched,
                "{setting:?} is {now} where the caller wants {wanted}: {:?}",
                self.cli.told
            );
        }
    }
}
