//! Whole recordings, and headers.

use super::known::Known;
use super::members;
use super::open_keys::OpenKeys;
use super::redactor::{Counts, Edit, Redactor};
use super::rules::{Place, in_argument, whole};
use crate::recording::event::Event;
use crate::recording::file::Recording;
use crate::recording::header::Header;

impl Redactor {
    /// Replaces in a whole recording, and tells how often.
    pub(super) fn recording(mut self, recording: &mut Recording) -> Counts {
        if !self.folders_only {
            // First all is looked at, so that what is told at the end is found at the start.
            self.study(&recording.header, &recording.events);
        }
        self.header(&mut recording.header);
        let events = std::mem::take(&mut recording.events);
        recording.events.reserve(events.len());
        for event in events {
            self.push(event);
            recording.events.extend(std::iter::from_fn(|| self.next()));
        }
        self.finish();
        recording.events.extend(std::iter::from_fn(|| self.next()));
        self.hider.name_used(&mut recording.header);
        let counts = self.counts();
        *recording.header.redactions.get_or_insert_default() += counts.values().sum::<u64>();
        counts
    }

    /// Replaces in a header what must not stay there.
    pub(crate) fn header(&mut self, header: &mut Header) {
        self.hider.header(header);
        if self.folders_only {
            return;
        }
        let mut found = self.in_header(header);
        if let Some(mut unknown) = header.unknown()
            && let Some(places) = found.pop()
        {
            self.replace_in(&mut unknown, places);
            header.set_unknown(&unknown);
        }
        let texts = header
            .argv
            .iter_mut()
            .flatten()
            .chain(header.env.values_mut())
            .chain(header.vars.values_mut());
        for (text, places) in texts.zip(found) {
            self.replace_in(text, places);
        }
    }

    pub(super) fn replace_in(&mut self, text: &mut String, places: Vec<Place>) {
        if !places.is_empty() {
            let edits = places.into_iter().map(|place| Edit::new(place, text.as_bytes())).collect();
            *text = String::from_utf8_lossy(&self.replace(text.as_bytes(), edits)).into_owned();
        }
    }

    /// Learns from a whole recording, so that what is told at its end is found at its start.
    pub(super) fn study(&mut self, header: &Header, events: &[Event]) {
        self.in_header(header);
        for event in events {
            self.push(event.clone());
            while self.next_found().is_some() {}
        }
        self.end(|_| true);
        while self.next_found().is_some() {}
        self.keys = OpenKeys::default();
        self.hider.forget();
    }

    /// The places in each argument, then in each variable of the environment, then in each of the recording, then in what
    /// is unknown, if there is anything.
    pub(super) fn in_header(&mut self, header: &Header) -> Vec<Vec<Place>> {
        let argv = header.argv.iter().flatten();
        let mut before: Option<&str> = None;
        let mut named = Vec::new();
        for text in argv.clone() {
            // `--api-key VALUE`, in two arguments.
            let flag = before
                .and_then(|before| before.strip_prefix('-'))
                .is_some_and(|flag| members::is_secret_argument(flag.as_bytes()));
            named.push((flag && !text.starts_with('-')).then_some("secret"));
            before = Some(text);
        }
        named.extend(
            header
                .env
                .keys()
                .map(|name| members::is_secret_variable(name.as_bytes()).then_some("secret")),
        );
        named.extend(header.vars.keys().map(|_| None));
        let unknown = header.unknown();
        named.extend(unknown.iter().map(|_| None));
        let texts: Vec<&String> =
            argv.chain(header.env.values()).chain(header.vars.values()).chain(&unknown).collect();
        let find = |known: &Known| -> Vec<Vec<Place>> {
            let places = |(text, named): (&&String, &Option<&'static str>)| match named {
                Some(kind) => whole(text.as_bytes(), kind),
                None => in_argument(text.as_bytes(), known),
            };
            texts.iter().zip(&named).map(places).collect()
        };
        let found = find(&self.known);
        let mut learned = false;
        for (text, places) in texts.iter().zip(&found) {
            self.numbers.take_in(text.as_bytes());
            learned |= self.learn(text.as_bytes(), places);
        }
        if learned { find(&self.known) } else { found }
    }
}
