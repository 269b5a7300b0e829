//! The file for the report of each launch.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use claude_wire::player::Report;

use super::journal;
use crate::at;
use crate::common::complain;
use crate::session_host::lock;

/// The file that `CLAUDE_WIRE_REPORT` names, which several launches may share. This launch adds one
/// report.
#[derive(Clone, Debug)]
pub(crate) struct ReportFile {
    path: PathBuf,
    /// `None` when the report is written.
    file: Arc<Mutex<Option<File>>>,
}

impl ReportFile {
    /// Opens it before anything is played: a launch has the same end with it as without it.
    pub(crate) fn open(path: &Path) -> Result<Self, String> {
        let file =
            journal::open(path).map_err(|error| format!("CLAUDE_WIRE_REPORT: {}", at(path, error)));
        Ok(Self { path: path.to_owned(), file: Arc::new(Mutex::new(Some(file?))) })
    }

    /// Appends the report, unless it is there already.
    pub(crate) fn add(&self, report: &Report) {
        let Some(mut file) = lock(&self.file).take() else { return };
        if let Err(error) = file.write_all(format!("{report}\n").as_bytes()) {
            complain(format_args!("mock-claude: CLAUDE_WIRE_REPORT: {}", at(&self.path, error)));
        }
    }
}
