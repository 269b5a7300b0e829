//! The settings that the caller has changed, which outlast the process, and those that the process
//! has received.

use std::collections::BTreeSet;

use super::reference::{CONTROL, Model, Purpose};
use super::vocabulary::{Ask, Fact, Setting};

#[derive(Clone, Debug, Default)]
pub(super) struct Settings {
    /// Requested by the caller and unanswered, in the order of the wire.
    pub(super) asked: Vec<(u64, Setting, u64)>,
    /// Set by the caller, the latest last.
    made: Vec<(Setting, u64)>,
    /// Those of them that were repeated for this process and not changed since.
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
        self.cli.settings.insert(wire, (setting, value, false));
        self.facts.push(Fact::Set(wire, setting, value));
    }

    /// The new process has none of the caller's settings.
    pub(super) fn make_again(&mut self) {
        for (setting, value) in self.settings.made.clone() {
            self.preparing.awaited += 1;
            self.settings.again.insert(setting);
            self.set(Purpose::MakeAgain(setting), setting, value);
        }
    }

    /// A request of the caller was answered, or will not be.
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

    /// When a prompt is written, the CLI has the caller's settings, apart from those of the turn.
    pub(super) fn check_settings(&self, switches: &[Setting]) {
        for setting in [Setting::Model, Setting::Mode] {
            // The CLI processes requests in order, whatever the order of its answers.
            let mut taken = self
                .cli
                .settings
                .values()
                .filter(|(made, _, accepted)| *made == setting && *accepted);
            let now = taken.next_back().map_or(0, |(_, value, _)| *value);
            let wanted = self.settings.now(setting);
            let is_switched = switches.contains(&setting) && now == Ask::VALUE;
            assert!(
                now == wanted || is_switched,
                "{setting:?} is {now} where the caller wants {wanted}: {:?}",
                self.cli.settings
            );
        }
    }
}
