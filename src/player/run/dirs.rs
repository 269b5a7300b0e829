//! Folders of a run.

use std::fs;
use std::io;
use std::path::Path;

/// Creates a folder, and those above it, for their owner alone.
pub(super) fn create_dirs(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}
