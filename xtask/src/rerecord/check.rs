//! Does a replay tell the host what the CLI has told it?

use std::collections::{BTreeMap, BTreeSet};

use claude_wire::Replay;
use claude_wire::recording::Recording;
use claude_wire_cli::lab::{self, Channel, Entry, Item, Log, Run, Stage};

use super::same::Ids;

/// Plays the recordings to the entry's host and compares what it is told with what the CLI has told it: not a scrubbed form of that, so that
/// what scrubbing has damaged is seen.
pub(super) async fn replay(entry: &Entry, run: &Run) -> Result<(), String> {
    // As they are in their files, with the folders of the run.
    let read =
        |recording: &Recording| Recording::from_bytes(&recording.to_bytes())?.expand(&run.folders);
    let recordings: Result<Vec<_>, _> = run.recordings.iter().map(read).collect();
    let replayed = play(entry, recordings.map_err(|error| error.to_string())?).await?;
    compare(&told(&run.delivered), &told(&replayed))
}

/// Plays recordings to the entry's host, to their end: what it is told.
async fn play(entry: &Entry, recordings: Vec<Recording>) -> Result<Vec<Item>, String> {
    let replay = Replay::sequence(recordings);
    let log = Log::new();
    let acted =
        tokio::time::timeout(lab::LIMIT, lab::act(entry, replay.clone(), &Stage::Replay, &log))
            .await;
    let report = replay.report();
    if !report.is_clean() {
        return Err(report.to_string());
    }
    acted
        .map_err(|_| format!("the replay is not at its end after {} s", lab::LIMIT.as_secs()))??;
    Ok(log.take())
}

/// The lines of each channel in order.
type Told = BTreeMap<Channel, Vec<String>>;

fn told(items: &[Item]) -> Told {
    let mut items: Vec<_> = items.iter().collect();
    // Each prompt has an order of its own there.
    items.sort_by_key(|item| if item.channel == Channel::Lifecycle { item.command() } else { "" });
    items.into_iter().fold(Told::new(), |mut told, item| {
        told.entry(item.channel)
            .or_default()
            .push(String::from_utf8_lossy(&item.line).into_owned());
        told
    })
}

/// The first difference.
fn compare(live: &Told, replayed: &Told) -> Result<(), String> {
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

fn lines(told: &Told, channel: Channel) -> &[String] {
    told.get(&channel).map(Vec::as_slice).unwrap_or_default()
}

/// Of two long lines the part in which they begin to differ.
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

    /// Of the recordings that are kept: whoever changes an entry records it anew.
    #[tokio::test(start_paused = true)]
    async fn each_entry_expects_what_its_recordings_show() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../recordings").join(CLI_VERSION);
        for entry in lab::entries().unwrap() {
            let paths = (1..)
                .map(|launch| folder.join(entry.file_name(launch)))
                .take_while(|path| path.exists());
            let told =
                play(&entry, paths.map(|path| Recording::open(path).unwrap()).collect()).await;
            let told = told.unwrap_or_else(|why| panic!("{}: {why}", entry.name));
            assert_eq!(entry.missing(&told), None, "{}", entry.name);
        }
    }

    fn told(lines: &[(Channel, &str)]) -> Told {
        lines.iter().fold(Told::new(), |mut told, (channel, line)| {
            told.entry(*channel).or_default().push((*line).to_owned());
            told
        })
    }

    #[test]
    fn the_first_difference_is_reported_with_its_place() {
        let live =
            told(&[(Channel::Turn(1), "a"), (Channel::Turn(1), "b"), (Channel::Event(1), "c")]);
        assert_eq!(compare(&live, &live), Ok(()));
        for (replayed, place, left, right) in [
            (
                told(&[(Channel::Turn(1), "a"), (Channel::Turn(1), "x"), (Channel::Event(1), "c")]),
                "Turn(1), number 2",
                "b",
                "x",
            ),
            (
                told(&[(Channel::Turn(1), "a"), (Channel::Event(1), "c")]),
                "Turn(1), number 2",
                "b",
                "nothing",
            ),
            (
                told(&[(Channel::Turn(1), "a"), (Channel::Turn(1), "b")]),
                "Event(1), number 1",
                "c",
                "nothing",
            ),
        ] {
            let expected =
                format!("the replay differs: {place}\n  live:   {left}\n  replay: {right}");
            assert_eq!(compare(&live, &replayed), Err(expected));
        }
        assert!(compare(&told(&[]), &live).is_err_and(|why| why.contains("live:   nothing")));
    }
}
