//! Arguments that several commands share, and their texts.

use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{env, fs};

use claude_wire::recording::{Recording, Redaction, Root, host_folders};

use crate::Failure;
use crate::common::complain;

/// What is redacted in a recording.
#[derive(clap::Args)]
pub(crate) struct Scrubbing {
    /// Keep keys, tokens, addresses and long texts as they are
    #[arg(long, conflicts_with_all = ["secret_env", "host", "pattern", "patterns"])]
    no_scrub: bool,
    #[command(flatten)]
    known: Known,
}

/// Secrets that only the caller knows.
#[derive(clap::Args)]
pub(crate) struct Known {
    /// An environment variable whose value is a secret; may be repeated
    #[arg(long, value_name = "NAME")]
    secret_env: Vec<String>,
    /// A host name to redact; may be repeated
    #[arg(long, value_name = "NAME")]
    host: Vec<String>,
    /// A regular expression of what is a secret, or of what is around its first group; may be
    /// repeated
    #[arg(long, value_name = "REGEX")]
    pattern: Vec<String>,
    /// A file of such expressions, one a line; empty lines and those that begin with # say nothing
    #[arg(long, value_name = "FILE")]
    patterns: Vec<PathBuf>,
}

/// Folders of the host.
#[derive(clap::Args)]
pub(crate) struct Folders {
    /// The working directory of the CLI, which becomes ${cwd}
    #[arg(long, value_name = "FOLDER")]
    cwd: Option<String>,
    /// The home directory of the CLI, which becomes ${home}
    #[arg(long, value_name = "FOLDER")]
    home: Option<String>,
    /// Another folder that becomes a variable, with its neutral value; may be repeated
    #[arg(long, value_name = "VAR=FOLDER:NEUTRAL", value_parser = root)]
    root: Vec<Root>,
}

impl Scrubbing {
    /// `None` if nothing is redacted.
    pub(crate) fn redaction(&self) -> Result<Option<Redaction>, Failure> {
        if self.no_scrub { Ok(None) } else { self.known.redaction().map(Some) }
    }
}

impl Known {
    pub(crate) fn redaction(&self) -> Result<Redaction, Failure> {
        let mut redaction = self.host.iter().fold(Redaction::new(), Redaction::host);
        for name in &self.secret_env {
            // Without the variable, its value would not be searched for.
            let value = env::var(name).map_err(|error| format!("--secret-env {name}: {error}"))?;
            redaction = redaction.secret(value);
        }
        for pattern in &self.pattern {
            redaction =
                redaction.pattern(pattern).map_err(|error| format!("--pattern: {error}"))?;
        }
        for path in &self.patterns {
            let place = || format!("--patterns {}", path.display());
            let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", place()))?;
            for (line, pattern) in (1..).zip(text.lines().map(str::trim)) {
                if !pattern.is_empty() && !pattern.starts_with('#') {
                    redaction = redaction
                        .pattern(pattern)
                        .map_err(|error| format!("{}, line {line}: {error}", place()))?;
                }
            }
        }
        Ok(redaction)
    }
}

impl Folders {
    pub(crate) fn roots(&self) -> Vec<Root> {
        self.cwd
            .iter()
            .map(Root::cwd)
            .chain(self.home.iter().map(Root::home))
            .chain(self.root.iter().cloned())
            .collect()
    }
}

fn root(text: &str) -> Result<Root, String> {
    let parts = text.split_once('=').and_then(|(var, rest)| Some((var, rest.split_once(':')?)));
    let (var, (folder, neutral)) =
        parts.ok_or("expected VAR=FOLDER:NEUTRAL, as in tmp=/var/tmp/me:/tmp")?;
    Ok(Root::new(var, folder, neutral))
}

/// Reads a time in seconds, such as `0.5`.
pub(crate) fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse::<f64>().ok();
    let seconds = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    seconds.ok_or_else(|| "expected a number of seconds".to_owned())
}

/// The longest time limit: with it no sum with a clock overflows.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// Reads a time limit in seconds, such as `0.5`.
pub(crate) fn limit(text: &str) -> Result<Duration, String> {
    let limit = seconds(text).ok().filter(|limit| !limit.is_zero() && *limit <= LONGEST);
    limit.ok_or_else(|| {
        let most = LONGEST.as_secs();
        format!("expected a number of seconds over 0, and at most {most} (a day)")
    })
}

/// True if a file may be written: it does not exist, or may be replaced.
pub(crate) fn may_write(path: &Path, force: bool) -> Result<(), Failure> {
    if !force && path.exists() {
        Err(format!("{} already exists; remove it or pass --force", path.display()))
    } else {
        Ok(())
    }
}

/// Warns of the folders in a recording, if there are any; `remedy` says how to make variables of
/// them.
pub(crate) fn warn_of_folders(path: &Path, recording: &Recording, remedy: &str) {
    let folders = host_folders(recording).into_iter().collect::<Vec<_>>();
    if !folders.is_empty() {
        let (path, folders) = (path.display(), folders.join(", "));
        complain(format_args!(
            "claude-wire: warning: {path}: folders of the host are still in it: {folders}; {remedy}"
        ));
    }
}

/// How to make variables of them in a recording that exists.
pub(crate) const SCRUB: &str = "`claude-wire scrub --root` makes variables of them";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_some_time_and_at_most_a_day() {
        for (text, millis) in
            [("0.5", 500), ("30", 30_000), ("1e3", 1_000_000), ("86400", 86_400_000)]
        {
            assert_eq!(limit(text), Ok(Duration::from_millis(millis)), "{text}");
        }
        for text in ["0", "-0", "1e-12", "-1", "NaN", "inf", "86400.5", "1e19", "1e300", "", "1s"] {
            let why = limit(text).unwrap_err();
            assert!(why.contains("over 0") && why.contains("at most 86400"), "{text}: {why}");
        }
    }

    #[test]
    fn a_time_that_does_not_fit_is_refused() {
        assert_eq!(seconds("0"), Ok(Duration::ZERO));
        for text in ["-1", "NaN", "inf", "1e20", "x", ""] {
            assert!(seconds(text).is_err(), "{text}");
        }
    }
}
