//! Values given to the name of a secret: `API_KEY=abc`, `password: "abc"`, `--token abc`,
//! `?code=abc`, `<password>abc</password>`.
//!
//! [`names`] decides what a name says; this module decides what the place says. Most `token = ...`
//! and `password: ...` are code and prose, so a value without quotes must be all that is on its
//! line, or look like a secret.

use std::ops::Range;

use super::names::{self, Named};
use super::text::{FILL, Text, is_code, is_path, is_word, looks_secret, refers};

/// The longest distance between a name, its sign and its value, in bytes: quotes, brackets, spaces.
const NEAR: usize = 12;

/// The longest value, in bytes.
const LONGEST: usize = 8 * 1024;

/// Values that are never secrets.
const WORDS: [&str; 47] = [
    "and",
    "any",
    "boolean",
    "bool",
    "byte",
    "bytes",
    "char",
    "closed",
    "default",
    "disabled",
    "empty",
    "enabled",
    "false",
    "field",
    "flag",
    "for",
    "hidden",
    "input",
    "int",
    "integer",
    "invalid",
    "masked",
    "missing",
    "nil",
    "no",
    "none",
    "null",
    "number",
    "object",
    "off",
    "on",
    "optional",
    "or",
    "redacted",
    "required",
    "reset",
    "str",
    "string",
    "text",
    "the",
    "this",
    "true",
    "undefined",
    "unknown",
    "value",
    "with",
    "yes",
];

/// A name that a value may be assigned to.
struct Name<'t> {
    text: &'t Text<'t>,
    range: Range<usize>,
    named: Named,
    /// The shortest value that is a secret because of its name alone.
    least: usize,
    /// `--name`.
    is_flag: bool,
    /// `?name=`.
    in_url: bool,
    /// `;Name=`, of a connection string.
    in_list: bool,
    /// `NAME`.
    is_variable: bool,
    /// `names`, of a list.
    is_plural: bool,
}

/// The values of the name whose last word is at `hit`: several if it is that of a list or a block.
pub(super) fn assigned(text: &Text<'_>, hit: Range<usize>) -> Vec<Range<usize>> {
    let Some(name) = Name::around(text, hit) else { return Vec::new() };
    let several = name.several();
    if name.is_plural || !several.is_empty() {
        return several;
    }
    let value = name
        .in_markup()
        .or_else(|| name.after_sign())
        .or_else(|| name.after_space())
        .or_else(|| name.as_value());
    let value = value.filter(|value| !value.is_empty() && value.len() <= LONGEST);
    value.into_iter().collect()
}

impl<'t> Name<'t> {
    fn around(text: &'t Text<'t>, hit: Range<usize>) -> Option<Self> {
        let end = text.run(hit.end, |byte| byte.is_ascii_digit() || byte == b'_');
        let goes_on = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        let is_plural = end == hit.end
            && matches!(text.at(end), Some(b's' | b'S'))
            && !text.at(end + 1).is_some_and(|byte| goes_on(byte) || byte == b'-');
        let end = end + usize::from(is_plural);
        if text.at(end).is_some_and(goes_on)
            || (text.at(end) == Some(b'-') && text.at(end + 1).is_some_and(goes_on))
        {
            return None;
        }
        let mut start = text.run_back(hit.start, |byte| is_word(byte) || byte == b'.');
        let dashes = text.run(start, |byte| byte == b'-') - start;
        let before = text.before(start);
        let is_flag =
            (1..=2).contains(&dashes) && !before.is_some_and(|byte| byte.is_ascii_alphanumeric());
        start += dashes;
        let in_url = !is_flag && matches!(before, Some(b'?' | b'&'));
        let bytes = text.get(start..end);
        let in_list = before == Some(b';');
        let is_variable = names::is_variable(bytes);
        let named = if is_plural { names::named_in_list(bytes) } else { names::named(bytes) };
        let (named, least) = match named {
            Named::Secret if is_variable => (Named::Secret, 1),
            Named::Secret => (Named::Secret, 3),
            // Such a place makes a secret likely.
            Named::Perhaps(_) if in_url => (Named::Secret, 6),
            Named::Other if in_url && names::is_secret_in_url(bytes) => (Named::Secret, 6),
            Named::Perhaps(_) if is_flag => (Named::Perhaps(6), 6),
            Named::Perhaps(least) => (Named::Perhaps(least), least),
            Named::Other => return None,
        };
        let range = start..end;
        Some(Self { text, range, named, least, is_flag, in_url, in_list, is_variable, is_plural })
    }

