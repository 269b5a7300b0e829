//! A server on loopback that answers as the entry says: hooks of the settings post to it.

use std::collections::BTreeMap;

use serde_json::Value;
use wiremock::matchers::path;
use wiremock::{Mock, MockServer, ResponseTemplate};

/// What stands for the address of the server in the files of an entry.
pub(super) const PLACE: &str = "${http}";

/// Serves until it is dropped.
pub(super) struct Http(MockServer);

impl Http {
    /// A server that answers every request to one of these paths with this JSON, and others with 404.
    pub(super) async fn start(answers: &BTreeMap<String, Value>) -> Self {
        let server = MockServer::start().await;
        for (at, answer) in answers {
            let answer = ResponseTemplate::new(200).set_body_json(answer);
            Mock::given(path(at.as_str())).respond_with(answer).mount(&server).await;
        }
        Self(server)
    }

    pub(super) fn url(&self) -> String {
        self.0.uri()
    }
}
