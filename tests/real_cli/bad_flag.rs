//! A flag unknown to the CLI: the error has its exit code and its text.

use claude_wire::lab::ApiScript;

use crate::support::{close, place};

pub(crate) async fn run() {
    let place = place(ApiScript::new()).await;
    let session = place.session().extra_flag("no-such-flag").start().unwrap();
    let error = session.query("Hello").text().await.unwrap_err();
    assert!(error.is_process(), "{error}");
    assert_eq!(error.exit().and_then(|exit| exit.code), Some(1));
    assert!(error.stderr_tail().contains("unknown option '--no-such-flag'"), "{error}");
    session.stop().await.unwrap();
    close(place);
}
