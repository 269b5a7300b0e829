//! Plays the caller's part on the bare streams, byte for byte.

use claude_wire::player::{self, Script, Signal, Streams};
use claude_wire::recording::{self, EventKind, Recording, Stream};
use claude_wire::transport::Exit;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};
use tokio::sync::mpsc;

use super::account;
use super::seen::Seen;

/// The capacity of a pipe.
const PIPE: usize = 64 * 1024;

/// Writes what was recorded, each line after the output that came before it, and reads to the end.
pub(super) async fn act(recording: &Recording) -> Result<(), String> {
    let (stdin, cli_stdin) = duplex(PIPE);
    let (stdout, cli_stdout) = duplex(PIPE);
    let (mut stderr, cli_stderr) = duplex(PIPE);
    let (signals, received) = mpsc::channel(4);
    let streams = Streams { stdin: cli_stdin, stdout: cli_stdout, stderr: cli_stderr };
    let player = tokio::spawn(player::play(Script::new(recording), streams, received));
    let seen = Seen::new();
    let mut stdout = seen.reading(Box::new(stdout));
    let output = tokio::spawn(async move {
        tokio::io::copy(&mut stdout, &mut tokio::io::sink()).await.map(drop)
    });
    let complaints = tokio::spawn(async move {
        let mut bytes = Vec::new();
        stderr.read_to_end(&mut bytes).await.map(|_| bytes)
    });
    let mut stdin = Some(stdin);
    let exit = recorded_exit(recording);
    let mut killed = false;
    let mut lines = 0;
    for event in &recording.events {
        match &event.kind {
            EventKind::Out(line) => lines += usize::from(line.eol() != recording::Eol::None),
            EventKind::In(line) => {
                seen.lines(lines).await;
                if let Some(stdin) = &mut stdin {
                    // A CLI that has gone reads nothing; its report says what that means.
                    let _ = stdin.write_all(&line.wire()).await;
                }
            }
            EventKind::Eof(Stream::In) => {
                seen.lines(lines).await;
                stdin = None;
            }
            EventKind::Signal(name) => {
                seen.lines(lines).await;
                match Signal::named(name) {
                    // It may have exited already.
                    Some(signal) => drop(signals.send(signal).await),
                    // A signal that a player cannot catch ends the player as it ended the CLI.
                    None => {
                        killed |=
                            exit.as_ref().is_some_and(|exit| exit.signal.as_ref() == Some(name))
                    }
                }
            }
            _ => {}
        }
    }
    if killed {
        player.abort();
    }
    if exit.is_none() {
        drop(stdin.take());
    }
    let played = player.await;
    output.await.map_err(|error| error.to_string())?.map_err(|error| error.to_string())?;
    let complaints =
        complaints.await.map_err(|error| error.to_string())?.map_err(|error| error.to_string())?;
    if let Ok((ended, report)) = played {
        if !report.is_clean() {
            return Err(report.to_string());
        }
        same_exit(exit.as_ref(), ended)?;
    } else if !killed {
        return Err("the player panicked".to_owned());
    }
    account::compare(recording, &seen.output(), &[])?;
    let recorded: Vec<u8> = recording
        .events
        .iter()
        .filter_map(|event| match &event.kind {
            EventKind::Err(line) => Some(line.wire()),
            _ => None,
        })
        .flatten()
        .collect();
    if complaints == recorded {
        Ok(())
    } else {
        Err("other bytes than the recorded ones came on stderr".to_owned())
    }
}

pub(super) fn recorded_exit(recording: &Recording) -> Option<recording::RecordedExit> {
    recording.events.iter().find_map(|event| {
        if let EventKind::Exit(exit) = &event.kind { Some(exit.clone()) } else { None }
    })
}

pub(super) fn same_exit(
    recorded: Option<&recording::RecordedExit>,
    ended: Exit,
) -> Result<(), String> {
    match recorded {
        Some(exit) if (exit.code, exit.signal.as_deref()) != (ended.code, ended.signal_name()) => {
            Err(format!("ended with {ended}, recorded was {exit:?}"))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{INITIALIZE, PROMPT, READY, RESULT, read, recording, write};
    use super::*;

    #[tokio::test]
    async fn a_signal_that_the_cli_survived_ends_nothing() {
        let usr1 = EventKind::Signal("SIGUSR1".to_owned());
        let exit = EventKind::Exit(recording::RecordedExit::code(0));
        let events = vec![
            write(INITIALIZE),
            read(READY),
            write(PROMPT),
            usr1,
            read(RESULT),
            EventKind::Eof(Stream::In),
            exit,
        ];
        act(&recording(events)).await.unwrap();
    }

    #[test]
    fn the_code_and_the_signal_are_as_recorded() {
        let same = |recorded: recording::RecordedExit, ended: Exit| {
            same_exit(Some(&recorded), ended).is_ok()
        };
        assert!(same(recording::RecordedExit::code(1), Exit::from_code(1)));
        assert!(same(recording::RecordedExit::signal("SIGKILL"), Exit::from_signal(9)));
        assert!(!same(recording::RecordedExit::code(1), Exit::from_code(0)));
        assert!(
            !same(recording::RecordedExit::signal("SIGKILL"), Exit::from_signal(15)),
            "another signal"
        );
        assert!(!same(recording::RecordedExit::code(9), Exit::from_signal(9)));
        assert!(same_exit(None, Exit::from_code(3)).is_ok(), "none was recorded");
    }
}
