//! A text to search: in its raw form, and unescaped.

use std::borrow::Cow;
use std::ops::Range;

/// Replaces the backslash of an escape, and the rest of the escape that has no meaning.
pub(super) const FILL: u8 = 0;

/// The text of a string, or a part of it.
pub(super) struct Text<'a> {
    /// The raw text, as it is in the line.
    pub(super) raw: &'a [u8],
    /// The unescaped text, of the same length: the last byte of an escape is what it stands for
    /// (`\n`, `\"`, `\u0026`, also `\\n` of JSON in JSON), unless that is a letter, and the bytes
    /// before are [`FILL`]. So no word begins with the letter of an escape, and no escape is split.
    plain: Cow<'a, [u8]>,
    /// Whether more text may follow.
    pub(super) is_open: bool,
}

impl<'a> Text<'a> {
    /// A complete text.
    pub(super) fn new(raw: &'a [u8]) -> Self {
        Self { raw, plain: read_escapes(raw), is_open: false }
    }

    /// A text that may continue.
    pub(super) fn open(raw: &'a [u8]) -> Self {
        Self { is_open: true, ..Self::new(raw) }
    }

    pub(super) fn plain(&self) -> &[u8] {
        &self.plain
    }

    pub(super) fn len(&self) -> usize {
        self.raw.len()
    }

    /// The end of the run of such bytes that begins at `start`.
    pub(super) fn run(&self, start: usize, is_part: impl Fn(u8) -> bool) -> usize {
        start
            + self
                .plain
                .get(start..)
                .unwrap_or_default()
                .iter()
                .take_while(|byte| is_part(**byte))
                .count()
    }

    /// The start of the run of such bytes that ends before `end`.
    pub(super) fn run_back(&self, end: usize, is_part: impl Fn(u8) -> bool) -> usize {
        end - self
            .plain
            .get(..end)
            .unwrap_or_default()
            .iter()
            .rev()
            .take_while(|byte| is_part(**byte))
            .count()
    }

    /// The byte at this place, if there is one.
    pub(super) fn at(&self, at: usize) -> Option<u8> {
        self.plain.get(at).copied()
    }

    /// The byte before this place, if there is one.
    pub(super) fn before(&self, at: usize) -> Option<u8> {
        self.at(at.checked_sub(1)?)
    }

    pub(super) fn get(&self, range: Range<usize>) -> &[u8] {
        self.plain.get(range).unwrap_or_default()
    }

    /// At most this many bytes from here.
    pub(super) fn from(&self, at: usize, most: usize) -> &[u8] {
        self.get(at..self.len().min(at.saturating_add(most)))
    }

    /// The number of backslashes before a quote: how deep in JSON its string is.
    pub(super) fn slashes(&self, quote: usize) -> usize {
        quote - self.run_back(quote, |byte| byte == FILL)
    }

    /// The end of the line around this place.
    pub(super) fn end_of_line(&self, at: usize) -> usize {
        let rest = self.plain.get(at..).unwrap_or_default();
        memchr::memchr2(b'\n', b'\r', rest).map_or(self.len(), |end| at + end)
    }

    /// The quoted text from `begin`, up to the quote with the same number of backslashes on the
    /// same line; of an open text, up to its end.
    pub(super) fn quoted(&self, begin: usize, quote: u8, slashes: usize) -> Option<Range<usize>> {
        let end = self.end_of_line(begin);
        let line = self.get(begin..end);
        let closing = memchr::memchr_iter(quote, line)
            .map(|at| begin + at)
            .find(|at| self.slashes(*at).min(at - begin) == slashes);
        match closing {
            Some(closing) => Some(begin..closing - slashes),
            None if self.is_open && end == self.len() => Some(begin..end),
            None => None,
        }
    }
}

fn read_escapes(text: &[u8]) -> Cow<'_, [u8]> {
    let Some(first) = memchr::memchr(b'\\', text) else { return text.into() };
    let mut plain = text.to_vec();
    let mut next = Some(first);
    while let Some(start) = next {
        let letter = start + plain[start..].iter().take_while(|byte| **byte == b'\\').count();
        plain[start..letter].fill(FILL);
        let mut end = letter + 1;
        match plain.get(letter) {
            Some(b'n' | b'r') => plain[letter] = b'\n',
            Some(b't') => plain[letter] = b'\t',
            Some(b'b' | b'f') => plain[letter] = b' ',
            Some(b'u') if is_hex(text.get(letter + 1..letter + 5)) => {
                end = letter + 5;
                let code = std::str::from_utf8(&text[letter + 1..end])
                    .ok()
                    .and_then(|hex| u8::from_str_radix(hex, 16).ok());
                plain[letter..end].fill(FILL);
                // Other characters become a byte that does not join words.
                plain[end - 1] = code.filter(u8::is_ascii_punctuation).unwrap_or(b' ');
            }
            _ => {}
        }
        next = plain.get(end..).and_then(|rest| Some(end + memchr::memchr(b'\\', rest)?));
    }
    plain.into()
}

/// Whether these are digits of a `\\u0040`: `\\u{ ann` is an escaped backslash before a word.
fn is_hex(digits: Option<&[u8]>) -> bool {
    digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
}

/// The bytes of names, keys and tokens: letters, digits, `_` and `-`.
pub(super) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

