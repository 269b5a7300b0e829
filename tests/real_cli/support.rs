//! What the tests share.

use claude_wire::Session;
use claude_wire::fake_api::ApiScript;
use claude_wire::hermetic::{Hermetic, real_cli};
use claude_wire::transport::Exit;

/// A place for the CLI that `CLAUDE_WIRE_REAL_CLI` names.
pub(crate) async fn place(script: ApiScript) -> Hermetic {
    let cli = real_cli().expect("checked by the harness");
    Hermetic::start(cli, script).await.unwrap_or_else(|error| panic!("{error}"))
}

/// Stops the session and closes the place, in which all must have gone as it should.
pub(crate) async fn finish(session: Session, place: Hermetic) -> Exit {
    let exit = session.stop().await.expect("a process that has ended");
    close(place);
    exit
}

/// Closes the place, in which all must have gone as it should.
pub(crate) fn close(place: Hermetic) {
    place.finish().unwrap_or_else(|error| panic!("{error}"));
}
