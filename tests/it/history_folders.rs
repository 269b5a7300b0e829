//! Past sessions are found by the directory that they ran in, as the CLI names its folder, and in
//! the other worktrees of its repository.

use std::fs;
use std::path::Path;
use std::process::Command;

use claude_wire::history::{Page, project_key};
use serde_json::json;

use crate::history_support::{Config, id, prompt, with};

fn summaries(history: &claude_wire::history::History) -> Vec<String> {
    let list = history.list_sessions(Page::all()).unwrap();
    assert!(list.skipped.is_empty(), "{:?}", list.skipped);
    list.into_iter().map(|info| info.summary).collect()
}

#[test]
fn a_directory_is_found_whatever_its_name_has() {
    let config = Config::new();
    let long = "a".repeat(150);
    for (n, name) in [
        "plain",
        "my.app_1 (copy)",
        "e\u{1f600}x",
        "caf\u{e9}",
        "cafe\u{301}",
        "\u{4e2d}\u{6587}",
        &format!("{long}/b.c/{long}"),
    ]
    .iter()
    .enumerate()
    {
        let directory = config.directory(name);
        config.write(&directory, n as u64, &[prompt(&n.to_string())]);
        let history = config.history().directory(&directory);
        assert_eq!(summaries(&history), [n.to_string()], "{name}");
        let path = history.transcript_path(&id(n as u64)).unwrap();
        assert_eq!(path.parent().unwrap().file_name().unwrap(), &*project_key(&directory));
    }
}

#[test]
fn directories_that_differ_only_in_signs_share_their_folder() {
    let config = Config::new();
    let (dot, dash) = (config.directory("a.b"), config.directory("a-b"));
    config.write(&dot, 1, &[prompt("in either")]);
    assert_eq!(summaries(&config.history().directory(dash)), ["in either"]);
}

/// Builds of the CLI hash long paths in different ways.
#[test]
fn a_long_path_is_also_found_under_another_hash() {
    let config = Config::new();
    let long = "a".repeat(150);
    let ours = config.directory(&format!("{long}/{long}"));
    let other = config.directory(&format!("{long}/{long}-other"));
    let key = project_key(&ours);
    assert_eq!(key[..201], project_key(&other)[..201]);
    for (n, cwd, suffix) in [(1, &ours, "one"), (2, &other, "two")] {
        let folder = config.projects().join(format!("{}-{suffix}", &key[..200]));
        fs::create_dir(&folder).unwrap();
        let line = with(prompt(suffix), &[("cwd", json!(cwd))]);
        fs::write(folder.join(format!("{}.jsonl", id(n))), line.to_string()).unwrap();
    }
    let history = config.history().directory(&ours);
    assert_eq!(summaries(&history), ["one"]);
    // That of the right hash counts too.
    config.write(&ours, 3, &[prompt("three")]);
    let mut found = summaries(&history);
    found.sort();
    assert_eq!(found, ["one", "three"]);
    assert!(history.get_session_info(&id(2)).unwrap_err().is_not_found());
}

#[cfg(unix)]
#[test]
fn a_link_to_a_directory_is_the_directory() {
    let config = Config::new();
    let directory = config.directory("real");
    config.write(&directory, 1, &[prompt("p")]);
    let link = config.directory("links").join("link");
    std::os::unix::fs::symlink(&directory, &link).unwrap();
    assert_eq!(summaries(&config.history().directory(link)), ["p"]);
}