    /// `<password>abc</password>`.
    fn in_markup(&self) -> Option<Range<usize>> {
        let (text, Range { start, end }) = (self.text, self.range.clone());
        if text.before(start) != Some(b'<') || text.at(end) != Some(b'>') {
            return None;
        }
        let value =
            end + 1..text.run(end + 1, |byte| byte != b'<' && byte != b'\n' && byte != FILL);
        let closing = text.run(value.end, |byte| byte == b'<' || byte == FILL);
        if text.at(closing) == Some(b'/') { self.named_secret(value) } else { None }
    }

    /// `["abc", "def"]` after `=` or `:`, and the lines below a name of YAML.
    fn several(&self) -> Vec<Range<usize>> {
        let text = self.text;
        let is_closing = |byte: u8| matches!(byte, b'"' | b'\'' | b'`' | b']' | FILL);
        let sign = text.run(text.run(self.range.end, is_closing), is_blank);
        if !matches!(text.at(sign), Some(b'=' | b':')) || sign - self.range.end > NEAR {
            return Vec::new();
        }
        let begin = text.run(sign + 1, |byte| is_blank(byte) || byte == FILL);
        match text.at(begin) {
            Some(b'[') => self.list_at(begin),
            Some(b'|' | b'>' | b'!' | b'\n' | b'\r') if text.at(sign) == Some(b':') => {
                self.below(self.after_tag(begin))
            }
            _ => Vec::new(),
        }
    }

    /// After `=`, `:`, `:=`, `=>`.
    fn after_sign(&self) -> Option<Range<usize>> {
        let text = self.text;
        let closed = text
            .run(self.range.end, |byte| matches!(byte, b'"' | b'\'' | b'`' | b']' | b')' | FILL));
        let sign = text.run(closed, is_blank);
        let is_define = closed > self.range.end && text.at(sign) == Some(b',');
        let end = match (text.at(sign)?, text.at(sign + 1)) {
            // Not a comparison, and not a path of names.
            (b'=', Some(b'=')) | (b':', Some(b':')) => return None,
            (b'=', Some(b'>')) | (b':', Some(b'=')) => sign + 2,
            (b'=' | b':', _) => sign + 1,
            (b',', _) if is_define => sign + 1,
            _ => return None,
        };
        if sign - self.range.end > NEAR {
            return None;
        }
        let begin = text.run(end, |byte| is_blank(byte) || byte == FILL);
        if begin - end > NEAR {
            return None;
        }
        let is_colon = text.at(sign) == Some(b':');
        let begin = if is_colon { self.after_tag(begin) } else { begin };
        if let Some(value) = self.quoted_at(begin) {
            // `["password", "email"]` and `["A_KEY", "B_KEY"]` are lists; `"Cookie:", "x"` has no
            // value.
            let is_list = is_define && names::is_variable(text.get(value.clone()));
            let ends_here = closed == self.range.end
                && begin == end
                && text.before(self.range.start) == text.at(begin);
            return match is_define && !self.is_variable {
                _ if is_list || ends_here => None,
                true => self.looking_secret(value, 6),
                false => self.named_secret(value),
            };
        }
        if is_define {
            return None;
        }
        match text.at(sign) {
            Some(b'=') if begin == end && self.range.end == sign => self.after_equals(begin),
            Some(b':') if begin > end && self.is_header() => self.header_value(begin),
            _ => self.bare(begin, is_colon),
        }
    }

