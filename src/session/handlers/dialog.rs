//! Dialogs that the CLI asks the host to show.

use std::sync::Arc;

use serde_json::Value;

use super::request::{Answering, HostRequest};
use crate::protocol::Answer;
use crate::transport::BoxFuture;
use crate::wire;
use crate::wire::RawJson;
use crate::wire::control::DialogRequest;

/// A dialog that the CLI asks the host to show (`request_user_dialog`).
#[derive(Clone, Debug)]
pub struct UserDialog {
    request: HostRequest,
    dialog: Arc<DialogRequest>,
}

impl UserDialog {
    /// The kind of dialog, what it shows, and the tool call that it belongs to.
    pub fn dialog(&self) -> &DialogRequest {
        &self.dialog
    }

    /// The whole request, and the session that it came to.
    pub fn request(&self) -> &HostRequest {
        &self.request
    }
}

/// The outcome of a dialog.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum DialogAnswer {
    /// The user has made a choice, in the form required by the kind of dialog.
    Completed(RawJson),
    /// The user has dismissed the dialog.
    Cancelled,
}

impl DialogAnswer {
    /// The user has made this choice.
    pub fn completed(result: impl Into<RawJson>) -> Self {
        Self::Completed(result.into())
    }

    fn to_json(&self) -> RawJson {
        let text = match self {
            Self::Completed(result) => format!(r#"{{"behavior":"completed","result":{result}}}"#),
            Self::Cancelled => r#"{"behavior":"cancelled"}"#.into(),
        };
        RawJson::scanned(text.into())
    }
}

/// The handler, and the kinds of dialogs that it is for.
#[derive(Clone)]
pub(super) struct Dialogs {
    kinds: Vec<String>,
    handler: Arc<dyn Fn(UserDialog) -> BoxFuture<'static, DialogAnswer> + Send + Sync>,
}

impl Dialogs {
    pub(super) fn new<F, Fut>(kinds: Vec<String>, handler: F) -> Self
    where
        F: Fn(UserDialog) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = DialogAnswer> + Send + 'static,
    {
        Self { kinds, handler: Arc::new(move |dialog| Box::pin(handler(dialog))) }
    }

    /// `supportedDialogKinds`.
    pub(super) fn initialize(&self) -> Value {
        self.kinds.clone().into()
    }

    /// `None` for a kind that was not declared.
    pub(super) fn answer(&self, request: &HostRequest) -> Option<Answering> {
        let wire::control::CliRequest::UserDialog(dialog) =
            wire::control::CliRequest::of(request.body())
        else {
            return None;
        };
        if !self.kinds.contains(&dialog.dialog_kind) {
            return None;
        }
        let answer =
            (self.handler)(UserDialog { request: request.clone(), dialog: Arc::new(dialog) });
        Some(Box::pin(async move { Answer::Success(answer.await.to_json()) }))
    }
}