/// Whether a value looks like a secret: one word of at least this length, with letters and digits,
/// with symbols that names do not have, or with randomly mixed letters.
pub(super) fn looks_secret(value: &[u8], least: usize) -> bool {
    let has = |is: fn(&u8) -> bool| value.iter().any(is);
    if value.len() < least
        || !value.iter().all(u8::is_ascii_graphic)
        || refers(value)
        || is_path(value)
        || is_code(value)
    {
        return false;
    }
    let letters = has(u8::is_ascii_alphabetic);
    let inner = value.get(1..value.len() - 1).unwrap_or_default();
    let symbols = value.len() >= 8 && inner.iter().any(|byte| b"!#%^*~+".contains(byte));
    let base64 =
        value.len() >= 20 && has(|byte| b"+/=".contains(byte)) && has(u8::is_ascii_uppercase);
    let by_chance = value.len() >= 12 && changes_often(value);
    (letters && (has(u8::is_ascii_digit) || symbols)) || base64 || by_chance
}

/// Whether capitals, small letters and digits are mixed as if by chance: every second neighbour is
/// of another kind. In names and compound words it is every fourth.
pub(super) fn changes_often(word: &[u8]) -> bool {
    let kind =
        |byte: u8| (byte.is_ascii_digit(), byte.is_ascii_lowercase(), byte.is_ascii_uppercase());
    let pairs = word.windows(2).filter(|pair| pair.iter().all(u8::is_ascii_alphanumeric));
    let count = |(all, changes), pair: &[u8]| {
        (all + 1, changes + usize::from(kind(pair[0]) != kind(pair[1])))
    };
    let (all, changes) = pairs.fold((0, 0), count);
    changes * 5 >= all * 2 && all * 2 > word.len()
}

/// Whether a value is a reference (`$VARIABLE`, `${...}`, `<placeholder>`, `{{ ... }}`, `%NAME%`)
/// or is hidden (`***`, `[REDACTED]`).
pub(super) fn refers(value: &[u8]) -> bool {
    let is_name = |byte: &u8| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'{' | b'(');
    match value {
        [] => true,
        [b'$', next, ..] if is_name(next) => true,
        [b'%', name @ .., b'%'] if name.iter().all(|byte| is_word(*byte)) => true,
        [b'{', next, ..] if is_name(next) => true,
        [b'<', .., b'>'] | [b'{', b'{', ..] | [b'[', b'R' | b'r', ..] => true,
        [first, rest @ ..] => {
            rest.len() >= 2 && !first.is_ascii_digit() && rest.iter().all(|byte| byte == first)
        }
    }
}

/// `/etc/key`, `./x`, `~/.ssh/id`; not a base64 secret that begins with a slash.
pub(super) fn is_path(value: &[u8]) -> bool {
    let begins = [&b"/"[..], b"./", b"../", b"~/"].iter().any(|begin| value.starts_with(begin));
    let is_base64 = value.len() >= 16
        && (changes_often(value) || value.iter().any(|byte| matches!(byte, b'+' | b'=')));
    begins && !is_base64
}

/// `config.password`, `os.environ`, `getpass()`, `cert2.pem`: names with dots between them, and
/// calls.
pub(super) fn is_code(value: &[u8]) -> bool {
    let name = |part: &[u8]| {
        part.first().is_some_and(|first| first.is_ascii_alphabetic() || *first == b'_')
            && part.len() < 20
            && part.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
            && !(part.len() >= 8 && changes_often(part))
    };
    let called = value.iter().position(|byte| matches!(byte, b'(' | b'[')).unwrap_or(value.len());
    let parts = || value[..called].split(|byte| *byte == b'.');
    (called < value.len() || parts().count() > 1) && parts().all(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(raw: &str) -> String {
        String::from_utf8(Text::new(raw.as_bytes()).plain().to_vec()).unwrap().replace('\0', "~")
    }

    #[test]
    fn escapes_read_as_what_they_say() {
        assert_eq!(plain(r#"a\nb\\nc \"d\" \\\"e"#), "a~\nb~~\nc ~\"d~\" ~~~\"e");
        assert_eq!(plain(r"x\u0026y\u00e9z\u0041 \u00"), "x~~~~~&y~~~~~ z~~~~~  ~u00");
        assert_eq!(plain("no escapes"), "no escapes");
        assert_eq!(plain(r"\"), "~");
    }

    #[test]
    fn a_quoted_value_ends_at_its_own_quote() {
        let text = Text::new(br#"x = \"a\\\"b\" \" "c" 'd"#);
        let quoted =
            |at, quote, slashes| text.quoted(at, quote, slashes).map(|range| &text.raw[range]);
        assert_eq!(quoted(6, b'"', 1), Some(&br#"a\\\"b"#[..]));
        assert_eq!(quoted(19, b'"', 0), Some(&b"c"[..]));
        assert_eq!(quoted(23, b'\'', 0), None);
        assert_eq!(Text::open(b"a = \"b c").quoted(5, b'"', 0), Some(5..8));
        assert_eq!(Text::open(b"a = \"b c\n").quoted(5, b'"', 0), None);
    }

    #[test]
    fn secrets_look_different_from_references_paths_and_code() {
        for value in [
            "a1B2c3D4e5F6g7H8",
            "aspPw!2345",
            "hunter22",
            "qWeRtYuIoPaS",
            "/ab3dEf+gh1jKl/mn0PqRs",
            "AbCdEfGh1jKlMnOpQrStUvWx.y",
            "osU*F%Av^Qxst%^",
            "%7d#YC^!7d%",
            "/I+9/f+i++wYjUc+ASta+4++F==",
        ] {
            assert!(looks_secret(value.as_bytes(), 8), "{value}");
        }
        for value in [
            "page-2",
            "the 2nd of several words",
            "${TOKEN1234}",
            "<password1>",
            "/etc/keys/1",
            "os.environ2",
            "config1.password",
            "get_pass1()",
            "server1.pem",
            "********",
            "getTokenFromRequest",
            "required",
            "[REDACTED1]",
        ] {
            assert!(!looks_secret(value.as_bytes(), 8), "{value}");
        }
    }
}