    /// The secrets of a list.
    fn list_at(&self, begin: usize) -> Vec<Range<usize>> {
        let text = self.text;
        let is_gap = |byte: u8| byte.is_ascii_whitespace() || matches!(byte, FILL | b',');
        let (mut found, mut at) = (Vec::new(), begin + 1);
        while at - begin < LONGEST {
            let Some(value) = self.quoted_at(text.run(at, is_gap)) else { break };
            at = text.run(value.end, |byte| byte == FILL) + 1;
            found.extend(self.named_secret(value));
        }
        found
    }

    /// `!vault abc`: after the tag of YAML.
    fn after_tag(&self, begin: usize) -> usize {
        let text = self.text;
        let tag = text.run(begin, |byte| byte.is_ascii_graphic() && !b"\"'`,)".contains(&byte));
        let after = text.run(tag, is_blank);
        let is_tag = text.at(begin) == Some(b'!') && after > tag;
        if is_tag { after } else { begin }
    }

    /// In YAML the lines below the name, if they are indented more: a block, whose mark (`|`, `>-`)
    /// ends the line of the name; a list; or a value alone.
    fn below(&self, begin: usize) -> Vec<Range<usize>> {
        let text = self.text;
        let is_block = matches!(text.at(begin), Some(b'|' | b'>'));
        let mark = begin + usize::from(is_block);
        let mark =
            text.run(mark, |byte| is_block && (b"+-".contains(&byte) || byte.is_ascii_digit()));
        let mut end = text.run(mark, |byte| is_blank(byte) || byte == FILL);
        if !matches!(text.at(end), Some(b'\n' | b'\r')) {
            return Vec::new();
        }
        let line =
            text.run_back(self.range.start, |byte| is_blank(byte) || matches!(byte, b'-' | FILL));
        if !matches!(text.before(line), None | Some(b'\n' | b'\r' | b'"' | b'\'')) {
            return Vec::new();
        }
        let (mut found, mut depth) = (Vec::new(), self.range.start - line + 1);
        while end - begin < LONGEST {
            let line = text.run(end, |byte| matches!(byte, b'\n' | b'\r' | FILL));
            let first = text.run(line, is_blank);
            if first - line < depth {
                break;
            }
            depth = first - line;
            let is_item = text.at(first) == Some(b'-') && text.at(first + 1).is_some_and(is_blank);
            let item = if is_item { text.run(first + 1, is_blank) } else { first };
            // Not a placeholder, and not a part of one.
            let is_part = |byte: u8| byte.is_ascii_graphic() && !b"\"'`<>".contains(&byte);
            end = text.run(item, is_part);
            let rest = text.run(end, |byte| is_blank(byte) || byte == FILL);
            let is_alone = matches!(text.at(rest), None | Some(b'\n' | b'\r' | b'"' | b'\''));
            let value = self.quoted_at(item);
            // Below `if not password:` there is code.
            let is_value = is_alone && (is_block || looks_secret(text.get(item..end), 8));
            let secret = value.clone().or_else(|| is_value.then_some(item..end));
            found.extend(secret.and_then(|secret| self.named_secret(secret)));
            end = text.end_of_line(value.map_or(end, |value| value.end));
            if !is_block && !is_item {
                break;
            }
        }
        found
    }

    /// `NAME=value`, `--name=value`, `?name=value`, `;Name=value;`.
    fn after_equals(&self, begin: usize) -> Option<Range<usize>> {
        let value = self.word(begin);
        let bytes = self.text.get(value.clone());
        let is_all = self.is_variable
            || self.is_flag
            || self.in_url
            || self.in_list
            || self.is_alone(&value);
        if self.named == Named::Secret && is_all && !is_code(bytes) {
            return self.named_secret(value);
        }
        self.looking_secret(value, 6)
    }

