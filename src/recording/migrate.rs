//! Migration of older format versions, one step at a time.

use bytes::Bytes;

use super::error::Error;
use super::format::FORMAT_VERSION;

/// One step from `from` to the next version. It gets every line but the footer, the header first;
/// its error names the line (counted from 1).
pub(super) struct Step {
    pub(super) from: u64,
    pub(super) run: fn(&[Bytes]) -> Result<Vec<Bytes>, Complaint>,
}

/// The line and its error.
pub(super) type Complaint = (usize, String);

/// The known steps. Version 1 is the first, so there are none yet.
pub(super) const STEPS: &[Step] = &[];

/// Migrates the lines of a recording of version `found` to [`FORMAT_VERSION`].
pub(super) fn migrate(
    mut lines: Vec<Bytes>,
    found: u64,
    steps: &[Step],
) -> Result<Vec<Bytes>, Error> {
    if found > u64::from(FORMAT_VERSION) {
        return Err(Error::newer_version(found));
    }
    for version in found..u64::from(FORMAT_VERSION) {
        let step = steps
            .iter()
            .find(|step| step.from == version)
            .ok_or_else(|| Error::no_migration(found))?;
        lines = (step.run)(&lines).map_err(|(line, why)| {
            Error::format(format!("cannot be migrated from version {version}: {why}")).at_line(line)
        })?;
    }
    Ok(lines)
}
