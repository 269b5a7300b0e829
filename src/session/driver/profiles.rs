//! The ways to launch the CLI that the prompts of a session need.

use std::borrow::Cow;
use std::collections::HashMap;

use super::super::Options;
use super::super::query_options::launch_alike;
use crate::protocol::{Profile, TurnId};

/// Numbers the launches, and keeps those still needed.
#[derive(Default)]
pub(super) struct Profiles {
    known: Vec<(Profile, Box<Options>)>,
    last: u64,
    needed: HashMap<TurnId, Profile>,
    running: Profile,
    /// What was made for the last launch, where that is not what the session's options say.
    made: Option<Box<Options>>,
}

impl Profiles {
    /// Returns the number of a launch; equal options have the same number.
    pub(super) fn assign(&mut self, turn: TurnId, launch: Option<Box<Options>>) -> Profile {
        let Some(options) = launch else { return Profile::default() };
        let known =
            self.known.iter().find(|(_, known)| *known == options).map(|(profile, _)| *profile);
        let profile = known.unwrap_or_else(|| {
            self.last += 1;
            self.known.push((Profile(self.last), options));
            Profile(self.last)
        });
        self.needed.insert(turn, profile);
        profile
    }

    /// Options were made for the next launch, on top of the session's.
    pub(super) fn make(&mut self, made: &Options, session: &Options) {
        self.made = (made != session).then(|| Box::new(made.clone()));
    }

    /// Returns which of the profiles are launched as the last launch was, with what was made for it.
    pub(super) fn alike(&self, session: &Options) -> Vec<Profile> {
        let below = self.made.as_deref().unwrap_or(session);
        let options = |profile| match self.options(profile) {
            Some(asked) => Cow::Owned(asked.over(below)),
            None => Cow::Borrowed(below),
        };
        let running = options(self.running);
        let known = self.known.iter().map(|(profile, _)| *profile).chain([Profile::default()]);
        known.filter(|known| launch_alike(&options(*known), &running)).collect()
    }

    /// The turn has ended, one way or another.
    pub(super) fn release(&mut self, turn: TurnId) {
        if self.needed.remove(&turn).is_some() {
            let Self { known, needed, running, .. } = self;
            known.retain(|(profile, _)| {
                profile == running || needed.values().any(|needed| needed == profile)
            });
        }
    }

    /// Returns what the next launch has on top of the session's options; `None` for nothing.
    pub(super) fn launch(&mut self, profile: Profile) -> Option<&Options> {
        self.running = profile;
        self.options(profile)
    }

    fn options(&self, profile: Profile) -> Option<&Options> {
        self.known.iter().find(|(known, _)| *known == profile).map(|(_, options)| &**options)
    }
}
