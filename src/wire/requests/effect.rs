//! The effect of a request on the CLI, and how it is repeated for the next process.

use super::Request;
use crate::wire::RawJson;

/// The effect of a request on the CLI.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// None: the reply depends only on the request, and nothing depends on it.
    Reads,
    /// Something that is done once, or that the CLI saves itself.
    Acts,
    /// It sets a value that lasts until the process ends. It is sent again to the next process.
    Lasts(Lasting),
}

/// A setting that lasts as long as a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lasting {
    each: Option<&'static str>,
    initial: Option<(&'static str, &'static str)>,
    path: Option<(&'static str, &'static str)>,
    if_ok: bool,
    merged: bool,
}

/// One setting; the last request counts.
pub(super) const fn lasting() -> Lasting {
    Lasting { each: None, initial: None, path: None, if_ok: false, merged: false }
}

impl Lasting {
    /// One setting for each value of this field.
    pub(super) const fn each(self, field: &'static str) -> Self {
        Self { each: Some(field), ..self }
    }

    /// With this JSON in this field it sets the default of a new process, and is not sent again.
    pub(super) const fn initial(self, field: &'static str, json: &'static str) -> Self {
        Self { initial: Some((field, json)), ..self }
    }

    /// It is sent again with the absolute path in `reply`.
    pub(super) const fn path(self, field: &'static str, reply: &'static str) -> Self {
        Self { path: Some((field, reply)), ..self }
    }

    /// It only takes effect if the `status` of the reply is `ok`.
    pub(super) const fn if_ok(self) -> Self {
        Self { if_ok: true, ..self }
    }

    /// What a later request does not name is kept: fields, and the keys of `settings`.
    pub(super) const fn merged(self) -> Self {
        Self { merged: true, ..self }
    }
}
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
