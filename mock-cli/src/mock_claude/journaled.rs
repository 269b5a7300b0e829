//! A CLI whose lines go into the journal.

use claude_wire::transport::{BoxFuture, Connection, Error, Launch, Process, Transport};

use super::journal::Journal;
use super::tee::Tee;

/// The real CLI, and the journal of what crosses its streams.
pub(crate) struct Journaled {
    pub(crate) cli: Process,
    pub(crate) journal: Journal,
}

impl Transport for Journaled {
    fn open(&self, launch: Launch) -> BoxFuture<'_, Result<Connection, Error>> {
        Box::pin(async move {
            let Connection { stdin, stdout, stderr, control } = self.cli.open(launch).await?;
            if !self.journal.is_open() {
                return Ok(Connection { stdin, stdout, stderr, control });
            }
            Ok(Connection {
                stdin: Box::new(Tee::to_input(stdin, &self.journal)),
                stdout: Box::new(Tee::new(stdout, "out", &self.journal)),
                stderr: Box::new(Tee::new(stderr, "err", &self.journal)),
                control,
            })
        })
    }

    fn runs_here(&self) -> bool {
        true
    }
}
