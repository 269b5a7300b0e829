//! The effect of a request on the CLI.

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
    pub(super) each: Option<&'static str>,
    pub(super) initial: Option<(&'static str, &'static str)>,
    pub(super) path: Option<(&'static str, &'static str)>,
    pub(super) if_ok: bool,
    pub(super) merged: bool,
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
