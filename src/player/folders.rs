//! The folders of a launch: those that a process which it started would find.

use std::collections::BTreeMap;
use std::ffi::OsStr;

use crate::transport::Launch;

/// What the variables of a recording stand for there; a folder that is not known, or not UTF-8, is left out.
pub(super) fn variables(launch: &Launch) -> BTreeMap<String, String> {
    let folders = [("cwd", cwd(launch)), ("home", home(launch))];
    folders.into_iter().filter_map(|(name, folder)| Some((name.to_owned(), folder?))).collect()
}

/// The working directory, by the name that the system gives it.
pub(super) fn cwd(launch: &Launch) -> Option<String> {
    let cwd = match &launch.cwd {
        Some(cwd) => cwd.canonicalize().or_else(|_| std::path::absolute(cwd)),
        None => std::env::current_dir(),
    };
    cwd.ok()?.into_os_string().into_string().ok()
}

fn home(launch: &Launch) -> Option<String> {
    let home = launch.env.resolve(std::env::vars_os(), None).remove(OsStr::new("HOME"))?;
    home.into_string().ok().filter(|home| !home.is_empty())
}
