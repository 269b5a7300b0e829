//! Which recordings are shown next to each other.

use std::path::{Path, PathBuf};

use crate::Failure;
use crate::tool::files::recordings;

/// A recording that is to be shown, by the path on the command line that it belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shown {
    pub(super) path: PathBuf,
    /// Its path in the folder, or the name of the file.
    name: PathBuf,
    /// For readers: with the name of the folder.
    pub(super) label: String,
}

impl Shown {
    fn new(named: &Path, path: PathBuf) -> Self {
        let file = || PathBuf::from(path.file_name().unwrap_or(path.as_os_str()));
        let below = path.strip_prefix(named).ok().filter(|below| *below != Path::new(""));
        let name = below.map_or_else(file, Path::to_path_buf);
        let folder = below.and(named.file_name()).map(PathBuf::from).unwrap_or_default();
        let label = folder.join(&name).to_string_lossy().into_owned();
        Self { path, name, label }
    }
}

/// The recordings of these paths, as [`recordings`] finds them.
pub(super) fn shown(paths: &[PathBuf]) -> (Vec<Shown>, Vec<Failure>) {
    let (mut all, mut failures) = (Vec::new(), Vec::new());
    for named in paths {
        let (files, why) = recordings(std::slice::from_ref(named));
        all.extend(files.into_iter().map(|path| Shown::new(named, path)));
        failures.extend(why);
    }
    (all, failures)
}

/// Two of which one may be missing.
pub(super) type Pair<T> = (Option<T>, Option<T>);

/// The recordings of both, as pairs: those with the same name, then what is in the others only. If no
/// name is in both, as if each is one recording, they are paired in their order, which is that of the
/// launches.
pub(super) fn pairs(of: Vec<Shown>, others: Vec<Shown>) -> Vec<Pair<Shown>> {
    let is_in_both = |one: &Shown| others.iter().any(|other| other.name == one.name);
    let is_by_name = of.len().max(others.len()) > 1 && of.iter().any(is_in_both);
    let mut others: Vec<Option<Shown>> = others.into_iter().map(Some).collect();
    let mut pairs = Vec::new();
    for (index, one) in of.into_iter().enumerate() {
        let at = match is_by_name {
            true => others
                .iter()
                .position(|other| other.as_ref().is_some_and(|other| other.name == one.name)),
            false => Some(index),
        };
        let other = at.and_then(|at| others.get_mut(at)).and_then(Option::take);
        pairs.push((Some(one), other));
    }
    pairs.extend(others.into_iter().flatten().map(|other| (None, Some(other))));
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The pairs of two folders, as `left=right`.
    fn paired(of: &[&str], others: &[&str]) -> String {
        let all = |folder: &str, names: &[&str]| {
            let named = Path::new(folder);
            names.iter().map(|name| Shown::new(named, named.join(name))).collect::<Vec<_>>()
        };
        let label = |one: Option<Shown>| one.map_or_else(|| "-".to_owned(), |one| one.label);
        let pairs = pairs(all("a", of), all("x/b", others)).into_iter();
        pairs.map(|(one, other)| label(one) + "=" + &label(other)).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn recordings_are_paired_by_name_or_else_in_their_order() {
        for (of, others, expected) in [
            (&["1"][..], &["1"][..], "a/1=b/1"),
            (&["1"], &["2"], "a/1=b/2"),
            (&["1", "2"], &["1", "2"], "a/1=b/1 a/2=b/2"),
            (&["1", "2"], &["2", "1"], "a/1=b/1 a/2=b/2"),
            (&["1", "2", "3"], &["3", "4"], "a/1=- a/2=- a/3=b/3 -=b/4"),
            (&["1", "2"], &["3", "4", "5"], "a/1=b/3 a/2=b/4 -=b/5"),
            (&["1", "2", "3"], &["4"], "a/1=b/4 a/2=- a/3=-"),
            (&["t/1", "u/1"], &["u/1", "v/1"], "a/t/1=- a/u/1=b/u/1 -=b/v/1"),
            (&["t/1"], &["1", "2"], "a/t/1=b/1 -=b/2"),
        ] {
            assert_eq!(paired(of, others), expected, "{of:?}, {others:?}");
        }
    }

    #[test]
    fn a_file_is_named_without_its_folder() {
        let file = Shown::new(Path::new("a/1.jsonl"), PathBuf::from("a/1.jsonl"));
        assert_eq!((file.name, file.label), (PathBuf::from("1.jsonl"), "1.jsonl".to_owned()));
    }
}
