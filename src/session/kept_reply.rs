//! The reply to a handshake, as a session keeps it.

use std::collections::HashMap;
use std::hash::BuildHasher;
use std::sync::{Arc, LazyLock, Mutex, Weak};

use crate::common::lock;
use crate::wire::RawJson;

/// Fields of at least this many bytes are shared; a smaller one costs no more than its sharing.
const LARGE: usize = 512;

/// A reply whose large fields are shared with other sessions.
///
/// A CLI lists its commands, agents and models in 18 KiB (2.1.332). Other CLIs with the same
/// configuration report the same lists; only small fields such as the process id differ.
#[derive(Clone, Debug)]
pub(super) struct KeptReply {
    /// The reply without its large fields.
    own: Box<[u8]>,
    /// Where in `own` each of them was, in order.
    large: Box<[(usize, Shared)]>,
}

/// Boxed, so that a value whose last session has gone leaves nothing but its counters.
type Shared = Arc<Box<[u8]>>;

impl KeptReply {
    pub(super) fn new(reply: &RawJson) -> Self {
        Self::sharing(reply, |value| lock(&VALUES).share(value))
    }

    fn sharing(reply: &RawJson, mut share: impl FnMut(&[u8]) -> Shared) -> Self {
        let bytes = reply.as_bytes();
        let (mut own, mut large, mut from) = (Vec::new(), Vec::new(), 0);
        for (_, value) in reply.cursor().fields() {
            let span = value.span();
            if span.len() >= LARGE {
                own.extend_from_slice(&bytes[from..span.start]);
                large.push((own.len(), share(value.bytes())));
                from = span.end;
            }
        }
        own.extend_from_slice(&bytes[from..]);
        Self { own: own.into(), large: large.into() }
    }

    /// The reply, byte for byte.
    pub(super) fn to_json(&self) -> RawJson {
        let large: usize = self.large.iter().map(|(_, value)| value.len()).sum();
        let mut bytes = Vec::with_capacity(self.own.len() + large);
        let mut from = 0;
        for (at, value) in &self.large {
            bytes.extend_from_slice(&self.own[from..*at]);
            bytes.extend_from_slice(value);
            from = *at;
        }
        bytes.extend_from_slice(&self.own[from..]);
        RawJson::scanned(bytes.into())
    }
}

static VALUES: LazyLock<Mutex<Values>> = LazyLock::new(Mutex::default);

/// The shared values of this program, by their hash.
#[derive(Default)]
struct Values {
    known: HashMap<u64, Weak<Box<[u8]>>>,
    /// At this size the values that are no longer used are removed.
    full: usize,
}

impl Values {
    fn share(&mut self, value: &[u8]) -> Shared {
        let hash = self.known.hasher().hash_one(value);
        let known = self.known.get(&hash).and_then(Weak::upgrade);
        if let Some(known) = known.filter(|known| ***known == *value) {
            return known;
        }
        if self.known.len() >= self.full {
            self.known.retain(|_, value| value.strong_count() > 0);
            self.full = 2 * self.known.len() + 16;
        }
        let new = Arc::new(value.into());
        self.known.insert(hash, Arc::downgrade(&new));
        new
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn long(text: &str) -> String {
        text.repeat(LARGE)
    }

    #[test]
    fn only_large_fields_are_shared() {
        let mut values = Values::default();
        let mut keep = |pid: u32, commands: &str| {
            let text = format!(
                r#"{{"commands":["{}"],"pid":{pid},"models":"{}"}}"#,
                long(commands),
                long("m")
            );
            let reply = RawJson::parse(text).unwrap();
            let kept = KeptReply::sharing(&reply, |value| values.share(value));
            assert_eq!(kept.to_json(), reply);
            kept
        };
        let (one, two, three) = (keep(1, "a"), keep(22, "a"), keep(3, "b"));
        let is_shared = |one: &KeptReply, other: &KeptReply, index: usize| {
            Arc::ptr_eq(&one.large[index].1, &other.large[index].1)
        };
        assert!(is_shared(&one, &two, 0) && is_shared(&one, &two, 1));
        assert!(!is_shared(&one, &three, 0) && is_shared(&one, &three, 1));
        assert!(one.own.len() < 64, "{:?}", one.own);
    }

    #[test]
    fn values_that_are_no_longer_used_are_removed() {
        let mut values = Values::default();
        let kept: Vec<_> = (0..3_u8).map(|byte| values.share(&[byte; LARGE])).collect();
        for number in 0..1000_u32 {
            values.share(&number.to_le_bytes().repeat(LARGE));
            assert!(values.known.len() <= 2 * kept.len() + 16, "{}", values.known.len());
        }
        for (byte, value) in (0..).zip(&kept) {
            assert!(Arc::ptr_eq(value, &values.share(&[byte; LARGE])));
        }
    }

    /// Any reply, also one that is not an object or has a field twice.
    fn reply() -> impl Strategy<Value = String> {
        let value = prop_oneof![
            Just("null".to_owned()),
            "[a-zé]{0,8}".prop_map(|text| format!("\"{text}\"")),
            (LARGE - 3..LARGE + 3).prop_map(|len| format!("\"{}\"", "x".repeat(len))),
            (0..400_usize).prop_map(|len| format!("[ {}1 ]", "1 , ".repeat(len))),
        ];
        let field =
            ("[ab]", value.clone()).prop_map(|(name, value)| format!("\"{name}\" :{value}"));
        let object = proptest::collection::vec(field, 0..6)
            .prop_map(|all| format!("{{ {}}}", all.join(" ,")));
        prop_oneof![1 => value, 5 => object]
    }

    proptest! {
        #[test]
        fn any_reply_is_kept_byte_for_byte(text in reply()) {
            let reply = RawJson::parse(text).unwrap();
            prop_assert_eq!(KeptReply::new(&reply).to_json(), reply);
        }
    }
}
