//! The server for replies that come whole: `wiremock`'s.

use std::net::TcpListener;
use std::sync::Arc;

use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

use super::desk::{Answer, Body, Desk};

/// Serves in a thread of its own, until it is dropped.
pub(super) struct Whole {
    _server: MockServer,
}

impl Whole {
    pub(super) async fn start(listener: TcpListener, desk: Arc<Desk>) -> Self {
        // The ledger remembers the requests.
        let server =
            MockServer::builder().listener(listener).disable_request_recording().start().await;
        server.register(Mock::given(any()).respond_with(Responder(desk))).await;
        Self { _server: server }
    }
}

struct Responder(Arc<Desk>);

impl Respond for Responder {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let Answer { wait, body, .. } =
            self.0.answer(request.method.as_str(), request.url.path(), &request.body);
        let template = match body {
            Body::Events(events) => {
                let text: String = events.into_iter().map(|event| event.text).collect();
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
        if wait.is_zero() { template } else { template.set_delay(wait) }
    }
}
