//! Search in the messages of all sessions.

use super::error::{Error, Result};
use super::folders::History;
use super::info::SessionInfo;
use super::list::Listed;
use super::message::SessionMessage;
use super::page::Page;
use super::transcript::Transcript;

/// How much of a message is shown on each side of what was found, in characters.
const AROUND: usize = 60;

/// A message with the text that was searched for.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SearchHit {
    /// The session.
    pub session: SessionInfo,
    /// The message.
    pub message: SessionMessage,
    /// The part of the message around the first place that matches.
    pub excerpt: String,
}

/// What a search has found.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct SearchResults {
    /// The messages: those of the session that was changed last first, and in each session in the
    /// order of the conversation.
    pub hits: Vec<SearchHit>,
    /// Transcripts and folders that could not be read.
    pub skipped: Vec<Error>,
}

impl IntoIterator for SearchResults {
    type Item = SearchHit;
    type IntoIter = std::vec::IntoIter<SearchHit>;

    fn into_iter(self) -> Self::IntoIter {
        self.hits.into_iter()
    }
}

impl History {
    /// The messages whose text contains this one, in any case of its letters. Sub-agents, tool
    /// calls and their results are not searched.
    ///
    /// Each transcript is read, until the page is full.
    ///
    /// # Errors
    /// If the text is empty, or the folder of all projects cannot be read.
    pub fn search_sessions(&self, text: &str, page: Page) -> Result<SearchResults> {
        let wanted = search_text(text)?;
        let (listed, skipped) = self.listed(Page::all())?;
        let mut results = SearchResults { hits: Vec::new(), skipped };
        let end = page.limit().map_or(usize::MAX, |limit| page.offset.saturating_add(limit));
        for Listed { info: session, path } in listed {
            if results.hits.len() >= end {
                break;
            }
            match Transcript::read(path) {
                Ok(transcript) => {
                    let messages = transcript.messages(Page::all()).into_iter();
                    results.hits.extend(messages.filter_map(|message| {
                        let excerpt = excerpt(&message.text(), &wanted)?;
                        Some(SearchHit { session: session.clone(), message, excerpt })
                    }));
                }
                Err(error) => results.skipped.push(error),
            }
        }
        results.hits = page.of(results.hits.into_iter()).collect();
        Ok(results)
    }
}

/// The text to search for, in one case.
pub(crate) fn search_text(text: &str) -> Result<String> {
    if text.trim().is_empty() {
        return Err(Error::invalid_value("there is no text to search for"));
    }
    Ok(text.chars().flat_map(folded).collect())
}

/// The part of a text around the first match, cut between characters.
pub(crate) fn excerpt(text: &str, wanted: &str) -> Option<String> {
    // The folded text may be longer, so its letters keep the places of their originals.
    let mut in_one_case = String::with_capacity(text.len());
    let mut places = Vec::with_capacity(text.len());
    for (place, letter) in text.char_indices() {
        in_one_case.extend(folded(letter));
        places.resize(in_one_case.len(), place);
    }
    let at = in_one_case.find(wanted)?;
    let last = places[at + wanted.len() - 1];
    let before = text[..places[at]].char_indices().rev().nth(AROUND - 1);
    let after = text[last..].char_indices().nth(AROUND + 1);
    let start = before.map_or(0, |(start, _)| start);
    let end = after.map_or(text.len(), |(length, _)| last + length);
    let mark = |cut: bool| if cut { "\u{2026}" } else { "" };
    Some(format!("{}{}{}", mark(start > 0), &text[start..end], mark(end < text.len())))
}

/// A letter in one case, whatever is around it: the Greek sigma at the end of a word is that within
/// one, and a sharp s is two letters. Lower case alone would leave both apart from their capitals.
fn folded(letter: char) -> impl Iterator<Item = char> {
    let ascii = letter.is_ascii().then(|| letter.to_ascii_lowercase());
    let other = (!letter.is_ascii()).then_some(letter).into_iter();
    let upper = other.flat_map(char::to_lowercase).flat_map(char::to_uppercase);
    ascii.into_iter().chain(upper.flat_map(char::to_lowercase))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_is_the_text_around_the_first_match() {
        assert_eq!(excerpt("Say Hello to all", "hello").as_deref(), Some("Say Hello to all"));
        assert_eq!(excerpt("Say", "hello"), None);
        let long = format!("{}\u{130}x{}", "\u{e4}".repeat(100), "\u{f6}".repeat(100));
        let expected =
            format!("\u{2026}{}\u{130}x{}\u{2026}", "\u{e4}".repeat(60), "\u{f6}".repeat(60));
        assert_eq!(excerpt(&long, &search_text("\u{130}X").unwrap()), Some(expected));
    }

    #[test]
    fn a_text_is_found_in_any_case_of_its_letters() {
        let words = ["\u{39f}\u{394}\u{39f}\u{3a3}", "\u{3bf}\u{3b4}\u{3bf}\u{3c2}"];
        for text in words {
            for wanted in words.into_iter().chain(["\u{3bf}\u{3b4}\u{3bf}\u{3c3}"]) {
                let wanted = search_text(wanted).unwrap();
                for text in [text.to_owned(), format!("{text} 1"), format!("{text}\u{391}")] {
                    assert_eq!(excerpt(&text, &wanted).as_ref(), Some(&text), "{wanted}");
                }
            }
        }
        let letters: String = ('\0'..=char::MAX).collect();
        for same in [letters.to_lowercase(), letters.to_uppercase()] {
            assert!(search_text(&same).unwrap() == search_text(&letters).unwrap());
        }
    }
}
