//! Checks that a replay delivers to the host what the CLI delivered.

use std::collections::{BTreeMap, BTreeSet};

use claude_wire::Replay;
use claude_wire::recording::Recording;
use claude_wire_cli::lab::{self, Channel, Entry, Item, Log, Run, Stage};

use super::same::Ids;

/// Plays the recordings to the entry's host and compares what is delivered with what the CLI
/// delivered, before redaction, so that damage by redaction is found.
pub(super) async fn replay(entry: &Entry, run: &Run) -> Result<(), String> {
    // As they are in their files, with the folders of the run.
    let read =
        |recording: &Recording| Recording::from_bytes(&recording.to_bytes())?.expand(&run.folders);
    let recordings: Result<Vec<_>, _> = run.recordings.iter().map(read).collect();
    let replayed =
        play(entry, recordings.map_err(|error| error.to_string())?, &run.folders).await?;
    compare(&delivered(&run.delivered), &delivered(&replayed))
}

/// Plays recordings to the entry's host in these folders, to their end. Returns what was delivered.
async fn play(
    entry: &Entry,
    recordings: Vec<Recording>,
    folders: &BTreeMap<String, String>,
) -> Result<Vec<Item>, String> {
    let replay = Replay::sequence(recordings);
    let log = Log::new();
    let stage = Stage::Replay(folders);
    let acted =
        tokio::time::timeout(lab::LIMIT, lab::act(entry, replay.clone(), &stage, &log)).await;
    let report = replay.report();
    if !report.is_clean() {
        return Err(report.to_string());
    }
    acted
        .map_err(|_| format!("the replay is not at its end after {} s", lab::LIMIT.as_secs()))??;
    Ok(log.take())
}

/// The lines of each channel in order.
type Delivered = BTreeMap<Channel, Vec<String>>;

fn delivered(items: &[Item]) -> Delivered {
    let mut items: Vec<_> = items.iter().collect();
    // Each prompt has its own order there.
    items.sort_by_key(|item| if item.channel == Channel::Lifecycle { item.command() } else { "" });
    items.into_iter().fold(Delivered::new(), |mut delivered, item| {
        delivered
            .entry(item.channel)
            .or_default()
            .push(String::from_utf8_lossy(&item.line).into_owned());
        delivered
    })
}

/// The first difference.
fn compare(live: &Delivered, replayed: &Delivered) -> Result<(), String> {
    let mut ids = Ids::default();
    let channels: BTreeSet<_> = live.keys().chain(replayed.keys()).copied().collect();
    for channel in channels {
        let (live, replayed) = (lines(live, channel), lines(replayed, channel));
        let same = live
            .iter()
            .zip(replayed)
            .take_while(|(live, replayed)| ids.same(live, replayed))
            .count();
        if same < live.len().max(replayed.len()) {
            let [live, replayed] =
                [live, replayed].map(|lines| lines.get(same).map_or("nothing", String::as_str));
            let number = same + 1;
            let (live, replayed) = around_the_difference(live, replayed);
            return Err(format!(
                "the replay differs: {channel:?}, number {number}\n  live:   {live}\n  replay: {replayed}"
            ));
        }
    }
    Ok(())
}

fn lines(delivered: &Delivered, channel: Channel) -> &[String] {
    delivered.get(&channel).map(Vec::as_slice).unwrap_or_default()
}

/// The parts of two long lines in which they begin to differ.
fn around_the_difference(one: &str, other: &str) -> (String, String) {
    const BEFORE: usize = 80;
    const SHOWN: usize = 300;
    let same = one.chars().zip(other.chars()).take_while(|(one, other)| one == other).count();
    let shown = |line: &str| line.chars().skip(same.saturating_sub(BEFORE)).take(SHOWN).collect();
    (shown(one), shown(other))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use std::path::Path;

    use super::*;
    use claude_wire::CLI_VERSION;

    /// Checks the committed recordings: after a change of an entry, record it again.
    #[tokio::test(start_paused = true)]
    async fn each_entry_expects_what_its_recordings_show() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../recordings").join(CLI_VERSION);
        for entry in lab::entries().unwrap() {
            let paths = (1..)
                .map(|launch| folder.join(entry.file_name(launch)))
                .take_while(|path| path.exists());
            let recordings = paths.map(|path| Recording::open(path).unwrap()).collect();
            let delivered = play(&entry, recordings, &BTreeMap::new()).await;
            let delivered = delivered.unwrap_or_else(|why| panic!("{}: {why}", entry.name));
            assert_eq!(entry.missing(&delivered), None, "{}", entry.name);
        }
    }

    fn delivered(lines: &[(Channel, &str)]) -> Delivered {
        lines.iter().fold(Delivered::new(), |mut delivered, (channel, line)| {
            delivered.entry(*channel).or_default().push((*line).to_owned());
            delivered
        })
    }

    #[test]
    fn the_first_difference_is_reported_with_its_place() {
        let live = delivered(&[
            (Channel::Turn(1), "a"),
            (Channel::Turn(1), "b"),
            (Channel::Event(1), "c"),
        ]);
        assert_eq!(compare(&live, &live), Ok(()));
        for (replayed, place, left, right) in [
            (
                delivered(&[
                    (Channel::Turn(1), "a"),
                    (Channel::Turn(1), "x"),
                    (Channel::Event(1), "c"),
                ]),
                "Turn(1), number 2",
                "b",
                "x",
            ),
            (
                delivered(&[(Channel::Turn(1), "a"), (Channel::Event(1), "c")]),
                "Turn(1), number 2",
                "b",
                "nothing",
            ),
            (
                delivered(&[(Channel::Turn(1), "a"), (Channel::Turn(1), "b")]),
                "Event(1), number 1",
                "c",
                "nothing",
            ),
        ] {
            let expected =
                format!("the replay differs: {place}\n  live:   {left}\n  replay: {right}");
            assert_eq!(compare(&live, &replayed), Err(expected));
        }
        assert!(compare(&delivered(&[]), &live).is_err_and(|why| why.contains("live:   nothing")));
    }
}
