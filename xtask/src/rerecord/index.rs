//! The index of a folder of recordings.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use claude_wire::recording::Recording;
use claude_wire_cli::lab::{self, Entry};

const HEAD: &str = "\
# Recordings of the real CLI

One folder per CLI version. Each file is one launch of `claude` with a scripted Messages API and without a network: what crossed the three
pipes, byte for byte, with the times, in the recording format (`docs/recording-format.md`).

The recordings are redacted. Folders of the recording machine are variables (`${cwd}`, `${home}`, `${config}`, `${cwd_slug}`), which have neutral
values in the header and are replaced by `Recording::expand`. The CLI's own long texts are `<text:1>`, `<text:2>` and so on. There are no keys.
Names, ids, numbers and short protocol strings are as recorded; the model's words, token counts and message ids come from the script.

`cargo xtask rerecord` rebuilds everything, this page included, from the entries in `mock-cli/corpus`. An entry has the options of a session,
the script of the program and the script of the API. The second launch of an entry is NAME-2.jsonl. After you edit a recording, run
`claude-wire seal` on it. `large-answer` has lines as long as the longest of the CLI, and so 4 MB, of one repeated text that git keeps in 16 KB; it
is not in the package.

All were started with `--print --output-format stream-json --input-format stream-json --verbose`, unless the table says otherwise, and with the
variables that `claude_wire::lab::Hermetic` sets. The complete list of arguments is in each header.
";

const COLUMNS: &str = "
| recording | what it shows | size | flags and environment |
|---|---|---|---|
";

/// Arguments of every launch.
const USUAL_ARGS: [&str; 6] =
    ["--print", "--output-format", "stream-json", "--input-format", "stream-json", "--verbose"];

/// Variables of every launch, with their values.
const USUAL_ENV: [(&str, &str); 6] = [
    ("CLAUDE_AGENT_SDK_VERSION", env!("CARGO_PKG_VERSION")),
    ("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1"),
    ("CLAUDE_CODE_ENTRYPOINT", "sdk-rs"),
    ("CLAUDE_CODE_MAX_RETRIES", "2"),
    ("DISABLE_AUTOUPDATER", "1"),
    ("DISABLE_TELEMETRY", "1"),
];

/// Writes the index of `folder`.
pub(crate) fn write(folder: &Path) -> Result<(), String> {
    let path = folder.join("README.md");
    fs::write(&path, page(folder)?).map_err(|error| format!("{}: {error}", path.display()))
}

/// The index of what is in `folder`: a table for each version, a row for each launch of each entry.
pub(super) fn page(folder: &Path) -> Result<String, String> {
    let entries = lab::entries().map_err(|error| error.to_string())?;
    let mut page = HEAD.to_owned();
    for version in versions(folder)? {
        // Writing to a string does not fail.
        let _ = write!(page, "\n## {version}\n{COLUMNS}");
        for entry in &entries {
            for launch in 1.. {
                let path = folder.join(&version).join(entry.file_name(launch));
                if !path.exists() {
                    break;
                }
                page.push_str(&row(entry, launch, &version, &path)?);
            }
        }
    }
    Ok(page)
}

/// The folders of versions, in the order of their numbers.
fn versions(folder: &Path) -> Result<Vec<String>, String> {
    let read = |error: std::io::Error| format!("{}: {error}", folder.display());
    let mut versions = Vec::new();
    for entry in fs::read_dir(folder).map_err(read)? {
        let entry = entry.map_err(read)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.path().is_dir() && name.starts_with(|first: char| first.is_ascii_digit()) {
            versions.push(name);
        }
    }
    versions.sort_by_key(|version| {
        version.split('.').map(|part| part.parse::<u64>().unwrap_or(0)).collect::<Vec<_>>()
    });
    Ok(versions)
}

fn row(entry: &Entry, launch: usize, version: &str, path: &Path) -> Result<String, String> {
    let recording = Recording::open(path).map_err(|error| error.to_string())?;
    let size = fs::metadata(path)
        .map_err(|error| format!("{}: {error}", path.display()))?
        .len()
        .div_ceil(1000);
    let file = entry.file_name(launch);
    let name = file.trim_end_matches(".jsonl");
    let shows =
        if launch == 1 { entry.shows.clone() } else { format!("the same, launch {launch}") };
    Ok(format!(
        "| [{name}]({version}/{file}) | {shows} | {size} KB | {} |\n",
        circumstances(&recording)
    ))
}

/// The arguments and variables that not every launch has.
fn circumstances(recording: &Recording) -> String {
    let args = recording.header.argv.as_deref().unwrap_or_default();
    let usual = args.get(..USUAL_ARGS.len()).is_some_and(|first| first == USUAL_ARGS);
    let args = if usual { &args[USUAL_ARGS.len()..] } else { args };
    let mut parts = Vec::new();
    if !args.is_empty() {
        parts.push(format!(
            "`{}`",
            args.iter().map(|arg| quoted(arg)).collect::<Vec<_>>().join(" ")
        ));
    }
    let env = recording
        .header
        .env
        .iter()
        .filter(|(name, value)| !USUAL_ENV.contains(&(name.as_str(), value.as_str())));
    let env: Vec<_> = env.map(|(name, value)| format!("`{name}={value}`")).collect();
    if !env.is_empty() {
        parts.push(format!("env {}", env.join(" ")));
    }
    parts.join("; ").replace('|', "\\|")
}

/// An argument as a shell takes it.
fn quoted(arg: &str) -> String {
    let plain = !arg.is_empty()
        && arg.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_=,.:/".contains(&byte));
    if plain { arg.to_owned() } else { format!("'{}'", arg.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use std::collections::BTreeSet;

    use claude_wire::CLI_VERSION;

    use super::*;

    fn recordings() -> std::path::PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../recordings")
    }

    #[test]
    fn the_index_is_the_one_that_is_written() {
        let kept = fs::read_to_string(recordings().join("README.md")).unwrap();
        assert!(
            kept == page(&recordings()).unwrap(),
            "recordings/README.md is not what `cargo xtask rerecord` writes"
        );
    }

    #[test]
    fn every_recording_has_an_entry_and_every_entry_a_recording() {
        let index = page(&recordings()).unwrap();
        // Former versions have none of the entries that came after them.
        for entry in lab::entries().unwrap() {
            let file = recordings().join(CLI_VERSION).join(entry.file_name(1));
            assert!(file.exists(), "no recording of {}", entry.name);
        }
        for version in versions(&recordings()).unwrap() {
            let files = fs::read_dir(recordings().join(&version))
                .unwrap()
                .map(|file| file.unwrap().file_name().into_string().unwrap());
            for file in files.filter(|file| file.ends_with(".jsonl")) {
                assert!(
                    index.contains(&format!("]({version}/{file})")),
                    "{version}/{file} is of no entry"
                );
            }
        }
    }

    #[test]
    fn every_file_of_the_corpus_is_in_the_table() {
        let listed: BTreeSet<_> = lab::entries()
            .unwrap()
            .into_iter()
            .map(|entry| format!("{}.json", entry.name))
            .collect();
        let files =
            fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../mock-cli/corpus")).unwrap();
        let files: BTreeSet<_> =
            files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
        assert_eq!(listed, files);
    }
}
