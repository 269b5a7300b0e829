//! `session.files()`.

use claude_wire::session::control::FileEncoding;
use claude_wire::wire::replies::files::CwdStatus;

use super::exchange::{acknowledged, refused, reply, sends};

#[tokio::test(start_paused = true)]
async fn read_returns_a_file() {
    let request = r#"{"subtype":"read_file","path":"f.txt","max_bytes":4}"#;
    let file =
        reply("read_file", request, |session| session.files().read("f.txt").max_bytes(4)).await;
    assert_eq!(
        (file.contents.as_str(), file.truncated, file.lossy),
        ("file", Some(true), Some(false))
    );
    assert_eq!(file.abs_path, "/home/user/project/f.txt");

    let request = r#"{"subtype":"read_file","path":"f.txt","encoding":"base64"}"#;
    let file = reply("read_file/base64", request, |session| {
        session.files().read("f.txt").encoding(FileEncoding::Base64)
    })
    .await;
    assert_eq!(
        (file.contents.as_str(), file.encoding.as_deref()),
        ("ZmlsZSB0ZXh0Cg==", Some("base64"))
    );

    let request = r#"{"subtype":"read_file","path":"f.txt","encoding":"utf-8"}"#;
    sends(request, |session| session.files().read("f.txt").encoding(FileEncoding::Utf8)).await;
    let request = r#"{"subtype":"read_file","path":"nope.txt"}"#;
    let error =
        refused("read_file/denied", request, |session| session.files().read("nope.txt")).await;
    assert_eq!(error.refusal().unwrap().error(), "read denied: nope.txt");
}

#[tokio::test(start_paused = true)]
async fn workspace_diff_may_ask_for_uncommitted_hunks() {
    sends(r#"{"subtype":"get_workspace_diff"}"#, |session| session.files().workspace_diff()).await;
    sends(r#"{"subtype":"get_workspace_diff","uncommitted_hunks":true}"#, |session| {
        session.files().workspace_diff().uncommitted_hunks()
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn suggest_finds_files() {
    let found =
        reply("file_suggestions", r#"{"subtype":"file_suggestions","query":""}"#, |session| {
            session.files().suggest("")
        })
        .await;
    let paths: Vec<_> = found.suggestions.iter().map(|file| file.path.as_str()).collect();
    assert_eq!(paths, ["f.txt", ".git/", "CLAUDE.md", "sub/", ".claude/"]);
    assert_eq!(found.cwd.as_deref(), Some("/home/user/project"));
}

#[tokio::test(start_paused = true)]
async fn rewind_restores_files_or_reports_what_it_would_do() {
    let request = r#"{"subtype":"rewind_files","user_message_id":"u-2","dry_run":true}"#;
    let rewind =
        reply("rewind_files/dry_run", request, |session| session.files().rewind("u-2").dry_run())
            .await;
    assert_eq!(rewind.files_changed.as_ref().unwrap().len(), 2);
    assert_eq!((rewind.can_rewind, rewind.insertions, rewind.deletions), (true, Some(1), Some(2)));

    let rewind =
        reply("rewind_files/off", request, |session| session.files().rewind("u-2").dry_run()).await;
    assert!(!rewind.can_rewind && rewind.error.as_ref().unwrap().contains("not enabled"));

    let request = r#"{"subtype":"rewind_files","user_message_id":"u-2"}"#;
    let rewind = reply("rewind_files", request, |session| session.files().rewind("u-2")).await;
    assert_eq!(
        (rewind.can_rewind, &rewind.files_changed, rewind.skipped_links),
        (true, &None, Some(0))
    );
}

#[tokio::test(start_paused = true)]
async fn seed_read_state_names_a_file_and_its_time() {
    let request =
        r#"{"subtype":"seed_read_state","path":"/home/user/f.txt","mtime":1795223488512}"#;
    acknowledged("seed_read_state", request, |session| {
        session.files().seed_read_state("/home/user/f.txt", 1_795_223_488_512)
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn register_repo_root_may_load_existing_files() {
    let request = r#"{"subtype":"register_repo_root","directory":"sub"}"#;
    let root =
        reply("register_repo_root", request, |session| session.files().register_repo_root("sub"))
            .await;
    assert_eq!(root.directory.as_deref(), Some("/home/user/project/sub"));
    let request = r#"{"subtype":"register_repo_root","directory":"sub","reload_claude_md":true,"reload_plugins":true,"reload_skills":true}"#;
    sends(request, |session| {
        session.files().register_repo_root("sub").reload_memory().reload_plugins().reload_skills()
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn set_cwd_changes_the_directory_once_the_user_trusts_it() {
    let request = r#"{"subtype":"set_cwd","path":"sub"}"#;
    let change =
        reply("set_cwd/needs_trust", request, |session| session.files().set_cwd("sub")).await;
    assert_eq!(
        (&change.status, change.directory.as_deref()),
        (&CwdStatus::NeedsTrust, Some("/home/user/project/sub"))
    );

    let request = r#"{"subtype":"set_cwd","path":"sub","trust_accepted":true,"trusted_directory":"/home/user/project"}"#;
    let change = reply("set_cwd", request, |session| {
        session.files().set_cwd("sub").user_trusts("/home/user/project")
    })
    .await;
    assert_eq!((&change.status, change.changed), (&CwdStatus::Ok, Some(false)));

    let request = r#"{"subtype":"set_cwd","path":"/nonexistent"}"#;
    let change =
        reply("set_cwd/rejected", request, |session| session.files().set_cwd("/nonexistent")).await;
    assert_eq!(
        (&change.status, change.reason.as_deref()),
        (&CwdStatus::Rejected, Some("not_found"))
    );
}
