//! What the CLI notices about the shell: where it is, and what git did in it.

use std::path::{Component, Path, PathBuf};

use serde_json::{Value, json};

use super::bash;
use super::state::State;

impl State {
    /// Writes what the CLI notices after a command.
    pub(super) fn note_shell(&mut self, input: &Value, output: &str, is_error: bool) {
        let command = input["command"].as_str().unwrap_or_default();
        if !is_error {
            for (kind, branch) in changes(command, output) {
                let fields = json!({"kind": kind, "branch": branch, "cwd": self.shell_cwd});
                let line = self.lines.system("vcs_state_changed", fields);
                self.out(&line);
            }
            self.follow(command);
        }
        if self.hooks.are_replaced_by("shell_cwd", "PostToolUse", "Bash") {
            let line = self.lines.system("shell_cwd", json!({"cwd": self.shell_cwd}));
            self.out(&line);
        }
    }

    /// A command may leave the shell in another folder below the project's.
    fn follow(&mut self, command: &str) {
        for part in bash::commands(command).into_iter().flatten() {
            let mut words = part.split_whitespace();
            if words.next() != Some("cd") {
                continue;
            }
            let to = Path::new(&self.shell_cwd).join(words.next().unwrap_or_default());
            let to = plain(&to);
            let stays = to.starts_with(&self.options.cwd);
            self.shell_cwd =
                if stays { to.display().to_string() } else { self.options.cwd.clone() };
        }
    }
}

/// A path without `.` and `..`.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                plain.pop();
            }
            part => plain.push(part),
        }
    }
    plain
}

/// The commits and pushes that git reports, each with its branch.
fn changes(command: &str, output: &str) -> Vec<(&'static str, String)> {
    let runs = |subcommand: &str| {
        let words: Vec<_> = command.split_whitespace().collect();
        let git = words.iter().position(|word| *word == "git");
        git.is_some_and(|git| words[git..].contains(&subcommand))
    };
    let mut found = Vec::new();
    for line in output.lines() {
        if let Some(branch) = committed(line).filter(|_| runs("commit")) {
            found.push(("commit", branch));
        } else if let Some(branch) = pushed(line).filter(|_| runs("push")) {
            found.push(("push", branch));
        }
    }
    found.dedup();
    found
}

/// The branch in `[main (root-commit) 23cf985] one`.
fn committed(line: &str) -> Option<String> {
    let (head, _) = line.strip_prefix('[')?.split_once(']')?;
    let (branch, hash) = (head.split(' ').next()?, head.rsplit(' ').next()?);
    let is_hash = hash.len() >= 7 && hash.chars().all(|char| char.is_ascii_hexdigit());
    is_hash.then(|| branch.to_owned())
}

/// The branch in ` * [new branch]      main -> main` or `   23cf985..77aa001  main -> main`.
fn pushed(line: &str) -> Option<String> {
    let (from, to) = line.strip_prefix(' ')?.split_once(" -> ")?;
    from.split_whitespace().nth(1)?;
    to.split_whitespace().next().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commits_and_pushes_are_read_from_what_git_prints() {
        let commit = "git add a && git commit -m one";
        for (command, output, expected) in [
            (commit, "[main (root-commit) 23cf985] one\n 1 file changed", Some(("commit", "main"))),
            (commit, "[feature/x 0123abc] two", Some(("commit", "feature/x"))),
            (commit, "nothing to commit, working tree clean", None),
            ("cat log", "[main 23cf985] one", None),
            (
                "git push -u o main",
                "To o\n * [new branch]      main -> main",
                Some(("push", "main")),
            ),
            ("git push", "To o\n   23cf985..77aa001  dev -> dev", Some(("push", "dev"))),
            ("git push", "Everything up-to-date", None),
        ] {
            let expected: Vec<_> =
                expected.map(|(kind, branch)| (kind, branch.to_owned())).into_iter().collect();
            assert_eq!(changes(command, output), expected, "{command}: {output}");
        }
    }

    #[test]
    fn dots_in_a_path_are_resolved() {
        assert_eq!(plain(Path::new("/a/b/../c/./d")), Path::new("/a/c/d"));
    }
}
