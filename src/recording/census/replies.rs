//! The types of the replies to control requests.

use super::audit::not_modelled;
use crate::wire::RawJson;
use crate::wire::unknown_of;

/// The parts of a reply that its type does not model. A reply without a type is one gap.
pub(super) fn gaps(asked: &str, reply: &RawJson) -> Vec<String> {
    let Some(unknown) = unknown_of(asked, reply) else {
        return vec!["response: no type is known for this reply".to_owned()];
    };
    let defects = unknown.defects.iter().map(ToString::to_string);
    defects.chain(unknown.unmodelled.into_iter().map(not_modelled)).collect()
}
