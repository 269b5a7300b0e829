//! The flags that a version takes: those of its help, and the hidden ones that other versions have.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use claude_wire_cli::Failure;
use claude_wire_cli::lab::{Cli, side_by_side};
use tokio::process::Command;

use super::column::{Column, Has};

/// A flag of no version: a command line with it is refused before anything is done.
const REFUSED: &str = "--claude-wire-no-such-flag";

/// Far more than a CLI needs to read its arguments.
const LIMIT: Duration = Duration::from_secs(30);

/// Fills in the flags of every version.
pub(super) async fn probe(columns: &mut [Column], jobs: usize) -> Result<(), Failure> {
    // Those of the pinned version, hidden ones included.
    let mut candidates: BTreeSet<String> = Cli::known_flags().flat_map(names).collect();
    let mut helps = Vec::new();
    for column in &*columns {
        let help: BTreeSet<String> =
            listed(&ask(&column.path, &["--help"]).await?.stdout).into_iter().collect();
        candidates.extend(help.iter().cloned());
        helps.push(help);
    }
    for (column, help) in columns.iter_mut().zip(helps) {
        eprintln!("{}: {} flags", column.version, candidates.len());
        let taken = taken(&column.path, &candidates, &help, jobs).await;
        column.flags = taken.map_err(|why| format!("the flags of {}: {why}", column.version))?;
    }
    Ok(())
}

/// Which of the candidates this version takes.
async fn taken(
    cli: &Path,
    candidates: &BTreeSet<String>,
    help: &BTreeSet<String>,
    jobs: usize,
) -> Result<BTreeMap<String, Has>, Failure> {
    let probe = |flag: String| {
        let (cli, is_listed) = (cli.to_owned(), help.contains(&flag));
        async move {
            // The value is for flags that want one.
            let said = ask(&cli, &[&flag, "1", REFUSED]).await?;
            let has = match is_taken(&flag, &said) {
                // Its help lists it, and nothing contradicts that.
                Has::Unknown if is_listed => Has::Yes,
                has => has,
            };
            Ok((flag, has))
        }
    };
    Ok(side_by_side(candidates.iter().cloned(), jobs, probe).await?.into_iter().collect())
}

/// What a CLI says of a flag before a flag that no version has: it reports the first one that it
/// does not know.
fn is_taken(flag: &str, said: &Said) -> Has {
    match quoted(&said.stderr, "unknown option '") {
        Some(unknown) if unknown == flag => return Has::No,
        Some(unknown) if unknown == REFUSED => return Has::Yes,
        _ => {}
    }
    // It asks for another value, so it knows the flag; or the flag, as `--version`, took effect
    // before the rest was read.
    let spec = quoted(&said.stderr, "error: option '");
    if said.success || spec.is_some_and(|spec| names(spec).iter().any(|name| name == flag)) {
        Has::Yes
    } else {
        Has::Unknown
    }
}

/// The text between `before` and the next quote.
fn quoted<'a>(said: &'a str, before: &str) -> Option<&'a str> {
    said.split_once(before)?.1.split_once('\'').map(|(quoted, _)| quoted)
}

/// The flags of a help text: lines that begin with two blanks and a dash.
fn listed(help: &str) -> Vec<String> {
    let lines = help.lines().filter(|line| line.starts_with("  -"));
    lines
        .map(|line| line.trim_start())
        .flat_map(|line| names(line.split("  ").next().unwrap_or_default()))
        .collect()
}

/// The names in `-r, --resume [value]`.
fn names(spec: &str) -> Vec<String> {
    let words = spec.split([',', ' ']).filter(|word| !word.is_empty());
    words.take_while(|word| word.starts_with('-')).map(String::from).collect()
}

struct Said {
    stdout: String,
    stderr: String,
    success: bool,
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
    let output = tokio::time::timeout(LIMIT, output)
        .await
        .map_err(|_| format!("no answer within {} s", LIMIT.as_secs()))?;
    let output = output.map_err(|error| format!("cannot run {}: {error}", cli.display()))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ok(Said {
        stdout: text(&output.stdout),
        stderr: text(&output.stderr),
        success: output.status.success(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_flags_of_a_help_are_read_however_it_is_wrapped() {
        let help = "Options:\n  --add-dir <directories...>            More\n                                        --no flag\n  \
            -c, --continue  Go on\n  --allowedTools, --allowed-tools <tools...>\n      Or -x\n  -h, --help";
        assert_eq!(
            listed(help),
            ["--add-dir", "-c", "--continue", "--allowedTools", "--allowed-tools", "-h", "--help"]
        );
    }

    #[test]
    fn only_what_the_cli_says_of_a_flag_counts() {
        let has = |stderr: &str, success| {
            is_taken("--bee", &Said { stdout: String::new(), stderr: stderr.to_owned(), success })
        };
        assert_eq!(has("error: unknown option '--bee'\n(Did you mean --bare?)", false), Has::No);
        assert_eq!(has("error: unknown option '--claude-wire-no-such-flag'", false), Has::Yes);
        assert_eq!(
            has("error: option '-b, --bee <x>' argument '1' is invalid. It must be x.", false),
            Has::Yes
        );
        assert_eq!(has("", true), Has::Yes);
        for other in [
            "",
            "Segmentation fault",
            "error: option '--other <x>' argument '1' is invalid.",
            "error: unknown option '--other'",
        ] {
            assert_eq!(has(other, false), Has::Unknown, "{other}");
        }
    }
}