    /// `name: value`, `name = value`.
    fn bare(&self, begin: usize, is_colon: bool) -> Option<Range<usize>> {
        let value = self.word(begin);
        let bytes = self.text.get(value.clone());
        if self.is_alone(&value) && !is_code(bytes) {
            let has = |is: fn(&u8) -> bool| bytes.iter().any(is);
            // As in YAML; with spaces around the sign it may be a variable in code.
            let is_plain = is_colon
                || (bytes.len() >= 6 && has(|byte| !is_word(*byte) || byte.is_ascii_digit()));
            if self.named == Named::Secret && is_plain {
                return self.named_secret(value);
            }
            // Only small letters and digits: not a name of several words.
            if is_colon
                && bytes.len() >= 16
                && !has(|byte| !byte.is_ascii_lowercase() && !byte.is_ascii_digit())
            {
                return Some(value);
            }
        }
        self.looking_secret(value, 8)
    }

    /// `Authorization: token abc`, `Cookie: a=b; c=d`: up to the end of the line or of the
    /// surrounding quotes. The scheme is kept.
    fn header_value(&self, begin: usize) -> Option<Range<usize>> {
        let text = self.text;
        let begin = match text.run(begin, |byte| byte.is_ascii_alphabetic() || byte == b'-') {
            scheme if scheme > begin && text.at(scheme) == Some(b' ') => scheme + 1,
            _ => begin,
        };
        let mut end = text.run(begin, |byte| {
            (byte.is_ascii_graphic() || byte == b' ') && !matches!(byte, b'"' | b'\'' | b'`')
        });
        end = begin + text.get(begin..end).trim_ascii_end().len();
        self.named_secret(begin..end)
    }

    /// `--password abc`; `login me password abc` of a `.netrc`; `ENV API_KEY abc`; `aws configure set
    /// aws_secret_access_key abc`.
    fn after_space(&self) -> Option<Range<usize>> {
        let text = self.text;
        let begin = text.run(self.range.end, is_blank);
        if begin == self.range.end || begin - self.range.end > NEAR {
            return None;
        }
        let before = text.get(self.range.start.saturating_sub(80)..self.range.start);
        let has = |word: &str| memchr::memmem::find(before, word.as_bytes()).is_some();
        let ends = |word: &str| before.ends_with(word.as_bytes());
        let is_set = self.is_variable
            && ["ENV ", "ARG ", "setenv ", "setx ", "-x ", "-gx "].into_iter().any(ends);
        let is_configured = has("configure set ") || ends("config set ");
        let in_netrc = has("machine ") || has("login ");
        let is_directive = text.get(self.range.clone()).eq_ignore_ascii_case(b"requirepass");
        if !(self.is_flag || is_set || is_configured || in_netrc || is_directive) {
            return None;
        }
        if let Some(value) = self.quoted_at(begin) {
            return self.named_secret(value);
        }
        let value = self.word(begin);
        let bytes = text.get(value.clone());
        // `use --password to say`, in prose.
        let is_prose = bytes.len() < 8 && bytes.iter().all(u8::is_ascii_lowercase) && !in_netrc;
        let is_flag = bytes.starts_with(b"-") && !looks_secret(bytes, 16);
        if is_prose || is_flag || is_code(bytes) { None } else { self.named_secret(value) }
    }

    /// `name: DB_PASSWORD, value: abc`, also in JSON, in YAML on the next line, and in attributes.
    fn as_value(&self) -> Option<Range<usize>> {
        let text = self.text;
        let is_gap =
            |byte: u8| byte.is_ascii_whitespace() || matches!(byte, b'"' | b'\'' | b',' | FILL);
        let word = text.run(self.range.end, is_gap);
        if word - self.range.end > 40
            || word == self.range.end
            || !text.from(word, 5).eq_ignore_ascii_case(b"value")
        {
            return None;
        }
        let sign = text.run(word + 5, |byte| matches!(byte, b'"' | b'\'' | b' ' | FILL));
        if !matches!(text.at(sign), Some(b':' | b'=')) || sign > word + 5 + NEAR {
            return None;
        }
        let begin = text.run(sign + 1, |byte| is_blank(byte) || byte == FILL);
        let value = self.quoted_at(begin).unwrap_or_else(|| self.word(begin));
        self.named_secret(value)
    }

