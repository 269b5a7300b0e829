//! A script in the caller's `wiremock` server.

use std::sync::Arc;

use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

use super::dispatcher::{Answer, Body, Dispatcher};
use super::file::ScriptError;
use super::request::ApiRequest;
use super::request_log::ApiReport;
use super::script::ApiScript;
use crate::player::model::last_words;
use crate::player::model::{ApiReply, Cut};

/// The requests that a script answers.
const ROUTES: [(&str, &str); 3] =
    [("POST", "/v1/messages"), ("POST", "/v1/messages/count_tokens"), ("HEAD", "/")];

/// A script that was [mounted](ApiScript::mount) in a `wiremock` server: its requests, and what
/// went wrong.
///
/// Dropping it changes nothing: the server keeps answering from the script.
pub struct MountedScript(Arc<Dispatcher>);

impl ApiScript {
    /// Mounts the script in your own `wiremock` server (feature `wiremock`, version 0.6), next to
    /// your other mocks. It answers `POST /v1/messages`, `POST /v1/messages/count_tokens`, and
    /// `HEAD /`, by which the CLI checks that the server exists.
    ///
    /// ```
    /// use claude_wire::lab::{ApiScript, ApiReply};
    /// use wiremock::matchers::path;
    /// use wiremock::{Mock, MockServer, ResponseTemplate};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let server = MockServer::start().await;
    /// Mock::given(path("/weather")).respond_with(ResponseTemplate::new(200)).mount(&server).await;
    ///
    /// let script = ApiScript::new().on_prompt("Hello", [ApiReply::error(529), ApiReply::text("Hi!")]);
    /// let api = script.mount(&server).await?;
    /// println!("ANTHROPIC_BASE_URL={}", server.uri());
    /// // ... run what you test, and then:
    /// # if false {
    /// api.finish()?;
    /// # }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// `wiremock` sends a response as a whole. A streamed reply is one body with all its events,
    /// and [`first_byte_after`](ApiReply::first_byte_after) delays it. What needs more control over
    /// the connection is refused: [`delta_every`](ApiReply::delta_every), [`hold`](ApiReply::hold),
    /// and [`cut`](ApiReply::cut) with [`Cut::Close`] or [`Cut::Reset`]. Use a
    /// [`FakeApi`](super::FakeApi) for these.
    ///
    /// # Errors
    /// When a reply needs what `wiremock` cannot do; nothing is mounted then.
    ///
    /// # Cancel safety
    /// Dropping the future may leave some of the three routes mounted.
    pub async fn mount(self, server: &MockServer) -> Result<MountedScript, ScriptError> {
        if let Some(fault) = self.faults.faults().first() {
            return Err(ScriptError::new(format!(
                "the fault {} needs control over the connection, and wiremock sends whole responses: serve this script \
                 with FakeApi::start",
                fault.name()
            )));
        }
        for (index, rule) in self.rules.iter().enumerate() {
            for reply in &rule.replies {
                whole_only(reply).map_err(|what| {
                    ScriptError::new(format!(
                        "rule {}: `{what}` needs control over the connection, and wiremock sends whole responses: serve this script \
                         with FakeApi::start",
                        index + 1
                    ))
                })?;
            }
        }
        let dispatcher = Arc::new(Dispatcher::new(self));
        for (verb, route) in ROUTES {
            let responder = Responder(dispatcher.clone());
            Mock::given(method(verb)).and(path(route)).respond_with(responder).mount(server).await;
        }
        Ok(MountedScript(dispatcher))
    }
}

impl MountedScript {
    /// The requests to `/v1/messages` so far, refused ones included.
    pub fn requests(&self) -> Vec<ApiRequest> {
        self.0.requests()
    }

    /// What has gone wrong so far: requests that were refused. Empty if all is well.
    pub fn failures(&self) -> Vec<String> {
        self.0.failures()
    }

    /// Checks that no request was refused and every reply was fetched.
    ///
    /// # Errors
    /// When a request was refused, or a reply was not fetched.
    pub fn finish(self) -> Result<(), ApiReport> {
        self.0.report()
    }
}

impl std::fmt::Debug for MountedScript {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MountedScript").finish_non_exhaustive()
    }
}

/// The name of a setting that a whole response cannot implement.
fn whole_only(reply: &ApiReply) -> Result<(), &'static str> {
    if reply.delta_ms > 0 {
        return Err("delta_ms");
    }
    if !reply.hold.is_empty() {
        return Err("hold");
    }
    match reply.cut.as_ref().map(|cut| &cut.cut) {
        Some(Cut::Close | Cut::Reset) => Err("cut"),
        Some(Cut::Garbage(_) | Cut::Error(_)) | None => Ok(()),
    }
}

struct Responder(Arc<Dispatcher>);

impl Respond for Responder {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let Answer { wait, body, reply, refuses: _ } =
            self.0.answer(request.method.as_str(), request.url.path(), &request.body);
        let headers = reply.as_ref().map(|reply| reply.headers.clone()).unwrap_or_default();
        let template = match body {
            Body::Events(events) => {
                let cut = reply.and_then(|reply| reply.cut);
                let sent = cut.as_ref().map_or(events.len(), |cut| cut.after);
                let mut text: String =
                    events.into_iter().take(sent).map(|event| event.text()).collect();
                text.extend(cut.and_then(|cut| last_words(&cut.cut)));
                ResponseTemplate::new(200).set_body_raw(text, "text/event-stream")
            }
            Body::Whole { status, retry_after, content_type, text } => {
                let template = ResponseTemplate::new(status).set_body_raw(text, &content_type);
                match retry_after {
                    Some(seconds) => template.insert_header("retry-after", seconds.to_string()),
                    None => template,
                }
            }
        };
        let template = headers
            .iter()
            .fold(template, |template, (name, value)| template.insert_header(&**name, &**value));
        if wait.is_zero() { template } else { template.set_delay(wait) }
    }
}
