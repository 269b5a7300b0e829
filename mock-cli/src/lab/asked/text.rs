//! How a text for the model is identified.

/// A longer line is one of the CLI's own texts, in characters.
const LONGEST_LINE: usize = 60;

/// How many words are kept of a text without a short line.
const WORDS: usize = 5;

/// The shape of a text.
#[derive(Debug, PartialEq)]
pub(super) struct TextShape<'a> {
    /// The tag around the whole text.
    pub(super) wrapper: Option<&'a str>,
    /// The tags in it, each once.
    pub(super) tags: Vec<&'a str>,
    /// Its first short line without tags, or its first words if it has no such line.
    pub(super) head: String,
}

impl<'a> TextShape<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        let text = text.trim();
        let pieces = pieces(text);
        let opening = |piece: &Piece<'a>| match piece {
            Piece::Tag { name, closes: false } => Some(*name),
            _ => None,
        };
        let wrapper = pieces.first().and_then(opening).filter(|name| {
            matches!(pieces.last(), Some(Piece::Tag { name: last, closes: true }) if last == name)
        });
        let mut tags = Vec::new();
        for name in pieces.iter().skip(usize::from(wrapper.is_some())).filter_map(opening) {
            if !tags.contains(&name) {
                tags.push(name);
            }
        }
        let words = pieces.iter().filter_map(|piece| match piece {
            Piece::Words(words) => Some(*words),
            Piece::Tag { .. } => None,
        });
        Self { wrapper, tags, head: head(words) }
    }
}

fn head<'a>(words: impl Iterator<Item = &'a str>) -> String {
    let lines: Vec<&str> =
        words.flat_map(str::lines).map(str::trim).filter(|line| !line.is_empty()).collect();
    let is_head = |line: &&&str| {
        line.chars().count() <= LONGEST_LINE
            && line.chars().filter(|char| char.is_alphabetic()).count() > 1
    };
    match lines.iter().find(is_head) {
        Some(line) => without_dates(line),
        None => {
            let first = lines.first().copied().unwrap_or_default();
            let words: Vec<&str> = first.split_whitespace().take(WORDS).collect();
            let words: String = words.join(" ").chars().take(LONGEST_LINE).collect();
            if words.is_empty() { words } else { words + " ..." }
        }
    }
}

/// The text with its dates replaced.
fn without_dates(line: &str) -> String {
    let is_date = |word: &str| {
        let mut parts = word
            .split('-')
            .map(|part| (part.len(), part.bytes().all(|byte| byte.is_ascii_digit())));
        parts.by_ref().take(3).eq([(4, true), (2, true), (2, true)]) && parts.next().is_none()
    };
    let is_part = |char: char| char.is_ascii_digit() || char == '-';
    let mut words = line.split_inclusive(|char| !is_part(char));
    words.by_ref().fold(String::new(), |line, word| {
        let number = word.trim_end_matches(|char| !is_part(char));
        line + &if is_date(number) { word.replacen(number, "<date>", 1) } else { word.to_owned() }
    })
}

enum Piece<'a> {
    Tag { name: &'a str, closes: bool },
    Words(&'a str),
}

/// A text as tags and the text between them.
fn pieces(text: &str) -> Vec<Piece<'_>> {
    let (mut pieces, mut words, mut at) = (Vec::new(), 0, 0);
    while let Some(found) = text[at..].find('<') {
        let start = at + found;
        at = start + 1;
        if let Some((name, closes, length)) = tag(&text[start..]) {
            pieces.push(Piece::Words(&text[words..start]));
            pieces.push(Piece::Tag { name, closes });
            at = start + length;
            words = at;
        }
    }
    pieces.push(Piece::Words(&text[words..]));
    pieces.retain(|piece| !matches!(piece, Piece::Words(words) if words.trim().is_empty()));
    pieces
}

/// The tag at the beginning of a text: `<name>` or `</name>`, and its length.
fn tag(text: &str) -> Option<(&str, bool, usize)> {
    let inside = text.strip_prefix('<')?.split_once('>')?.0;
    let (closes, name) = inside.strip_prefix('/').map_or((false, inside), |name| (true, name));
    let fits = name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || matches!(byte, b'-' | b'_'));
    fits.then_some((name, closes, inside.len() + 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(text: &str) -> (Option<&str>, Vec<&str>, String) {
        let TextShape { wrapper, tags, head } = TextShape::of(text);
        (wrapper, tags, head)
    }

    #[test]
    fn a_text_is_identified_by_its_first_short_line() {
        let long = "It is longer than any line that says in a few words what it is about.";
        for (text, wrapper, tags, head) in [
            ("What is 2 + 2?", None, vec![], "What is 2 + 2?"),
            ("Stop hook feedback:\nlook again", None, vec![], "Stop hook feedback:"),
            (
                "<system-reminder>\nLONG\nStop hook feedback:\nlook again\n</system-reminder>",
                Some("system-reminder"),
                vec![],
                "Stop hook feedback:",
            ),
            ("LONG\nLONG", None, vec![], "It is longer than any ..."),
            (
                "<system-reminder>\n[A NOTICE]\n<task-id>x</task-id><task-id>y</task-id>\n</system-reminder>\n",
                Some("system-reminder"),
                vec!["task-id"],
                "[A NOTICE]",
            ),
            ("<command-name>/clear</command-name>", Some("command-name"), vec![], "/clear"),
            ("<a>bee</a> and <c>", None, vec!["a", "c"], "bee"),
            ("1 < 2 > <B> <br/>", None, vec![], "1 < 2 > <B> <br/>"),
            ("", None, vec![], ""),
            ("<a></a>", Some("a"), vec![], ""),
            ("é<üb>", None, vec![], "é<üb>"),
            ("[\n4\nafter that", None, vec![], "after that"),
            ("Today is 2026-11-28, not 2026-1-2.", None, vec![], "Today is <date>, not 2026-1-2."),
            ("2026-11-28 is a day", None, vec![], "<date> is a day"),
            ("<total_tokens>4 tokens</total_tokens>", Some("total_tokens"), vec![], "4 tokens"),
        ] {
            let text = text.replace("LONG", long);
            assert_eq!(shape(&text), (wrapper, tags, head.to_owned()), "{text}");
        }
    }

    #[test]
    fn no_head_is_long() {
        let words = "w".repeat(1000);
        for text in [words.as_str(), &"word ".repeat(500), &"é".repeat(300)] {
            assert!(shape(text).2.chars().count() <= LONGEST_LINE + 4, "{text}");
        }
    }
}
