//! The same with the real CLI, in a closed network.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use claude_wire::lab::{ApiReply, ApiScript, Hermetic, When, real_cli};
use claude_wire::recording::Recording;
use tokio::task::block_in_place;

use super::table::FORMS;
use super::{arguments, bytes, wrong};
use crate::support::{mock, run, text};

/// How many forms get an answer of the model at least. The others are subcommands, and one that the
/// CLI refuses.
const ANSWERED: usize = 35;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs the real CLI: .ci/run real-cli"]
async fn each_form_of_the_real_cli_is_recorded_and_replayed() {
    let cli = real_cli().expect("CLAUDE_WIRE_REAL_CLI names the real CLI");
    let api = ApiScript::new().always(When::any(), [ApiReply::text("Done.")]);
    let place = Hermetic::start(&cli, api).await.unwrap();
    // What the CLI starts for `mcp get` would ask the network for a package.
    let programs = place.tmp_dir().join("programs");
    fs::create_dir(&programs).unwrap();
    fs::write(programs.join("npx"), "#!/bin/sh\nexit 1\n").unwrap();
    fs::set_permissions(programs.join("npx"), fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:/usr/local/bin:/usr/bin:/bin", programs.display());
    let command = |args: &[String]| {
        let mut command = mock(&args.iter().map(String::as_str).collect::<Vec<_>>());
        command.env_clear().envs(place.env()).current_dir(place.cwd()).env("PATH", &path);
        // As root the CLI skips permissions only in a sandbox.
        command.env("IS_SANDBOX", "1").env("CLAUDE_WIRE_PAUSE", "0");
        command
    };
    let (mut answered, mut found) = (0, Vec::new());
    for (number, (form, input, changes)) in FORMS.iter().enumerate() {
        let path = place.tmp_dir().join(format!("{number}.jsonl"));
        let args = arguments(form);
        let mut recording = command(&args);
        // So that the replay writes the same bytes.
        recording.env("CLAUDE_WIRE_REDACT", "off");
        recording.env("CLAUDE_WIRE_RECORD_TO", &path).env("CLAUDE_WIRE_REAL_CLI", &cli);
        let recorded = block_in_place(|| run(&mut recording, &bytes(*input, str::to_owned)));
        let argv = Recording::open(&path).unwrap().header.argv.unwrap();
        assert_eq!(argv, args, "{form}");
        answered += usize::from(text(&recorded.stdout).contains("Done."));
        let replay = |args: &[String], input: &[u8]| {
            run(command(args).env("CLAUDE_WIRE_REPLAY", &path), input)
        };
        found.extend(block_in_place(|| wrong(&(form, *input, changes), &recorded, replay)));
    }
    assert_eq!(found, [""; 0]);
    assert!(answered >= ANSWERED, "{answered} of {} were answered", FORMS.len());
    place.finish().unwrap();
}
