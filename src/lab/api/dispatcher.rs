//! Finds the answer to a request, for either server.

use std::borrow::Cow;
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use super::gates::Gates;
use super::request::ApiRequest;
use super::request_log::{ApiReport, RequestLog, Served};
use super::script::ApiScript;
use crate::common::lock;
use crate::player::model::{ApiReply, Refusal};
use crate::player::model::{OutMessage, SseEvent, error_body};

/// The status for requests that no script expects: no client retries it, and the CLI shows its text
/// and does not try another request instead.
const REFUSED: u16 = 418;

/// Answers requests, and logs them.
pub(super) struct Dispatcher {
    request_log: Mutex<RequestLog>,
    gates: Gates,
}

/// The answer to one request.
pub(super) struct Answer {
    /// The delay of the answer.
    pub(super) wait: Duration,
    pub(super) body: Body,
    /// The pace; `None` for a request that the script does not expect.
    pub(super) reply: Option<ApiReply>,
    /// Whether the connection is closed instead.
    pub(super) refuses: bool,
}

pub(super) enum Body {
    Whole { status: u16, retry_after: Option<u64>, content_type: Cow<'static, str>, text: String },
    Events(Vec<SseEvent>),
}

impl Dispatcher {
    pub(super) fn new(script: ApiScript) -> Self {
        Self { request_log: Mutex::new(RequestLog::new(script)), gates: Gates::default() }
    }

    pub(super) fn request_log(&self) -> MutexGuard<'_, RequestLog> {
        lock(&self.request_log)
    }

    /// The requests to `/v1/messages` so far.
    pub(super) fn requests(&self) -> Vec<ApiRequest> {
        self.request_log().requests().to_vec()
    }

    /// The requests that were refused so far, and why.
    pub(super) fn failures(&self) -> Vec<String> {
        let report = self.request_log().report(false);
        report.map(|report| report.failures().to_vec()).unwrap_or_default()
    }

    /// All failures, including replies that were not fetched.
    pub(super) fn report(&self) -> Result<(), ApiReport> {
        self.request_log().report(true).map_or(Ok(()), Err)
    }

    pub(super) fn gates(&self) -> &Gates {
        &self.gates
    }

    /// Answers a request to `path`, which has no query.
    pub(super) fn answer(&self, method: &str, path: &str, body: &[u8]) -> Answer {
        match (method, path) {
            ("POST", "/v1/messages") => self.message(body),
            ("POST", "/v1/messages/count_tokens") => self.count(body),
            ("HEAD", _) => Answer::at_once(Body::Whole {
                status: 200,
                retry_after: None,
                content_type: "text/plain".into(),
                text: String::new(),
            }),
            (method, path) => {
                refusal(&self.request_log().fail(format!("an unexpected request: {method} {path}")))
            }
        }
    }

    /// About as many tokens as the real API would count.
    fn count(&self, body: &[u8]) -> Answer {
        match self.read(body) {
            Ok(_) => Answer::at_once(Body::json(200, &json!({"input_tokens": body.len() / 4 + 1}))),
            Err(failure) => refusal(&failure),
        }
    }

    fn read(&self, body: &[u8]) -> Result<Value, String> {
        serde_json::from_slice(body)
            .map_err(|error| self.request_log().fail(format!("a body that is not JSON: {error}")))
    }

    fn message(&self, body: &[u8]) -> Answer {
        let request = match self.read(body) {
            Ok(body) => ApiRequest::new(body),
            Err(failure) => return refusal(&failure),
        };
        let (model, streaming) = (request.model().to_owned(), request.is_streaming());
        let results: Vec<_> =
            request.tool_results().into_iter().map(|result| result.text).collect();
        let served = self.request_log().serve(request);
        let Served { mut reply, serial, refuses } = match served {
            Ok(served) => served,
            Err(failure) => return refusal(&failure),
        };
        if let Err(why) = reply.fill(&results) {
            let failure = format!("request {}: {why}", serial + 1);
            return refusal(&self.request_log().fail(failure));
        }
        reply.date(now());
        let message = OutMessage::new(&reply, &model, serial);
        let body = if let Some(error) = &reply.error {
            Body::error(error)
        } else if let Some(raw) = &reply.raw {
            Body::Whole {
                status: 200,
                retry_after: None,
                content_type: raw.content_type.clone().into(),
                text: raw.body.clone(),
            }
        } else if streaming {
            Body::Events(message.events())
        } else {
            Body::json(200, &message.whole())
        };
        let wait = Duration::from_millis(reply.first_byte_ms);
        Answer { wait, body, reply: Some(reply), refuses }
    }
}

impl Answer {
    fn at_once(body: Body) -> Self {
        Self { wait: Duration::ZERO, body, reply: None, refuses: false }
    }
}

impl Body {
    fn json(status: u16, body: &Value) -> Self {
        Self::Whole {
            status,
            retry_after: None,
            content_type: "application/json".into(),
            text: body.to_string(),
        }
    }

    fn error(error: &Refusal) -> Self {
        let text = error_body(error).to_string();
        Self::Whole {
            status: error.status,
            retry_after: error.retry_after,
            content_type: "application/json".into(),
            text,
        }
    }
}

/// In seconds since 1970.
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs())
}

fn refusal(failure: &str) -> Answer {
    let refusal = Refusal {
        status: REFUSED,
        message: Some(format!("fake API: {failure}")),
        retry_after: None,
    };
    Answer::at_once(Body::error(&refusal))
}
