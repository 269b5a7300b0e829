use std::fs;
use std::path::{Path, PathBuf};

use super::InstallError;

/// A directory beside the target, so that renaming stays within one file system; removed on every way out.
pub(super) struct Staging(PathBuf);

impl Staging {
    pub(super) fn new(directory: &Path) -> Result<Self, InstallError> {
        let path = directory.join(format!(".installing-{}", std::process::id()));
        fs::create_dir(&path).map_err(|error| InstallError::io("create", &path, error))?;
        Ok(Self(path))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        // Best effort: what stays behind is hidden and harmless.
        let _ = fs::remove_dir_all(&self.0);
    }
}
