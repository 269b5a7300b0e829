//! Requests of MCP servers to the user.

use std::sync::Arc;

use super::request::{Answering, HostRequest};
use crate::protocol::Answer;
use crate::transport::BoxFuture;
use crate::wire;
use crate::wire::RawJson;
use crate::wire::control::ElicitRequest;

/// An MCP server asks the user (`elicitation`).
#[derive(Clone, Debug)]
pub struct ElicitationRequest {
    request: HostRequest,
    elicitation: Arc<ElicitRequest>,
}

impl ElicitationRequest {
    /// Returns the server, the question and the schema of the answer.
    pub fn elicitation(&self) -> &ElicitRequest {
        &self.elicitation
    }

    /// The whole request, and the session that it came to.
    pub fn request(&self) -> &HostRequest {
        &self.request
    }
}

/// The answer to an MCP server's question.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum ElicitationAnswer {
    /// The user has answered: an object that matches `requested_schema`; `None` if no form was
    /// shown, as for a URL.
    Accept(Option<RawJson>),
    /// The user will not answer.
    Decline,
    /// The user has closed the question without a choice.
    Cancel,
}

impl ElicitationAnswer {
    /// The user has answered this.
    pub fn accept(content: impl Into<RawJson>) -> Self {
        Self::Accept(Some(content.into()))
    }

    fn to_json(&self) -> RawJson {
        let text = match self {
            Self::Accept(Some(content)) => format!(r#"{{"action":"accept","content":{content}}}"#),
            Self::Accept(None) => r#"{"action":"accept"}"#.into(),
            Self::Decline => r#"{"action":"decline"}"#.into(),
            Self::Cancel => r#"{"action":"cancel"}"#.into(),
        };
        RawJson::scanned(text.into())
    }
}

/// The handler.
#[derive(Clone)]
pub(super) struct OnElicitation(
    Arc<dyn Fn(ElicitationRequest) -> BoxFuture<'static, ElicitationAnswer> + Send + Sync>,
);

impl OnElicitation {
    pub(super) fn new<F, Fut>(handler: F) -> Self
    where
        F: Fn(ElicitationRequest) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = ElicitationAnswer> + Send + 'static,
    {
        Self(Arc::new(move |request| Box::pin(handler(request))))
    }

    pub(super) fn answer(&self, request: &HostRequest) -> Option<Answering> {
        let wire::control::CliRequest::Elicitation(elicitation) =
            wire::control::CliRequest::of(request.body())
        else {
            return None;
        };
        let answer = (self.0)(ElicitationRequest {
            request: request.clone(),
            elicitation: elicitation.into(),
        });
        Some(Box::pin(async move { Answer::Success(answer.await.to_json()) }))
    }
}
