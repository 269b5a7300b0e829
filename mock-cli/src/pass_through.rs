//! What `claude-wire record` and the stand-in share: the real CLI behind this process, recorded.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use claude_wire::recorder::{Recorder, own_environment, unclaim};
use claude_wire::transport::{Exit, Launch, Transport};

use crate::common::complain;

/// What to run, and where its recording goes.
pub(crate) struct PassThrough {
    pub(crate) cli: Arc<dyn Transport>,
    pub(crate) args: Vec<OsString>,
    /// The recording's file. It exists and may be overwritten.
    pub(crate) recording: PathBuf,
}

impl PassThrough {
    /// Runs the CLI to its end, calls a function with the whole recording, and ends this process as
    /// the CLI ended; returns only when the CLI could not be run.
    ///
    /// The outcome of the recording does not change how this ends: the host must not notice.
    pub(crate) fn run(
        self,
        change: impl FnOnce(Recorder) -> Recorder,
        then: impl FnOnce(&Path, Exit),
    ) -> Result<ExitCode, String> {
        let Self { cli, args, recording } = self;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| format!("no runtime: {error}"))?;
        let recorder = change(Recorder::new(cli, &recording).overwrite(true));
        let launch = Launch { args, env: own_environment(), ..Launch::default() };
        match runtime.block_on(recorder.pass_through(launch)) {
            Ok(exit) => {
                if let Some(error) = recorder.error() {
                    complain(error);
                }
                for why in recorder.not_kept() {
                    complain(format_args!("mock-claude: {why}"));
                }
                then(&recording, exit);
                Ok(end(exit))
            }
            Err(error) => {
                // This error is the one to report.
                let _ = unclaim(&recording);
                Err(with_causes(&error))
            }
        }
    }
}

/// Ends the process as another ended: with its code, or by SIGKILL if that ended it. For other
/// signals the code is 128 plus the number, as a shell reports it, because this process catches
/// them.
pub(crate) fn end(exit: Exit) -> ExitCode {
    #[cfg(unix)]
    if exit.signal == Some(rustix::process::Signal::KILL.as_raw()) {
        // Nothing is done after it, and if it fails there is the code below.
        let _ =
            rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
    }
    std::process::exit(exit.code.or(exit.signal.map(|signal| 128 + signal)).unwrap_or(1))
}

fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(&format!(": {error}"));
        cause = error.source();
    }
    text
}