    /// A quoted value, including `b"..."` and the like.
    fn quoted_at(&self, begin: usize) -> Option<Range<usize>> {
        let text = self.text;
        let prefixed =
            text.at(begin).is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'@');
        let begin = if prefixed { begin + 1 } else { begin };
        let quote = text.run(begin, |byte| byte == FILL);
        let mark = text.at(quote).filter(|byte| matches!(byte, b'"' | b'\'' | b'`'))?;
        text.quoted(quote + 1, mark, text.slashes(quote))
    }

    /// A word without quotes. In a URL it ends with the parameter, elsewhere at a separator.
    fn word(&self, begin: usize) -> Range<usize> {
        let text = self.text;
        let ends: &[u8] = match (self.in_url, self.in_list) {
            (true, _) => b"&#;",
            (false, true) => b";",
            (false, false) => b"",
        };
        let is_part = |byte: u8| {
            byte.is_ascii_graphic() && !b"\"'`<>".contains(&byte) && !ends.contains(&byte)
        };
        let mut end = text.run(begin, is_part);
        let goes_on = |at: usize| {
            let next = text.run(at + 1, |byte| is_word(byte) || byte == b' ');
            next > at + 1 && text.at(next) == Some(b'=')
        };
        if let Some(list) = (begin..end)
            .find(|at| matches!(text.at(*at), Some(b';' | b'&' | b'|' | b',')) && goes_on(*at))
        {
            end = list;
        }
        while end > begin && text.before(end).is_some_and(|byte| b";:,&|)]}.".contains(&byte)) {
            end -= 1;
        }
        begin..end
    }

    /// The start of the line, without what may precede a name: spaces, `- `, `export `.
    fn line_start(&self) -> usize {
        let text = self.text;
        let mut start = self.range.start;
        loop {
            let blank = text.run_back(start, |byte| {
                is_blank(byte) || matches!(byte, b'-' | b'"' | b'\'' | FILL | b'/' | b':' | b'$')
            });
            let word = text.run_back(blank, |byte| byte.is_ascii_alphabetic());
            if !matches!(
                text.get(word..blank),
                b"export" | b"set" | b"env" | b"declare" | b"local" | b"readonly"
            ) {
                return blank;
            }
            start = word;
        }
    }

    /// Whether name and value are all that is on their line, or in their quotes, comments aside.
    fn is_alone(&self, value: &Range<usize>) -> bool {
        let text = self.text;
        let rest = text.at(text.run(value.end, |byte| is_blank(byte) || byte == FILL));
        let quote = text.before(self.range.start).filter(|byte| matches!(byte, b'"' | b'\''));
        let is_line = matches!(text.before(self.line_start()), None | Some(b'\n' | b'\r'))
            && matches!(rest, None | Some(b'\n' | b'\r' | b'#'));
        is_line || (quote.is_some() && rest == quote)
    }

    /// Names of HTTP headers.
    fn is_header(&self) -> bool {
        let name = self.text.get(self.range.clone());
        let is = |end: &str| {
            name.len() >= end.len()
                && name[name.len() - end.len()..].eq_ignore_ascii_case(end.as_bytes())
        };
        self.named == Named::Secret && ["authorization", "cookie"].into_iter().any(is)
    }

    /// A value that is a secret because of its name.
    fn named_secret(&self, value: Range<usize>) -> Option<Range<usize>> {
        if self.named != Named::Secret {
            return self.looking_secret(value, self.least);
        }
        let bytes = self.text.get(value.clone());
        let is_word = WORDS.iter().any(|word| bytes.eq_ignore_ascii_case(word.as_bytes()));
        (bytes.len() >= self.least && !refers(bytes) && !is_path(bytes) && !is_word)
            .then_some(value)
    }

    /// A value of at least this length that also looks like a secret.
    fn looking_secret(&self, value: Range<usize>, least: usize) -> Option<Range<usize>> {
        let least = if let Named::Perhaps(more) = self.named { more.max(least) } else { least };
        looks_secret(self.text.get(value.clone()), least).then_some(value)
    }
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}
