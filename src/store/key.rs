//! The key of a transcript in a store.

use std::fmt;

use crate::common::is_uuid;

/// The key of a transcript: of a session, or of one of its sub-agents.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionKey {
    /// The name of the project: that of the folder in which the CLI keeps its transcripts.
    pub project_key: String,
    /// The id of the session.
    pub session_id: String,
    /// The place of a sub-agent's transcript below that of its session, such as
    /// `subagents/agent-a1b2`: separated by `/`, without `.jsonl`. `None` for the session itself.
    pub subpath: Option<String>,
}

impl SessionKey {
    /// The key of a session.
    pub fn new(project_key: impl Into<String>, session_id: impl Into<String>) -> Self {
        Self { project_key: project_key.into(), session_id: session_id.into(), subpath: None }
    }

    /// The key of a sub-agent of this session.
    #[must_use]
    pub fn with_subpath(&self, subpath: impl Into<String>) -> Self {
        Self { subpath: Some(subpath.into()), ..self.clone() }
    }

    /// The key of the session, also for one of its sub-agents.
    #[must_use]
    pub fn session(&self) -> Self {
        Self { subpath: None, ..self.clone() }
    }

    /// The key of a transcript of the CLI: `projects/<key>/<session id>.jsonl`, or deeper for a
    /// sub-agent, in any configuration folder, also one of another machine. `None` for any other
    /// path.
    ///
    /// ```
    /// use claude_wire::store::SessionKey;
    ///
    /// let id = "0a1b2c3d-0000-4000-8000-0a1b2c3d4e5f";
    /// let path = format!("/home/me/.claude/projects/-repo/{id}/subagents/agent-1.jsonl");
    /// let key = SessionKey::of_transcript(&path).unwrap();
    /// assert_eq!(key, SessionKey::new("-repo", id).with_subpath("subagents/agent-1"));
    /// assert_eq!(SessionKey::of_transcript("/home/me/notes.jsonl"), None);
    /// ```
    pub fn of_transcript(path: &str) -> Option<Self> {
        let parts: Vec<&str> = path.split(['/', '\\']).filter(|part| !part.is_empty()).collect();
        let projects = parts.iter().enumerate().rev().filter(|(_, part)| **part == "projects");
        projects.into_iter().find_map(|(at, _)| Self::below_projects(&parts[at + 1..]))
    }

    fn below_projects(parts: &[&str]) -> Option<Self> {
        let (project, rest) = parts.split_first()?;
        let (last, folders) = rest.split_last()?;
        let name = last.strip_suffix(".jsonl").filter(|name| !name.is_empty())?;
        let Some((session, folders)) = folders.split_first() else {
            return is_uuid(name.as_bytes()).then(|| Self::new(*project, name));
        };
        if !is_uuid(session.as_bytes()) || folders.is_empty() || folders.contains(&"..") {
            return None;
        }
        let mut subpath = folders.to_vec();
        subpath.push(name);
        Some(Self::new(*project, *session).with_subpath(subpath.join("/")))
    }
}

impl fmt::Display for SessionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.project_key, self.session_id)?;
        match &self.subpath {
            Some(subpath) => write!(f, "/{subpath}"),
            None => Ok(()),
        }
    }
}

/// Whether a path leads to a file below the folder that it is joined to, on any system.
pub(super) fn is_below(subpath: &str) -> bool {
    let mut parts = subpath.split(['/', '\\']);
    let is_name =
        |part: &str| !part.is_empty() && part != "." && part != ".." && !part.contains([':', '\0']);
    parts.all(is_name) && !std::path::Path::new(subpath).is_absolute()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0a1b2c3d-0000-4000-8000-0a1b2c3d4e5f";

    #[test]
    fn the_key_is_found_in_any_configuration_folder() {
        let main = SessionKey::new("-repo", ID);
        for folder in ["/home/me/.claude", "/projects/x/projects", "C:\\Users\\me\\.claude", ""] {
            for separator in ["/", "\\"] {
                let path = [folder, "projects", "-repo", &format!("{ID}.jsonl")].join(separator);
                assert_eq!(SessionKey::of_transcript(&path).as_ref(), Some(&main), "{path}");
                let path = [folder, "projects", "-repo", ID, "subagents", "projects", "a.jsonl"];
                assert_eq!(
                    SessionKey::of_transcript(&path.join(separator)),
                    Some(main.with_subpath("subagents/projects/a")),
                );
            }
        }
        let path = format!("/c/projects/projects/{ID}.jsonl");
        assert_eq!(SessionKey::of_transcript(&path), Some(SessionKey::new("projects", ID)));
    }

    #[test]
    fn other_files_have_no_key() {
        for path in [
            String::new(),
            "/c/projects/-repo/notes.jsonl".into(),
            format!("/c/projects/-repo/{ID}.json"),
            format!("/c/projects/{ID}.jsonl"),
            format!("/c/projects/-repo/{ID}/agent.jsonl"),
            format!("/c/projects/-repo/{ID}/../x.jsonl"),
            format!("/c/projects/-repo/memory/x/{ID}.jsonl"),
            format!("/c/other/-repo/{ID}.jsonl"),
        ] {
            assert_eq!(SessionKey::of_transcript(&path), None, "{path}");
        }
    }

    #[test]
    fn only_paths_below_the_session_are_written() {
        for path in ["subagents/agent-1", "agent", "a/b/c.d", "a\\b"] {
            assert!(is_below(path), "{path}");
        }
        for path in
            ["", "/etc/x", "\\x", "a/../../b", "..", "C:x", "C:\\x", "a//b", "a/", "./a", "a\0b"]
        {
            assert!(!is_below(path), "{path}");
        }
    }
}
