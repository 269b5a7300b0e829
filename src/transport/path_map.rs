//! Paths that are elsewhere under another name.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

/// Folders of this machine, and what they are called where the CLI runs.
///
/// ```
/// use std::path::Path;
///
/// use claude_wire::transport::{Launcher, Transport as _};
///
/// let launcher = Launcher::docker_exec("agents").map_path("/srv/shop", "/shop");
/// let map = launcher.path_map().unwrap();
/// assert_eq!(map.there(Path::new("/srv/shop/src")), Path::new("/shop/src"));
/// assert_eq!(map.here(Path::new("/shop/src")), Path::new("/srv/shop/src"));
/// ```
#[derive(Clone, Debug, Default)]
pub struct PathMap(Vec<(PathBuf, PathBuf)>);

impl PathMap {
    pub(super) fn add(&mut self, here: PathBuf, there: PathBuf) {
        self.0.push((here, there));
        // Of nested folders the innermost counts.
        self.0.sort_by_key(|(here, _)| std::cmp::Reverse(here.components().count()));
    }

    /// What a path here is called there. One that is in none of the folders stays as it is.
    pub fn there(&self, path: &Path) -> PathBuf {
        self.mapped(path).unwrap_or_else(|| path.to_owned())
    }

    /// What a path there is called here. One that is in none of the folders stays as it is.
    pub fn here(&self, path: &Path) -> PathBuf {
        let innermost = self.0.iter().filter(|(_, there)| path.starts_with(there));
        let innermost = innermost.max_by_key(|(_, there)| there.components().count());
        innermost.map_or_else(|| path.to_owned(), |(here, there)| moved(path, there, here))
    }

    /// An argument: a path, or `--flag=<path>`. Any other stays as it is.
    pub(super) fn argument(&self, argument: &OsStr) -> OsString {
        if let Some(mapped) = self.mapped(Path::new(argument)) {
            return mapped.into();
        }
        let flag = argument.to_str().filter(|text| text.starts_with("--"));
        let mapped = flag.and_then(|text| {
            let (flag, value) = text.split_once('=')?;
            let mut argument = OsString::from(format!("{flag}="));
            argument.push(self.mapped(Path::new(value))?);
            Some(argument)
        });
        mapped.unwrap_or_else(|| argument.to_owned())
    }

    fn mapped(&self, path: &Path) -> Option<PathBuf> {
        let (here, there) = self.0.iter().find(|(here, _)| path.starts_with(here))?;
        Some(moved(path, here, there))
    }
}

/// What a path here is called where the CLI runs; without a map, the same.
pub(crate) fn there(map: Option<&PathMap>, path: &Path) -> PathBuf {
    map.map_or_else(|| path.to_owned(), |map| map.there(path))
}

/// The path in another folder.
fn moved(path: &Path, from: &Path, to: &Path) -> PathBuf {
    match path.strip_prefix(from) {
        // Joined with nothing, a path would end with a slash.
        Ok(below) if !below.as_os_str().is_empty() => to.join(below),
        _ => to.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_in_a_mapped_folder_are_changed() {
        let mut paths = PathMap::default();
        paths.add("/home/me".into(), "/users/me".into());
        paths.add("/home/me/repo".into(), "/srv/shop".into());
        for (here, there) in [
            ("/home/me", "/users/me"),
            ("/home/me/repo", "/srv/shop"),
            ("/home/me/repo/a b", "/srv/shop/a b"),
            ("/home/me/repository", "/users/me/repository"),
            ("/home/melissa", "/home/melissa"),
            ("home/me", "home/me"),
        ] {
            assert_eq!(paths.there(Path::new(here)), Path::new(there));
            assert_eq!(paths.here(Path::new(there)), Path::new(here));
            assert_eq!(paths.argument(OsStr::new(here)), there);
            let flag = |path| OsString::from(format!("--add-dir={path}"));
            assert_eq!(paths.argument(&flag(here)), flag(there));
        }
        for same in ["see /home/me", "x=/home/me", r#"--settings={"a":"/home/me"}"#, "--x=", ""] {
            assert_eq!(paths.argument(OsStr::new(same)), same);
        }
    }
}
