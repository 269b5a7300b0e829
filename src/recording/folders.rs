//! Folders of the recording host that did not become variables.

use std::collections::BTreeSet;

use super::file::Recording;

/// Folders whose entries are the folders of users and projects.
const TOPS: [&str; 20] = [
    "home",
    "Users",
    "root",
    "srv",
    "mnt",
    "media",
    "opt",
    "data",
    "work",
    "workspace",
    "workspaces",
    "Volumes",
    "private",
    "builds",
    "export",
    "nfs",
    "scratch",
    "projects",
    "repos",
    "storage",
];

/// Returns the host's folders that are still in a recording, by their first two names, such as
/// `/srv/me`: those outside the folders that became variables. The neutral `/home/user` is left
/// out.
///
/// They are not replaced automatically, since a decision may depend on them:
/// [`Redaction::root`](super::Redaction::root) makes one a variable.
///
/// ```
/// use claude_wire::recording::{Event, EventKind, Header, Recording, host_folders};
///
/// let mut recording = Recording::new(Header::new());
/// recording.events.push(Event::new(0, EventKind::Err("read ${cwd}/a.txt and /srv/shared/b.txt".into())));
/// assert_eq!(host_folders(&recording).into_iter().collect::<Vec<_>>(), ["/srv/shared"]);
/// ```
pub fn host_folders(recording: &Recording) -> BTreeSet<String> {
    let header = &recording.header;
    let mut found = BTreeSet::new();
    for text in header.argv.iter().flatten().chain(header.env.values()).chain(&header.unknown()) {
        found.extend(folders(text));
    }
    for event in &recording.events {
        found.extend(folders(&String::from_utf8_lossy(&event.text())));
        found.extend(event.unknown().iter().flat_map(|text| folders(text)));
    }
    found
}

fn folders(text: &str) -> Vec<String> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let mut found = Vec::new();
    for (at, _) in text.match_indices('/').filter(|(at, _)| begins_path(text, *at)) {
        let mut names = text[at + 1..].split('/');
        let (Some(top), Some(next)) = (names.next(), names.next()) else { continue };
        let next = &next[..next.find(|c| !is_name(c)).unwrap_or(next.len())];
        if TOPS.contains(&top) && !next.is_empty() && (top, next) != ("home", "user") {
            found.push(format!("/{top}/{next}"));
        }
    }
    found
}

/// Whether the slash there begins an absolute path: not one within a path or a URL, or in a closing
/// tag.
fn begins_path(text: &str, at: usize) -> bool {
    let before = &text[..at];
    let mut letters = before.chars().rev();
    match (letters.next(), letters.next()) {
        // The letter of an escape.
        (Some(_), Some('\\')) => true,
        (Some('/'), _) => before.ends_with("file://"),
        (Some('~' | '}' | '<' | '>' | '.' | '_' | '-'), _) => false,
        (Some(letter), _) => !letter.is_ascii_alphanumeric(),
        (None, _) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folders_of_people_are_found_and_no_others() {
        let text = r#"{"a":"/srv/me/x","b":"see\n/root/y.txt","c":"/home/user/project /usr/bin ${cwd}/opt/z https://a.example/data/1 /work"}"#;
        assert_eq!(folders(text), ["/srv/me", "/root/y.txt"]);
    }

    #[test]
    fn a_path_is_found_where_it_begins() {
        for text in [
            "/srv/me",
            " /srv/me/x",
            "--add-dir=/srv/me",
            "PATH=/usr/bin:/srv/me/bin",
            "me@host:/srv/me",
            "C:/srv/me",
            "file:///srv/me/x",
            "(/srv/me)",
            "\"/srv/me\"",
            r"\n/srv/me",
            "é/srv/me",
        ] {
            assert_eq!(folders(text), ["/srv/me"], "{text}");
        }
        for text in [
            "https://srv/me",
            "https://a.example/srv/me",
            "a/srv/me",
            "../srv/me",
            "~/srv/me",
            "${cwd}/srv/me",
            "</srv/me>",
            "/srv/",
            "/srv",
            "/usr/share/x",
            "//srv/me",
            "/home/user/x",
            "/home/<user:1>/x",
        ] {
            assert_eq!(folders(text), [""; 0], "{text}");
        }
    }
}
