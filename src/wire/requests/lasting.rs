//! How a setting is repeated for the next process.

use super::effect::Lasting;
use super::request::Request;
use crate::wire::RawJson;

impl Lasting {
    /// Which of several settings a request sets.
    pub(crate) fn which(&self, request: &Request) -> Option<String> {
        let field = self.each?;
        Some(request.text(field).unwrap_or_default())
    }

    /// True if a request replaces the earlier ones entirely, whatever the reply is.
    pub(crate) fn is_replaced(&self) -> bool {
        !self.merged && !self.if_ok
    }

    /// True if both requests set the same. An absent field is `null`, unless that leaves the field
    /// unchanged.
    pub(crate) fn is_same(&self, one: &Request, other: &Request) -> bool {
        if self.merged {
            return one == other;
        }
        let covers = |one: &Request, other: &Request| {
            one.fields().all(|(name, value)| match other.field(name) {
                Some(same) => same == value,
                None => value.is_null(),
            })
        };
        one.name() == other.name() && covers(one, other) && covers(other, one)
    }

    /// The request that restores the setting, once the CLI has accepted `request` with this reply,
    /// after the state `before`. `None` if it is the default of a new process.
    pub(crate) fn accepted(
        &self,
        request: &Request,
        reply: Option<&RawJson>,
        before: Option<Request>,
    ) -> Option<Request> {
        let of_reply = |name| reply.and_then(|reply| reply.cursor().get(name)?.string());
        if self.initial.is_some_and(|(field, json)| {
            request.field(field).is_some_and(|value| value.as_bytes() == json.as_bytes())
        }) {
            return None;
        }
        if self.if_ok && of_reply("status").as_deref() != Some("ok") {
            return before;
        }
        if let (true, Some(before)) = (self.merged, before) {
            return Some(before.merged(request));
        }
        let path = self.path.and_then(|(field, name)| Some((field, of_reply(name)?)));
        Some(match path {
            Some((field, path)) => request.clone().with(field, path.into_owned()),
            None => request.clone(),
        })
    }
}
