//! Lines whose turn only later lines reveal.

use super::reference::{Busy, Model};
use super::vocabulary::{Fact, Says};

impl Model {
    pub(super) fn keep(&mut self, says: &Says) {
        if *says == Says::Stray {
            // Lines of a CLI that names prompts are settled by its next line, not by time; until
            // then there is a warning.
            match self.echoes {
                true => self.facts.push(Fact::Event),
                false => self.kept.until = Some(self.clock + 1),
            }
        }
        if matches!(says, Says::Begin(..) | Says::ForeignBegin(_)) {
            self.run.iter_mut().for_each(|run| run.opens_until = None);
        }
        self.kept.lines.push(says.clone());
    }

    /// Checks a line against the held ones. Returns whether it is held as well.
    pub(super) fn weigh(&mut self, says: &Says) -> bool {
        if self.kept.lines.is_empty() {
            return false;
        }
        match (self.kept.lines.iter().any(Says::is_result), says) {
            (_, Says::Report) => {
                self.cli.has_reported = true;
                self.keep(says);
                true
            }
            (false, Says::Text) => {
                self.keep(says);
                true
            }
            (false, Says::End(turn, session)) => {
                self.cli.busy = Busy::No;
                self.cli.ended = Some(*turn);
                self.confirm(*session);
                self.keep(says);
                self.settle(true);
                true
            }
            (false, Says::ForeignEnd(session)) => {
                self.cli.busy = Busy::No;
                self.confirm(*session);
                self.keep(says);
                self.settle(false);
                true
            }
            (true, Says::ForeignBegin(session)) => {
                self.confirm(*session);
                self.settle(self.is_reported());
                false
            }
            (true, Says::Begin(_, session) | Says::End(_, session)) => {
                self.confirm(*session);
                self.settle(false);
                false
            }
            // What becomes of a message says nothing about them.
            (_, Says::Queued(id) | Says::Cancelled(id)) if self.active() != Some(*id) => false,
            (false, Says::Queued(_) | Says::Other | Says::Cancelled(_))
            | (true, Says::Text | Says::Stray) => {
                self.settle(false);
                false
            }
            _ => false,
        }
    }

    /// Whether the end of a task was reported since the held result.
    pub(super) fn is_reported(&self) -> bool {
        let mut after = self.kept.lines.iter().skip_while(|says| !says.is_result());
        after.any(|says| *says == Says::Report)
    }

    /// Releases the held lines.
    pub(super) fn settle(&mut self, ours: bool) {
        let super::reference::Kept { lines, until } = std::mem::take(&mut self.kept);
        let mut over = false;
        let has_result = lines.iter().any(Says::is_result);
        for says in lines {
            let turn = self.active();
            match says {
                _ if !ours && !over => {
                    self.report_if(says == Says::Stray && until.is_some(), Fact::Event);
                    self.facts.push(Fact::Event);
                }
                Says::Begin(id, _) if has_result => {
                    self.cli.holds = false;
                    self.belongs(self.owner(id));
                    self.take(id);
                }
                Says::Begin(id, _) => self.begin(id),
                // The CLI had not begun the prompt, and will not begin it now.
                Says::Stray => {
                    self.cli.holds = false;
                    self.cli.busy = Busy::No;
                    self.cli.ended = turn;
                    self.belongs(turn);
                    self.answered();
                }
                Says::End(..) => {
                    self.belongs(turn);
                    self.answered();
                }
                // The process has ended, or is to: until then it looked like the turn's.
                Says::ForeignBegin(_) => {
                    self.belongs(turn);
                    turn.into_iter().for_each(|turn| self.take(turn));
                }
                _ => self.belongs(turn),
            }
            over |= says.is_result();
        }
        if !ours {
            self.expect_turn();
        }
    }
}
