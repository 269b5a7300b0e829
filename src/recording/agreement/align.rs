//! Which line of one run is which of the other.

use super::pairs::unlike;
use super::streams::{Line, Stream};

/// What it costs to leave a line without a partner, where a pair of lines of one kind costs at most
/// 1: two lines of a kind are rather one line that differs than a missing and a surplus one.
const ALONE: f64 = 0.6;
/// The least that a pair of different lines costs, so that an equal one is preferred.
const DIFFERENT: f64 = 0.1;

/// Lines that correspond, or one that has no partner.
type Pair<'a> = (Option<&'a Line>, Option<&'a Line>);

/// Pairs the lines of each stream. The pairs are in the order of the expected run; lines that only
/// the actual one has come last.
pub(super) fn align<'a>(expected: &'a [Line], actual: &'a [Line]) -> Vec<Pair<'a>> {
    const STREAMS: [Stream; 8] = [
        Stream::Host,
        Stream::Main,
        Stream::Lifecycle,
        Stream::Answers,
        Stream::SubAgents,
        Stream::Tasks,
        Stream::Stderr,
        Stream::Exit,
    ];
    let of = |lines: &'a [Line], stream| -> Vec<&'a Line> {
        lines.iter().filter(|line| line.stream == stream).collect()
    };
    let pairs = STREAMS.iter().flat_map(|stream| {
        let mut pairs = in_stream(&of(expected, *stream), &of(actual, *stream));
        reunite(&mut pairs);
        pairs
    });
    let mut pairs: Vec<_> = pairs.collect();
    let number = |line: Option<&Line>| line.map_or(usize::MAX, |line| line.number);
    pairs.sort_by_key(|(expected, actual)| (number(*expected), number(*actual)));
    pairs
}

/// The cheapest way to pair two lists in their orders.
fn in_stream<'a>(expected: &[&'a Line], actual: &[&'a Line]) -> Vec<Pair<'a>> {
    // What is equal at both ends needs no search.
    let same = |(one, other): &(&&Line, &&Line)| pair(one, other) == Some(0.0);
    let start = expected.iter().zip(actual).take_while(same).count();
    let (rest, actual_rest) = (&expected[start..], &actual[start..]);
    let end = rest.iter().rev().zip(actual_rest.iter().rev()).take_while(same).count();
    let (middle, actual_middle) =
        (&rest[..rest.len() - end], &actual_rest[..actual_rest.len() - end]);
    let both = |expected: &[&'a Line], actual: &[&'a Line]| -> Vec<Pair<'a>> {
        expected.iter().zip(actual).map(|(one, other)| (Some(*one), Some(*other))).collect()
    };
    let mut pairs = both(&expected[..start], &actual[..start]);
    pairs.extend(search(middle, actual_middle));
    pairs.extend(both(&rest[rest.len() - end..], &actual_rest[actual_rest.len() - end..]));
    pairs
}

fn search<'a>(expected: &[&'a Line], actual: &[&'a Line]) -> Vec<Pair<'a>> {
    let (rows, columns) = (expected.len(), actual.len());
    let costs: Vec<Vec<Option<f64>>> =
        expected.iter().map(|one| actual.iter().map(|other| pair(one, other)).collect()).collect();
    // The cost of the rest of both lists, from here on.
    let mut rest = vec![vec![0.0; columns + 1]; rows + 1];
    for row in (0..=rows).rev() {
        for column in (0..=columns).rev() {
            rest[row][column] = match (row < rows, column < columns) {
                (false, false) => 0.0,
                (true, false) => ALONE + rest[row + 1][column],
                (false, true) => ALONE + rest[row][column + 1],
                (true, true) => {
                    let alone = ALONE + rest[row + 1][column].min(rest[row][column + 1]);
                    let both = costs[row][column].map(|cost| cost + rest[row + 1][column + 1]);
                    both.map_or(alone, |both| both.min(alone))
                }
            };
        }
    }
    let mut pairs = Vec::new();
    let (mut row, mut column) = (0, 0);
    while row < rows || column < columns {
        let both = (row < rows && column < columns)
            .then(|| costs[row][column].map(|cost| cost + rest[row + 1][column + 1]))
            .flatten();
        if both.is_some_and(|both| both <= rest[row][column]) {
            pairs.push((Some(expected[row]), Some(actual[column])));
            (row, column) = (row + 1, column + 1);
        } else if row < rows && rest[row][column] == ALONE + rest[row + 1][column] {
            pairs.push((Some(expected[row]), None));
            row += 1;
        } else {
            pairs.push((None, Some(actual[column])));
            column += 1;
        }
    }
    pairs
}

/// The cost of a pair; `None` if the lines are of different kinds.
fn pair(expected: &Line, actual: &Line) -> Option<f64> {
    if expected.kind != actual.kind {
        return None;
    }
    let (differing, all) = unlike(&expected.content, &actual.content);
    if differing == 0 {
        return Some(0.0);
    }
    #[expect(clippy::cast_precision_loss, reason = "a share")]
    let share = differing as f64 / all.max(1) as f64;
    Some(DIFFERENT + (1.0 - DIFFERENT) * share)
}

/// Pairs a result of a tool that came at another moment: a tool runs while the rest of the message
/// is written, and so its result may come before, among or after these lines.
fn reunite(pairs: &mut Vec<Pair<'_>>) {
    let floats = |line: &Line| line.kind == "out user";
    while let Some((missing, surplus)) = (0..pairs.len()).find_map(|missing| {
        let (Some(expected), None) = pairs[missing] else { return None };
        let surplus = (0..pairs.len()).find(|other| {
            let (None, Some(actual)) = pairs[*other] else { return false };
            let between = &pairs[missing.min(*other) + 1..missing.max(*other)];
            let stream = |pair: &Pair<'_>| {
                pair.0.or(pair.1).is_some_and(|line| line.kind.starts_with("out stream_event/"))
            };
            floats(expected) && pair(expected, actual) == Some(0.0) && between.iter().all(stream)
        })?;
        Some((missing, surplus))
    }) {
        pairs[missing].1 = pairs[surplus].1;
        pairs.remove(surplus);
    }
}
