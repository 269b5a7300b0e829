//! A program that launches the CLI more than once, on a folder of recordings.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use crate::launches_support::{Cli, INITIALIZE, folder, launch, one_prompt, result, two};
use crate::replay_support::{control, recording, user};
use claude_wire::player::Replay;
use claude_wire::transport::Exit;
use proptest::prelude::*;

#[tokio::test(start_paused = true)]
async fn each_launch_gets_the_recording_with_its_prompt() {
    for order in [["one", "two"], ["two", "one"]] {
        let folder = two();
        let replay = Replay::open(folder.path()).unwrap();
        for prompt in order {
            let mut cli = Cli::start(&replay).await;
            let (_, answer) = cli.ask("live", prompt).await;
            assert_eq!(answer, result(if prompt == "one" { "first" } else { "second" }));
            assert_eq!(cli.end().await, (String::new(), String::new(), Exit::from_code(0)));
        }
        replay.assert_finished();
        assert_eq!(replay.report().matched(), 6);
    }
}

#[tokio::test(start_paused = true)]
async fn initialize_is_answered_from_the_first_recording_left() {
    let folder = two();
    let replay = Replay::open(folder.path()).unwrap();
    let mut cli = Cli::start(&replay).await;
    let (reply, answer) = cli.ask("a", "two").await;
    assert!(reply.contains(r#""pid":1"#) && answer == result("second"), "{reply} {answer}");
    assert_eq!(cli.end().await.0, "", "the reply of the second recording is not written again");
    let mut cli = Cli::start(&replay).await;
    assert!(cli.ask("b", "one").await.0.contains(r#""pid":1"#), "the second launch never used it");
    cli.end().await;
    replay.assert_finished();
}

#[tokio::test(start_paused = true)]
async fn launches_at_the_same_time_each_get_a_recording() {
    let folder = folder(&[1, 2, 3].map(|n| one_prompt(n, "same", &format!("answer {n}"))));
    let replay = Replay::open(folder.path()).unwrap();
    let mut clis = Vec::new();
    for _ in 0..3 {
        clis.push(Cli::start(&replay).await);
    }
    let mut answers = Vec::new();
    for (n, cli) in clis.iter_mut().enumerate() {
        answers.push(cli.ask(&format!("id{n}"), "same").await.1);
    }
    assert_eq!(answers, [1, 2, 3].map(|n| result(&format!("answer {n}"))));
    for cli in clis {
        assert_eq!(cli.end().await.2, Exit::from_code(0));
    }
    replay.assert_finished();
}

#[tokio::test(start_paused = true)]
async fn a_prompt_that_no_recording_has_is_compared_with_the_nearest() {
    let folder = folder(&[
        one_prompt(1, "Say hello to Ann", "a"),
        one_prompt(2, "List the files of the project", "b"),
        one_prompt(3, "Delete everything", "c"),
    ]);
    let replay = Replay::open(folder.path()).unwrap();
    let lines = [control("i", INITIALIZE), user("List the files of the folder")];
    let (_, err, exit) = launch(&replay, &lines).await;
    assert_eq!(exit, Exit::from_code(70));
    for part in [
        "002.jsonl: input differs from the recording",
        "List the files of the folder",
        "List the files of the project",
        "other recording: 001.jsonl: prompt \"Say hello to Ann\"",
        "other recording: 003.jsonl: prompt \"Delete everything\"",
    ] {
        assert!(err.contains(part), "{part}: {err}");
    }
    let report = replay.report();
    assert_eq!((report.divergences().len(), report.left().len()), (1, 3), "{report}");
}

#[tokio::test(start_paused = true)]
async fn a_prompt_is_not_answered_more_often_than_it_was_recorded() {
    let folder = two();
    let replay = Replay::open(folder.path()).unwrap();
    let lines = [control("i", INITIALIZE), user("one")];
    assert_eq!(launch(&replay, &lines).await.2, Exit::from_code(0));
    let (_, err, exit) = launch(&replay, &lines).await;
    assert_eq!(exit, Exit::from_code(70));
    assert!(err.contains("001.jsonl: prompt \"one\", used by another launch"), "{err}");
    // The recording that it was compared with is not used by that.
    let lines = [control("i", INITIALIZE), user("two")];
    assert_eq!(launch(&replay, &lines).await.2, Exit::from_code(0));
    let (out, err, exit) = launch(&replay, &lines).await;
    assert_eq!(exit, Exit::from_code(70));
    assert!(err.contains("a launch that no recording is left for"), "{err}");
    assert!(!out.contains("second"), "{out}");
    assert!(replay.report().divergences()[1].is_unrecorded());
}

#[tokio::test(start_paused = true)]
async fn what_no_launch_used_is_left() {
    let folder = two();
    let replay = Replay::open(folder.path()).unwrap();
    assert_eq!(replay.report().left().len(), 2);
    launch(&replay, &[control("i", INITIALIZE), user("two")]).await;
    let report = replay.report();
    assert_eq!(report.left(), ["001.jsonl: prompt \"one\""]);
    assert!(report.divergences().is_empty(), "{report}");
}

#[tokio::test(start_paused = true)]
async fn what_a_launch_left_names_its_recording() {
    let folder = two();
    let replay = Replay::open(folder.path()).unwrap();
    let mut cli = Cli::start(&replay).await;
    cli.ask("i", "two").await;
    // The first launch is in the middle of its handshake, which uses no recording.
    let mut other = Cli::start(&replay).await;
    other.write(&control("j", INITIALIZE)).await;
    other.line().await;
    assert_eq!(replay.report().left(), ["001.jsonl: prompt \"one\""]);
    other.write(&user("one")).await;
    other.line().await;
    assert!(replay.report().is_clean(), "{}", replay.report());
}

#[tokio::test(start_paused = true)]
async fn text_on_stdin_is_a_prompt_up_to_its_end() {
    let text = |lines: &[&str], answer: &str| {
        let lines: String = lines
            .iter()
            .map(|line| format!("{{\"us\":0,\"in\":\"{line}\",\"as\":\"text\"}}\n"))
            .collect();
        format!(
            "{lines}{{\"us\":1,\"eof\":\"in\"}}\n{{\"us\":1,\"out\":\"{answer}\",\"as\":\"text\"}}\n{{\"us\":1,\"exit\":{{\"code\":0}}}}"
        )
    };
    let folder = folder(&[
        text(&["same start", "one"], "first"),
        text(&["same start", "two"], "second"),
        text(&["same start"], "third"),
    ]);
    let replay = Replay::open(folder.path()).unwrap();
    for (lines, answer) in [
        (&["same start"][..], "third\n"),
        (&["same start", "two"], "second\n"),
        (&["same start", "one"], "first\n"),
    ] {
        let lines: Vec<_> = lines.iter().map(|line| (*line).to_owned()).collect();
        let (out, err, exit) = launch(&replay, &lines).await;
        assert_eq!((out.as_str(), err.as_str(), exit), (answer, "", Exit::from_code(0)));
    }
    replay.assert_finished();
    let (_, err, exit) = launch(&replay, &["same start".into(), "four".into()]).await;
    assert_eq!(exit, Exit::from_code(70), "{err}");
}

#[tokio::test(start_paused = true)]
async fn a_folder_without_recordings_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let error = Replay::open(folder.path()).unwrap_err();
    assert!(error.to_string().contains("no recording in this folder"), "{error}");
    let error = Replay::open(folder.path().join("missing")).unwrap_err();
    assert!(error.is_io() && error.to_string().contains("missing"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn variables_have_the_values_of_the_launch() {
    let folder = tempfile::tempdir().unwrap();
    for (n, name) in [(1, "a"), (2, "b")] {
        let mut recording = recording(&one_prompt(n, &format!("read ${{cwd}}/{name}"), name));
        recording.header.vars.insert("cwd".into(), "/neutral".into());
        recording.save(folder.path().join(format!("{n}.jsonl"))).unwrap();
    }
    let replay = Replay::open(folder.path()).unwrap();
    let cwd = std::env::current_dir().unwrap();
    let prompt = format!("read {}/b", cwd.display());
    let (out, err, _) = launch(&replay, &[control("i", INITIALIZE), user(&prompt)]).await;
    assert!(out.contains(&result("b")), "{err}");
    assert_eq!(replay.report().left().len(), 1);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// Whatever the order of launches and however they overlap, each gets the first recording left
    /// with its prompt, and no recording is played twice.
    #[test]
    fn each_recording_is_played_once(
        prompts in prop::collection::vec(0..3_usize, 1..6),
        asked in prop::collection::vec(0..4_usize, 1..8),
        together in any::<bool>(),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(async {
            let recorded: Vec<_> = prompts
                .iter()
                .enumerate()
                .map(|(n, prompt)| one_prompt(n, &format!("prompt {prompt}"), &format!("answer {n}")))
                .collect();
            let folder = folder(&recorded);
            let replay = Replay::open(folder.path()).unwrap();
            let mut left: Vec<_> = prompts.iter().copied().enumerate().collect();
            let mut clis = Vec::new();
            for _ in asked.iter().filter(|_| together) {
                clis.push(Cli::start(&replay).await);
            }
            for asked in &asked {
                let mut cli = match clis.pop() {
                    Some(cli) => cli,
                    None => Cli::start(&replay).await,
                };
                cli.write(&control("i", INITIALIZE)).await;
                cli.write(&user(&format!("prompt {asked}"))).await;
                let found = left.iter().position(|(_, prompt)| prompt == asked);
                let (out, err, exit) = cli.end().await;
                match found.map(|at| left.remove(at)) {
                    Some((n, _)) => {
                        assert!(out.contains(&result(&format!("answer {n}"))), "{out}{err}");
                        assert_eq!(exit, Exit::from_code(0));
                    }
                    None => {
                        assert_eq!(exit, Exit::from_code(70), "{out}{err}");
                        assert!(!out.contains(r#""result":"answer"#), "{out}");
                    }
                }
            }
            assert_eq!(replay.report().left().len(), left.len(), "{}", replay.report());
        });
    }
}
