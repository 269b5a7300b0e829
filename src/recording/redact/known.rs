//! Known secrets, and the forms in which they may occur.

use std::ops::Range;
use std::sync::Arc;

use aho_corasick::{AhoCorasick, MatchKind};
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use memchr::memmem::Finder;

use super::finder::Place;
use super::text::is_word;
use crate::recording::strings::is_escaped;
use crate::recording::strings::{escaped, open_at};

/// The shortest text to look for; shorter ones occur in too many other words.
const SHORTEST: usize = 8;
/// The longest text to look for.
const LONGEST: usize = 4096;
/// The most texts to remember; each has about ten forms.
const MOST: usize = 256;

/// How many needles are searched one by one before the automaton is rebuilt with them.
const APART: usize = 8;

/// The known texts.
#[derive(Default)]
pub(super) struct Known {
    needles: Vec<Needle>,
    /// The forms of the first needles, and the needle of each.
    together: Option<(AhoCorasick, Vec<usize>)>,
    /// The number of needles in the automaton.
    joined: usize,
}

/// One known text.
struct Needle {
    kind: &'static str,
    /// The plain text, whatever form it was found in.
    text: Arc<[u8]>,
    forms: Vec<Finder<'static>>,
    /// A name: found only as a whole word.
    is_name: bool,
}

impl Known {
    /// Adds a secret, which is also found percent-encoded and in base64. Returns whether it is new
    /// and long enough to look for.
    pub(super) fn add_secret(&mut self, kind: &'static str, text: &[u8]) -> bool {
        self.add(kind, text, false, encoded)
    }

    /// Adds a name of a machine or an organisation.
    pub(super) fn add_name(&mut self, kind: &'static str, text: &[u8]) -> bool {
        self.add(kind, text, true, |text| in_strings(text).into())
    }

    fn add(
        &mut self,
        kind: &'static str,
        text: &[u8],
        is_name: bool,
        forms: fn(&[u8]) -> Vec<Vec<u8>>,
    ) -> bool {
        let least = if is_name { 4 } else { SHORTEST };
        let is_known = || self.needles.iter().any(|needle| *needle.text == *text);
        if text.len() < least || text.len() > LONGEST || self.needles.len() >= MOST || is_known() {
            return false;
        }
        let mut forms = forms(text);
        forms.sort();
        forms.dedup();
        let forms = forms.iter().map(|form| Finder::new(form).into_owned()).collect();
        self.needles.push(Needle { kind, text: text.into(), forms, is_name });
        if self.needles.len() - self.joined > APART {
            self.join();
        }
        true
    }

    fn join(&mut self) {
        let needles = self.needles.iter().enumerate();
        let forms = needles.flat_map(|(index, needle)| {
            needle.forms.iter().map(move |form| (index, form.needle()))
        });
        let (owners, forms): (Vec<usize>, Vec<&[u8]>) = forms.unzip();
        if let Ok(automaton) = AhoCorasick::builder().match_kind(MatchKind::Standard).build(forms) {
            self.together = Some((automaton, owners));
            self.joined = self.needles.len();
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.needles.is_empty()
    }

    /// The start of a needle that the end of the text cuts, if there is one. Only for needles of
    /// several words: a single word is held back anyway.
    pub(super) fn open_at(&self, text: &[u8]) -> Option<usize> {
        let forms = self
            .needles
            .iter()
            .flat_map(|needle| &needle.forms)
            .map(Finder::needle)
            .filter(|form| form.contains(&b' '));
        forms.filter_map(|form| open_at(text, form)).min()
    }

    /// The matches in a text; of two that begin together the longer comes first.
    pub(super) fn find(&self, text: &[u8]) -> Vec<Place> {
        let mut found: Vec<(Range<usize>, &Needle)> = Vec::new();
        if let Some((automaton, owners)) = &self.together {
            let hits = automaton.find_overlapping_iter(text);
            found.extend(
                hits.map(|hit| (hit.range(), &self.needles[owners[hit.pattern().as_usize()]])),
            );
        }
        for needle in &self.needles[self.joined..] {
            for form in &needle.forms {
                found.extend(form.find_iter(text).map(|at| (at..at + form.needle().len(), needle)));
            }
        }
        found.retain(|(place, needle)| needle.is_whole(text, place));
        found.sort_by_key(|(place, _)| (place.start, std::cmp::Reverse(place.end)));
        found
            .into_iter()
            .map(|(range, needle)| Place {
                range,
                kind: needle.kind,
                text: Some(Arc::clone(&needle.text)),
            })
            .collect()
    }
}

impl Needle {
    fn is_whole(&self, text: &[u8], place: &Range<usize>) -> bool {
        let before = &text[..place.start];
        let goes_on = |byte: Option<&u8>| byte.is_some_and(|byte| is_word(*byte));
        !is_escaped(text, place.start)
            && !(self.is_name && (goes_on(before.last()) || goes_on(text.get(place.end))))
    }
}

/// Shows how many there are, never which.
impl std::fmt::Debug for Known {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Known({} texts)", self.needles.len())
    }
}

