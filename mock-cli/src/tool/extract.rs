//! `extract`: the recordings in a page that `show --html` made.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use claude_wire::recording::is_recordings_folder;
use serde_json::json;

use super::arguments::may_write;
use super::show::RECORDING_TYPE;
use crate::tool::terminal::Output;
use crate::{Failure, Found, at};

/// Take the recordings out of a page that `show --html` made, byte for byte.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  claude-wire extract session.html -o session.jsonl
  claude-wire extract run.html -o recordings/

Exit codes: 0 all are written, 2 the page has none, or one could not be written.")]
pub(crate) struct Arguments {
    /// The page
    page: PathBuf,
    /// The recording to write, or a folder for all of them: a name that does not end in .jsonl
    #[arg(short, long, value_name = "OUT")]
    output: PathBuf,
    /// Replace files that exist
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    printed: Output,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Found, Failure> {
    let Arguments { page, output, force, printed } = arguments;
    let html = fs::read_to_string(page).map_err(|error| at(page, error))?;
    let of_page = |why: String| format!("{}: {why}", page.display());
    let found = recordings(&html).map_err(of_page)?;
    let targets: Vec<PathBuf> = match (is_recordings_folder(output), found.as_slice()) {
        (true, _) => names(&found).into_iter().map(|name| output.join(name)).collect(),
        (false, [_]) => vec![output.clone()],
        (false, _) => {
            return Err(of_page(format!(
                "it has {} recordings; name a folder with -o",
                found.len()
            )));
        }
    };
    for target in &targets {
        may_write(target, *force)?;
    }
    if is_recordings_folder(output) {
        fs::create_dir_all(output).map_err(|error| at(output, error))?;
    }
    for (target, (_, bytes)) in targets.iter().zip(&found) {
        fs::write(target, bytes).map_err(|error| at(target, error))?;
        printed.say(
            format_args!("{}: {} bytes", target.display(), bytes.len()),
            || json!({"file": target.to_string_lossy(), "bytes": bytes.len()}),
        );
    }
    Ok(Found::Nothing)
}

/// The recordings of a page, with their names.
fn recordings(html: &str) -> Result<Vec<(String, Vec<u8>)>, String> {
    // Text in the page is escaped, so this is only where the page itself has a recording.
    let start = format!("<script type=\"{RECORDING_TYPE}\"");
    let mut found = Vec::new();
    for part in html.split(&start).skip(1) {
        let read = || {
            let (tag, rest) = part.split_once('>')?;
            let (base64, _) = rest.split_once("</script>")?;
            let (_, name) = tag.split_once("data-name=\"")?;
            Some((unescaped(name.split_once('"')?.0), base64.trim()))
        };
        let (name, base64) = read().ok_or("a recording in it is cut off")?;
        let bytes = BASE64.decode(base64).map_err(|error| format!("a recording in it: {error}"))?;
        found.push((name, bytes));
    }
    match found.is_empty() {
        true => Err("no recordings in it; `claude-wire show --html` makes such pages".to_owned()),
        false => Ok(found),
    }
}

/// File names for the recordings: their own, with a number where two have the same one.
fn names(found: &[(String, Vec<u8>)]) -> Vec<String> {
    let mut taken = BTreeSet::new();
    let names = found.iter().map(|(name, _)| {
        // Whatever the page says, nothing is written outside of the folder.
        let name = Path::new(name).file_name().unwrap_or_default().to_string_lossy();
        let name = name.strip_suffix(".jsonl").unwrap_or(&name).replace(['/', '\\', ':'], "_");
        let name = if name.is_empty() { "recording".to_owned() } else { name };
        let numbers = (2..).map(|number| format!("{name}-{number}.jsonl"));
        let name = std::iter::once(format!("{name}.jsonl")).chain(numbers);
        name.into_iter().find(|name| taken.insert(name.clone())).unwrap_or_default()
    });
    names.collect()
}

fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_in_the_folder_and_are_different() {
        let found = ["a.jsonl", "../../a.jsonl", "/etc/passwd", "", "b\\c"];
        let found: Vec<_> = found.iter().map(|name| (name.to_string(), Vec::new())).collect();
        let wanted = ["a.jsonl", "a-2.jsonl", "passwd.jsonl", "recording.jsonl", "b_c.jsonl"];
        assert_eq!(names(&found), wanted);
    }
}
