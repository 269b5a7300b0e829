//! What a host did, played to a recording that it may be.

use std::collections::VecDeque;

use super::aliases::{self, Aliases};
use super::machine::{Machine, Step};

/// A recording, played up to now.
pub(super) struct Trial {
    pub(super) machine: Machine,
    /// The time that it has come to.
    pub(super) now: u64,
    pub(super) steps: VecDeque<Step>,
    pub(super) aliases: Aliases,
}

/// What has reached the host.
#[derive(Debug, Default)]
pub(super) struct Written {
    out: usize,
    err: usize,
    out_closed: bool,
    err_closed: bool,
    /// The ids of the CLI's requests.
    pub(super) requests: Vec<String>,
}

impl Trial {
    /// Takes the steps up to `now`, each at its time.
    pub(super) fn drain(&mut self, now: u64, written: &Written) {
        loop {
            match self.machine.next(self.now) {
                Step::Wait(Some(due)) if due <= now => self.now = due,
                Step::Exit(_) => return,
                Step::Wait(_) => {
                    self.now = now;
                    return;
                }
                step => {
                    if let Some(id) = aliases::request_id(&step) {
                        self.aliases.pair(&written.requests, id);
                    }
                    self.steps.push_back(step);
                }
            }
        }
    }
}

impl Written {
    pub(super) fn note(&mut self, step: &Step) {
        match step {
            Step::Out(_) => self.out += 1,
            Step::Err(_) => self.err += 1,
            Step::CloseOut => self.out_closed = true,
            Step::CloseErr => self.err_closed = true,
            Step::PutBack(_) | Step::Exit(_) | Step::Wait(_) => {}
        }
        self.requests.extend(aliases::request_id(step));
    }

    /// What of these steps is still to be written.
    pub(super) fn rest(&self, mut steps: VecDeque<Step>) -> VecDeque<Step> {
        let (mut out, mut err) = (self.out, self.err);
        let is_new = |count: &mut usize| {
            let is_new = *count == 0;
            *count = count.saturating_sub(1);
            is_new
        };
        steps.retain(|step| match step {
            Step::Out(_) => is_new(&mut out),
            Step::Err(_) => is_new(&mut err),
            Step::CloseOut => !self.out_closed,
            Step::CloseErr => !self.err_closed,
            Step::PutBack(_) => true,
            Step::Exit(_) | Step::Wait(_) => false,
        });
        steps
    }
}
