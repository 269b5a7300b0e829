//! Which runs are compared.

/// What is compared after normalising.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::recording) enum Sides {
    /// Two versions of the CLI.
    Versions,
    /// Two runs of one version: versions and costs are kept.
    Runs,
}
