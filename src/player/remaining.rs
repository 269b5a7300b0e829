//! What a run has not done yet, and its report.

use super::launch::RecordedLaunch;
use super::left::{self, Left};
use super::machine::{Machine, State};
use super::report::Report;
use super::script::{Action, Expectation, Output};

impl Machine {
    /// The report; `runs`: whether the run goes on.
    pub(super) fn report(&self, runs: bool) -> Report {
        let blocked = if runs { self.blocked() } else { vec![true; self.states.len()] };
        let coming = self.left_outputs().filter(|(index, _)| !blocked[*index]).count();
        let matched = self.met.iter().flatten().count();
        let played = self.states.iter().filter(|state| **state == State::Played).count();
        let mut left = self.leftover(&blocked);
        let failed = self.put_back.iter().filter_map(|done| done.as_ref().err());
        failed.for_each(|why| left.push(left::Kind::File, why.clone()));
        Report::run(self.divergence.clone(), left, played, matched, self.script.cli.clone())
            .coming(coming)
            .with_files(self.files())
            .with_transcript(self.transcript())
    }

    /// The session whose transcript the recorded CLI wrote, once it has begun.
    fn transcript(&self) -> Option<String> {
        let launch = self.script.launch.as_ref();
        let is_kept = launch.is_none_or(RecordedLaunch::keeps_its_session);
        let has_begun = self.script.session.is_some() && self.states.contains(&State::Played);
        self.session().filter(|_| is_kept && has_begun).map(|(_, live)| live)
    }

    /// The files that the tools of a launch wrote that has come to something.
    fn files(&self) -> Vec<String> {
        if !self.states.contains(&State::Played) {
            return Vec::new();
        }
        let is_back = |path: &str| self.put_back.iter().flatten().any(|kept| kept.is_at(path));
        self.script.files.iter().filter(|path| !is_back(path)).cloned().collect()
    }

    /// Whether its host has done its part, and nothing differed: only its end is left, and lines after
    /// the last result, which a host that kills the CLI then does not read.
    pub(super) fn is_done(&self) -> bool {
        self.divergence.is_none()
            && self.left_outputs().all(|(_, output)| output.after_result)
            && self.left_writes().next_back().is_none()
    }

    /// What the recording has and the run did not, except what only waits for the host to end it.
    pub(super) fn all_left(&self) -> Left {
        self.leftover(&vec![true; self.states.len()])
    }

    /// For each output, whether it waits for the host, or for an output that does.
    fn blocked(&self) -> Vec<bool> {
        let mut blocked = vec![false; self.states.len()];
        let unmet = self.script.expectations.iter().zip(&self.met).filter(|(_, met)| met.is_none());
        let mut open: Vec<usize> =
            unmet.flat_map(|(open, _)| open.dependents.iter().copied()).collect();
        while let Some(output) = open.pop() {
            if !std::mem::replace(&mut blocked[output], true) {
                open.extend(&self.script.outputs[output].dependents);
            }
        }
        blocked
    }

    /// The same, of the outputs only those that are blocked.
    fn leftover(&self, blocked: &[bool]) -> Left {
        let writes = self.left_writes();
        let mut events: Vec<_> =
            writes.map(|open| (open.event, open.what.kind(), open.to_string())).collect();
        let is_done = self.is_done();
        let is_left =
            |index: usize, output: &Output| blocked[index] && !(is_done && output.after_result);
        let outputs = self.left_outputs().filter(|(index, output)| is_left(*index, output));
        events.extend(
            outputs.map(|(_, output)| (output.event, left::Kind::Output, output.to_string())),
        );
        events.sort_by_key(|(event, ..)| *event);
        let mut left = Left::default();
        events.into_iter().for_each(|(_, kind, text)| left.push(kind, text));

        left
    }

    fn left_writes(&self) -> impl DoubleEndedIterator<Item = &Expectation> {
        let expectations = self.script.expectations.iter().zip(&self.met);
        let left = expectations.filter(|(open, met)| met.is_none() && open.required);
        left.map(|(open, _)| open)
    }

    fn left_outputs(&self) -> impl DoubleEndedIterator<Item = (usize, &Output)> {
        let outputs = self.script.outputs.iter().zip(&self.states).enumerate();
        let outputs = outputs.filter(|(_, (output, state))| {
            **state == State::Waiting
                && !output.after_end
                && !matches!(output.action, Action::Exit(_))
        });
        outputs.map(|(index, (output, _))| (index, output))
    }
}
