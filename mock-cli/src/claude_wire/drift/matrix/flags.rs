//! The flags that a version takes: those of its help, and the hidden ones that other versions have.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;
use tokio::task::JoinSet;

use super::column::Column;
use crate::Failure;

/// The flags of the pinned version, hidden ones included.
const PINNED: &str = include_str!("../../../../flags/2.1.329.txt");

/// No version has it: a command line with it is refused before anything is done.
const REFUSED: &str = "--claude-wire-no-such-flag";

/// Far more than a CLI needs to read its arguments.
const LIMIT: Duration = Duration::from_secs(30);

/// Fills in the flags of every version.
pub(super) async fn probe(columns: &mut [Column], jobs: usize) -> Result<(), Failure> {
    let mut candidates: BTreeSet<String> = PINNED.lines().filter(|line| line.starts_with('-')).flat_map(names).collect();
    for column in &*columns {
        candidates.extend(listed(&ask(&column.path, &["--help"]).await?.stdout));
    }
    for column in columns {
        eprintln!("{}: {} flags", column.version, candidates.len());
        let taken = taken(&column.path, &candidates, jobs).await;
        column.flags = taken.map_err(|why| format!("the flags of {}: {why}", column.version))?;
    }
    Ok(())
}

/// The flags of the candidates that this version takes.
async fn taken(cli: &Path, candidates: &BTreeSet<String>, jobs: usize) -> Result<BTreeSet<String>, Failure> {
    let mut waiting = candidates.iter().cloned();
    let mut running = JoinSet::new();
    let mut taken = BTreeSet::new();
    loop {
        while running.len() < jobs
            && let Some(flag) = waiting.next()
        {
            let cli = cli.to_owned();
            running.spawn(async move { (is_taken(&cli, &flag).await, flag) });
        }
        let Some(done) = running.join_next().await else { return Ok(taken) };
        let (is_taken, flag) = done.map_err(|error| format!("a probe failed: {error}"))?;
        if is_taken? {
            taken.insert(flag);
        }
    }
}

/// Gives one flag before one that is refused: whether the CLI complains of the first. The value is for those that want one.
async fn is_taken(cli: &Path, flag: &str) -> Result<bool, Failure> {
    let said = ask(cli, &[flag, "1", REFUSED]).await?.stderr;
    Ok(unknown(&said) != Some(flag))
}

/// The flag that the CLI does not know.
fn unknown(said: &str) -> Option<&str> {
    said.split_once("unknown option '")?.1.split_once('\'').map(|(flag, _)| flag)
}

/// The flags of a help text: lines that begin with two blanks and a dash.
fn listed(help: &str) -> Vec<String> {
    let lines = help.lines().filter(|line| line.starts_with("  -"));
    lines.map(|line| line.trim_start()).flat_map(|line| names(line.split("  ").next().unwrap_or_default())).collect()
}

/// The names in `-r, --resume [value]`.
fn names(spec: &str) -> Vec<String> {
    let words = spec.split([',', ' ']).filter(|word| !word.is_empty());
    words.take_while(|word| word.starts_with('-')).map(String::from).collect()
}

struct Said {
    stdout: String,
    stderr: String,
}

/// Runs the CLI with nothing but its arguments.
async fn ask(cli: &Path, args: &[&str]) -> Result<Said, Failure> {
    let home = tempfile::tempdir().map_err(|error| format!("no temporary folder: {error}"))?;
    let output = Command::new(cli)
        .args(args)
        .env_clear()
        .env("HOME", home.path())
        .env("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1")
        .current_dir(home.path())
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let output = tokio::time::timeout(LIMIT, output).await.map_err(|_| format!("no answer within {} s", LIMIT.as_secs()))?;
    let output = output.map_err(|error| format!("cannot run {}: {error}", cli.display()))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ok(Said { stdout: text(&output.stdout), stderr: text(&output.stderr) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_flags_of_a_help_are_read_however_it_is_wrapped() {
        let help = "Options:\n  --add-dir <directories...>            More\n                                        --no flag\n  \
            -c, --continue  Go on\n  --allowedTools, --allowed-tools <tools...>\n      Or -x\n  -h, --help";
        assert_eq!(listed(help), ["--add-dir", "-c", "--continue", "--allowedTools", "--allowed-tools", "-h", "--help"]);
    }

    #[test]
    fn a_complaint_names_its_flag() {
        assert_eq!(unknown("error: unknown option '--bee'\n(Did you mean --bare?)"), Some("--bee"));
        assert_eq!(unknown("error: option '-p, --print <x>' argument '1' is invalid. It must be x."), None);
    }
}
