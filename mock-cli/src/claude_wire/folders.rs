//! Folders of a host that are still in a recording: a warning.

use std::path::Path;

use claude_wire::recording::{Recording, host_folders};

/// Warns of the folders in a recording, if there are any; `remedy` says what makes variables of them.
pub(crate) fn warn(path: &Path, recording: &Recording, remedy: &str) {
    let folders = host_folders(recording).into_iter().collect::<Vec<_>>();
    if !folders.is_empty() {
        let (path, folders) = (path.display(), folders.join(", "));
        eprintln!(
            "claude-wire: warning: {path}: folders of the host are still in it: {folders}; {remedy}"
        );
    }
}

/// What makes variables of them in a recording that exists.
pub(crate) const SCRUB: &str = "`claude-wire scrub --root` makes variables of them";