/// The forms of a text: plain, in a JSON string, percent-encoded, in base64.
fn encoded(text: &[u8]) -> Vec<Vec<u8>> {
    let mut forms = vec![percent(text, b"0123456789ABCDEF"), percent(text, b"0123456789abcdef")];
    forms.extend(in_strings(text));
    for before in 0..3 {
        forms.push(inner_base64(&STANDARD_NO_PAD, text, before));
        forms.push(inner_base64(&URL_SAFE_NO_PAD, text, before));
    }
    forms
}

/// The text as it is, in a JSON string, and in JSON inside a JSON string, as in the arguments and
/// results of tools.
fn in_strings(text: &[u8]) -> [Vec<u8>; 3] {
    let in_json = |text: &[u8]| escaped(&String::from_utf8_lossy(text));
    let once = in_json(text);
    [text.to_vec(), in_json(&once), once]
}

fn percent(text: &[u8], digits: &[u8; 16]) -> Vec<u8> {
    let unreserved = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~".contains(byte);
    let encode = |byte: &u8| match byte {
        byte if unreserved(byte) => vec![*byte],
        byte => vec![b'%', digits[usize::from(byte >> 4)], digits[usize::from(byte & 15)]],
    };
    text.iter().flat_map(encode).collect()
}

/// The base64 characters that depend on this text alone, if that many bytes (modulo 3) precede it.
fn inner_base64(engine: &impl base64::Engine, text: &[u8], before: usize) -> Vec<u8> {
    let all = [&[0; 2][..before], text].concat();
    let whole = all.len() % 3 == 0;
    let mut encoded = engine.encode(&all).into_bytes();
    if !whole {
        encoded.pop();
    }
    encoded.drain(..[0, 2, 3][before]);
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    const SECRET: &str = "pa55\"word/+?ÿ";

    fn known() -> Known {
        let mut known = Known::default();
        assert!(known.add_secret("secret", SECRET.as_bytes()));
        known
    }

    fn is_found(text: &str) -> bool {
        !known().find(text.as_bytes()).is_empty()
    }

    #[test]
    fn a_secret_is_found_in_every_form() {
        assert!(is_found(&format!("x{SECRET}y")));
        let quoted = serde_json::json!(SECRET).to_string();
        assert!(is_found(&quoted) && is_found(&serde_json::json!(quoted).to_string()));
        assert!(
            is_found("?q=pa55%22word%2F%2B%3F%C3%BF&x") && is_found("pa55%22word%2f%2b%3f%c3%bf")
        );
        for before in ["", "a", "ab", "abc"] {
            for after in ["", "d", "de"] {
                let text = format!("{before}{SECRET}{after}");
                assert!(is_found(&STANDARD.encode(&text)), "{text}");
                assert!(is_found(&URL_SAFE_NO_PAD.encode(&text)), "{text}");
            }
        }
        assert!(!is_found("pa55word") && !is_found(""));
    }

    #[test]
    fn escapes_and_names_are_not_split() {
        let mut known = Known::default();
        assert!(known.add_secret("secret", b"nonsense") && known.add_name("host", b"box-7"));
        let count = |text: &[u8]| known.find(text).len();
        assert_eq!((count(br"\nonsense"), count(br"\\nonsense")), (0, 1));
        assert_eq!((count(b"box-7.x box-7"), count(b"box-77 my-box-7")), (2, 0));
    }

    #[test]
    fn short_and_repeated_texts_are_ignored() {
        let mut known = known();
        assert!(
            !known.add_secret("secret", SECRET.as_bytes())
                && !known.add_secret("secret", b"1234567")
                && !known.add_name("host", b"abc")
        );
        assert!(!format!("{known:?}").contains("pa55"));
    }

    #[test]
    fn many_needles_are_found_like_few() {
        let mut known = Known::default();
        let secret = |n: usize| format!("secret-{n:03}-of-many");
        for n in 0..MOST {
            assert!(known.add_secret("secret", secret(n).as_bytes()));
            for there in [0, n / 2, n] {
                assert_eq!(known.find(secret(there).as_bytes()).len(), 1, "{there} of {n}");
            }
        }
        assert!(!known.add_secret("secret", b"one too many"));
        assert!(known.find(b"secret-999-of-many").is_empty());
    }
}
