//! What the CLI reports about itself in the handshake.

use claude_wire::Session;
use claude_wire::transport::Exit;
use claude_wire::wire::replies::server::ApiProvider;

use super::exchange::recorded;
use crate::support::cli::cli;

fn session() -> Session {
    let transport = cli(|_, mut cli| async move {
        let request = cli.read().await.unwrap_or_default();
        assert_eq!(request["request"]["subtype"], "initialize");
        cli.write(recorded("initialize", request["request_id"].as_str().unwrap_or_default())).await;
        let (uuid, _) = cli.prompt().await;
        cli.turn(&uuid, "hello").await;
        cli.drain().await;
        Exit::from_code(0)
    });
    Session::builder().transport(transport).start().unwrap()
}

#[tokio::test(start_paused = true)]
async fn connect_returns_it_typed() {
    let session = session();
    assert!(session.server_info().is_none());
    let info = session.connect().await.unwrap();
    assert_eq!(info.defects(), []);
    assert_eq!(info.unmodelled(), [""; 0]);
    assert_eq!(info.commands[0].name, "deep-research");
    assert_eq!(info.agents[1].model.as_deref(), Some("haiku"));
    assert_eq!(info.models[0].value, "default");
    assert_eq!(info.account.api_provider, Some(ApiProvider::FirstParty));
    assert_eq!(info.claude_code_version.as_deref(), Some("2.1.329"));
    assert_eq!(info.available_output_styles.len(), 5);
    assert_eq!(info.pid, Some(27782));
    assert!(info.supports("ui_surface_v1") && !info.supports("ui_surface_v2"));
    assert_eq!(session.connect().await.unwrap(), info, "the same once it is connected");
}

#[tokio::test(start_paused = true)]
async fn the_session_keeps_it_even_if_a_query_opened_the_connection() {
    let session = session();
    session.query("go").text().await.unwrap();
    assert_eq!(session.server_info().unwrap().pid, Some(27782));
    session.stop().await.unwrap();
    assert_eq!(session.server_info().unwrap().pid, Some(27782), "the last handshake is kept");
}

#[tokio::test(start_paused = true)]
async fn a_reply_without_required_fields_is_degraded_and_lists_them() {
    let transport = cli(|_, mut cli| async move {
        cli.acknowledge("initialize").await;
        cli.drain().await;
        Exit::from_code(0)
    });
    let info = Session::builder().transport(transport).start().unwrap().connect().await.unwrap();
    assert!(info.commands.is_empty());
    let missing: Vec<_> = info.defects().iter().map(|defect| defect.path()).collect();
    assert_eq!(
        missing,
        [
            "response.commands",
            "response.agents",
            "response.output_style",
            "response.available_output_styles",
            "response.models",
            "response.account"
        ]
    );
}
