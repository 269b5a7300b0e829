//! Which shell commands the CLI runs without a question.

/// Commands that only read.
const READS: [&str; 24] = [
    "ls", "cat", "echo", "pwd", "head", "tail", "wc", "grep", "rg", "find", "which", "date",
    "whoami", "true", "false", "sleep", "stat", "file", "diff", "sort", "uniq", "cut", "printf",
    "cd",
];
/// Reading subcommands of git.
const GIT_READS: [&str; 6] = ["status", "log", "diff", "show", "branch", "rev-parse"];
/// Commands on files, which the mode `acceptEdits` allows.
const EDITS: [&str; 7] = ["touch", "mkdir", "rm", "mv", "cp", "sed", "rmdir"];

/// The parts of a command line that run one after the other or side by side; `None` if the line has
/// something that is not understood, such as a redirection.
pub(super) fn commands(command: &str) -> Option<Vec<&str>> {
    if command.contains(['>', '<', '`', '$', '\n', '(']) {
        return None;
    }
    let parts = command.split(';').flat_map(|part| part.split("&&"));
    let parts = parts.flat_map(|part| part.split("||")).flat_map(|part| part.split('|'));
    Some(parts.map(str::trim).collect())
}

/// The command and the file that it makes, changes or removes, if it does.
pub(super) fn changed(part: &str) -> Option<(&str, &str)> {
    let mut words = part.split_whitespace();
    let name = words.next().filter(|name| EDITS.contains(name))?;
    let mut targets = words.filter(|word| !word.starts_with('-'));
    let target = if name == "sed" { targets.nth(1) } else { targets.next() };
    target.map(|target| (name, target))
}

/// The file that a command line writes to.
pub(super) fn redirected_to(command: &str) -> Option<&str> {
    let (_, rest) = command.split_once('>')?;
    rest.trim_start_matches('>').split_whitespace().next()
}

fn parts(command: &str) -> Option<Vec<Vec<&str>>> {
    let commands = commands(command)?.into_iter();
    Some(commands.map(|part| part.split_whitespace().collect()).collect())
}

fn reads(part: &[&str]) -> bool {
    match part {
        [] => true,
        ["git", command, ..] => GIT_READS.contains(command),
        ["find", rest @ ..] => {
            !rest.iter().any(|arg| arg.starts_with("-exec") || *arg == "-delete")
        }
        [name, ..] => READS.contains(name),
    }
}

/// Whether a command only reads.
pub(super) fn only_reads(command: &str) -> bool {
    parts(command).is_some_and(|parts| parts.iter().all(|part| reads(part)))
}

/// Whether a command only reads, or changes files.
pub(super) fn only_edits(command: &str) -> bool {
    let edits = |part: &Vec<&str>| part.first().is_some_and(|name| EDITS.contains(name));
    parts(command).is_some_and(|parts| parts.iter().all(|part| reads(part) || edits(part)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_that_a_command_changes() {
        for (command, changes) in [
            ("touch a.txt", Some(("touch", "a.txt"))),
            ("mkdir -p x/y", Some(("mkdir", "x/y"))),
            ("sed -i s/a/b/ f.txt", Some(("sed", "f.txt"))),
            ("ls a", None),
            ("curl x", None),
        ] {
            assert_eq!(changed(command), changes, "{command}");
        }
        assert_eq!(redirected_to("echo hi >> f.txt"), Some("f.txt"));
        assert_eq!(redirected_to("echo hi"), None);
    }

    #[test]
    fn commands_that_read_and_commands_that_edit() {
        for command in ["ls", "echo one; echo two", "cat a | grep b && git status"] {
            assert!(only_reads(command) && only_edits(command), "{command}");
        }
        for command in ["touch a", "mkdir b && ls"] {
            assert!(!only_reads(command) && only_edits(command), "{command}");
        }
        for command in ["curl x", "echo > a", "find . -delete", "git push", "echo $(rm a)"] {
            assert!(!only_reads(command) && !only_edits(command), "{command}");
        }
    }
}
