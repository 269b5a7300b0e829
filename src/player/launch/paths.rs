//! The paths of a recorded command line, as they compare with live ones.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;

use crate::recording::{Header, Recording};

/// What matches every text that is not empty.
const ANY: &str = "<text:0>";

/// The arguments of a header, with the live folders for its variables. A folder that is not known
/// here matches any; a file in the folder for temporary files matches any other, since such a file
/// has another name in each run.
pub(super) fn with_folders(
    header: &Header,
    folders: &BTreeMap<String, String>,
) -> Option<Vec<String>> {
    static TEMPORARY: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(
            r#"\$\{tmp\}(?:[^\s"',()\\]|\\[^"])*|(?:^|=)(/(?:private/)?(?:tmp|var/tmp|var/folders)/[^\s"',]*)$"#,
        )
        .ok()
    });
    let mut alone = Recording::new(header.clone());
    for arg in alone.header.argv.as_mut()? {
        let Some(temporary) = TEMPORARY.as_ref() else { break };
        let replaced = temporary.replace_all(arg, |found: &regex::Captures<'_>| {
            let assigned = found[0].starts_with('=');
            if assigned { format!("={ANY}") } else { ANY.to_owned() }
        });
        if let std::borrow::Cow::Owned(new) = replaced {
            *arg = new;
        }
    }
    let known = |name: &str| {
        folders.contains_key(name)
            || name == "dollar"
            || folders.contains_key(name.trim_end_matches("_slug"))
    };
    let unknown = header.vars.keys().filter(|name| !known(name));
    let mut values: BTreeMap<_, _> = unknown.map(|name| (name.clone(), ANY.to_owned())).collect();
    values.extend(folders.iter().map(|(name, folder)| (name.clone(), folder.clone())));
    // Too long: the script's own expansion reports it.
    alone.expand(&values).ok()?.header.argv
}
