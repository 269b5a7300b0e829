//! What an unknown flag was probably meant to be, as the CLI's own parser guesses it.

/// With more changes than this it is another word.
const MAX_DISTANCE: usize = 3;

/// `(Did you mean --model?)` for `--modle`, with a line break before it; nothing where no flag is
/// near. Only long names are guessed.
pub(super) fn did_you_mean(flag: &str, known: impl Iterator<Item = &'static str>) -> String {
    let Some(word) = flag.strip_prefix("--") else { return String::new() };
    let known = known.filter_map(|name| name.strip_prefix("--"));
    suggestion(nearest(word, known).into_iter().map(|name| format!("--{name}")).collect())
}

/// The same for a word that should be a command.
pub(super) fn did_you_mean_command(
    word: &str,
    known: impl Iterator<Item = &'static str>,
) -> String {
    suggestion(nearest(word, known).into_iter().map(str::to_owned).collect())
}

fn nearest(word: &str, known: impl Iterator<Item = &'static str>) -> Vec<&'static str> {
    let mut best = MAX_DISTANCE;
    let mut near: Vec<&str> = Vec::new();
    for candidate in known.filter(|name| name.len() > 1) {
        let distance = distance(word, candidate);
        let length = word.chars().count().max(candidate.len());
        // A similarity over 0.4.
        if distance > best || (length - distance) * 10 <= length * 4 {
            continue;
        }
        if distance < best {
            best = distance;
            near.clear();
        }
        near.push(candidate);
    }
    near.sort_unstable();
    near.dedup();
    near
}

fn suggestion(near: Vec<String>) -> String {
    match near.as_slice() {
        [] => String::new(),
        [one] => format!("\n(Did you mean {one}?)"),
        several => format!("\n(Did you mean one of {}?)", several.join(", ")),
    }
}

/// How many letters to add, drop, change or swap with their neighbour; at most the length of the
/// longer word.
fn distance(one: &str, other: &str) -> usize {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    if one.len().abs_diff(other.len()) > MAX_DISTANCE {
        return one.len().max(other.len());
    }
    let mut rows: Vec<Vec<usize>> = vec![(0..=other.len()).collect()];
    for i in 1..=one.len() {
        let mut row = vec![i];
        for j in 1..=other.len() {
            let same = one[i - 1] == other[j - 1];
            let mut cost = (rows[i - 1][j] + 1)
                .min(row[j - 1] + 1)
                .min(rows[i - 1][j - 1] + usize::from(!same));
            if i > 1 && j > 1 && one[i - 1] == other[j - 2] && one[i - 2] == other[j - 1] {
                cost = cost.min(rows[i - 2][j - 2] + 1);
            }
            row.push(cost);
        }
        rows.push(row);
    }
    rows[one.len()][other.len()]
}

#[cfg(test)]
mod tests {
    use super::super::flags::FlagTable;
    use super::*;

    #[test]
    fn guesses_as_the_cli_does() {
        // Seen with CLI 2.1.329.
        for (flag, guess) in [
            ("--modle", "\n(Did you mean --model?)"),
            ("--verbose=1", "\n(Did you mean --verbose?)"),
            ("--allowed-tool", "\n(Did you mean --allowed-tools?)"),
            ("--no-session-persistences", "\n(Did you mean --no-session-persistence?)"),
            ("--nope", "\n(Did you mean --name?)"),
            ("--print=1", "\n(Did you mean --print?)"),
            ("--fork", "\n(Did you mean --effort?)"),
            ("--cwd", ""),
            ("--timeout", ""),
            ("--no-such-flag", ""),
            ("-q", ""),
        ] {
            let known = FlagTable::of(None).flags().iter();
            let visible = known.filter(|known| !known.hidden).map(|known| known.long());
            assert_eq!(did_you_mean(flag, visible), guess, "{flag}");
        }
    }

    #[test]
    fn names_all_that_are_equally_near() {
        assert_eq!(
            did_you_mean("--ab", ["--abd", "--abc", "--x"].into_iter()),
            "\n(Did you mean one of --abc, --abd?)"
        );
        assert_eq!(did_you_mean("--ba", ["--ab"].into_iter()), "\n(Did you mean --ab?)");
    }
}