fn git(directory: &Path, args: &[&str]) -> String {
    let mut git = Command::new("git");
    let identity =
        ["-c", "user.name=x", "-c", "user.email=x@example.com", "-c", "commit.gpgsign=false"];
    let output = git.current_dir(directory).args(identity).args(args).output().unwrap();
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn sessions_of_all_worktrees_count_as_those_of_the_directory() {
    let config = Config::new();
    let main = config.directory("repo");
    let inside = config.directory("repo/packages/app");
    let stranger = config.directory("repo-2");
    git(&main, &["init", "-q"]);
    git(&main, &["commit", "-q", "--allow-empty", "-m", "x"]);
    let linked = main.parent().unwrap().join("linked.tree");
    git(&main, &["worktree", "add", "-q", linked.to_str().unwrap()]);
    let gone = main.parent().unwrap().join("gone");
    git(&main, &["worktree", "add", "-q", gone.to_str().unwrap()]);
    fs::remove_dir_all(&gone).unwrap();
    for (n, directory, name) in [
        (1, &main, "main"),
        (2, &linked, "linked"),
        (3, &inside, "inside"),
        (4, &gone, "gone"),
        (5, &stranger, "stranger"),
    ] {
        let mut line = prompt(name);
        line.as_object_mut().unwrap().remove("cwd");
        config.write(directory, n, &[line]);
    }
    let history = config.history();
    for directory in [&main, &linked] {
        assert_eq!(summaries(&history.clone().directory(directory)), ["gone", "linked", "main"]);
    }
    assert_eq!(
        summaries(&history.clone().directory(&inside)),
        ["gone", "inside", "linked", "main"]
    );
    assert_eq!(summaries(&history.clone().directory(&stranger)), ["stranger"]);
    let only = history.clone().directory(&linked).include_worktrees(false);
    assert_eq!(summaries(&only), ["linked"]);
    // The directory is that of the worktree.
    let of_main = history.clone().directory(&main);
    let info = of_main.get_session_info(&id(2)).unwrap().unwrap();
    assert_eq!(info.cwd.as_deref(), linked.to_str());
    assert!(of_main.get_session_info(&id(5)).unwrap_err().is_not_found());

    // The same as git says.
    let listed = git(&linked, &["worktree", "list", "--porcelain"]);
    let named = listed.lines().filter_map(|line| line.strip_prefix("worktree "));
    let mut named: Vec<_> = named.map(project_key).collect();
    named.sort();
    let mut expected = [&main, &linked, &gone].map(project_key);
    expected.sort();
    assert_eq!(named, expected);
}

#[test]
fn worktrees_of_a_bare_repository_are_found() {
    let config = Config::new();
    let bare = config.directory("store.git");
    git(&bare, &["init", "-q", "--bare"]);
    let seed = config.directory("seed");
    git(&seed, &["init", "-q"]);
    git(&seed, &["commit", "-q", "--allow-empty", "-m", "x"]);
    git(&seed, &["push", "-q", bare.to_str().unwrap(), "HEAD:refs/heads/main"]);
    let tree = bare.parent().unwrap().join("tree");
    git(&bare, &["worktree", "add", "-q", tree.to_str().unwrap(), "main"]);
    config.write(&tree, 1, &[prompt("tree")]);
    config.write(&bare, 2, &[prompt("bare")]);
    for directory in [&bare, &tree] {
        assert_eq!(summaries(&config.history().directory(directory)), ["bare", "tree"]);
    }
}

#[test]
fn a_broken_repository_has_no_other_worktrees() {
    let config = Config::new();
    let directory = config.directory("w");
    config.write(&directory, 1, &[prompt("p")]);
    for content in ["", "gitdir: /no/such", "\0\u{1}", "gitdir:"] {
        fs::write(directory.join(".git"), content).unwrap();
        assert_eq!(summaries(&config.history().directory(&directory)), ["p"], "{content:?}");
    }
}

/// In a process for each environment: this test again.
#[cfg(feature = "session")]
#[test]
fn the_environment_names_the_folder_of_every_project() {
    use claude_wire::store::{InMemorySessionStore, SessionKey, SessionStore, StoredSessions};

    const EXPECTED: &str = "CLAUDE_WIRE_TEST_EXPECTED_PROJECT";
    let config = Config::new();
    let directory = config.directory("w");
    if let Some(expected) = std::env::var_os(EXPECTED) {
        let history = claude_wire::history::History::new().unwrap().directory(&directory);
        let key = match expected.into_string().unwrap() {
            name if name.is_empty() => project_key(&directory),
            name => name,
        };
        // What the store has is in the folder of the same name.
        let folder = history.config_dir().join("projects").join(&key);
        fs::create_dir_all(&folder).unwrap();
        let line = prompt("found").to_string();
        fs::write(folder.join(format!("{}.jsonl", id(1))), &line).unwrap();
        assert_eq!(summaries(&history), ["found"]);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let store = InMemorySessionStore::new();
            let entry = claude_wire::wire::RawJson::parse(line).unwrap();
            store.append(&SessionKey::new(key, id(1)), &[entry]).await.unwrap();
            let sessions = StoredSessions::of_directory(store, &directory);
            let listed = sessions.list_sessions(Page::all()).await.unwrap().sessions;
            assert_eq!(listed.len(), 1);
            assert_eq!(listed[0].summary, "found");
        });
        return;
    }
    for (has_folder, name, expected) in
        [(true, "team", "team"), (true, "a/b", ""), (false, "team", ""), (true, "", "")]
    {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("config");
        let mut again = Command::new(std::env::current_exe().unwrap());
        again.args([
            "--exact",
            "history_folders::the_environment_names_the_folder_of_every_project",
        ]);
        again.env_remove("CLAUDE_CONFIG_DIR").env("HOME", home.path()).env(EXPECTED, expected);
        again.env("CLAUDE_CODE_PROJECT_DIR_NAME", name);
        if has_folder {
            again.env("CLAUDE_CONFIG_DIR", folder);
        }
        let output = again.output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && said.contains("1 passed"), "{name}: {said}");
    }
}
