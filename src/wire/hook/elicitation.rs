//! Questions of MCP servers to the user.

use crate::wire::ElicitationMode;
use crate::wire::json::RawJson;

event! {
    /// An MCP server asks the user (`Elicitation`, CLI 2.1.329). May answer in their place.
    Elicitation -> ElicitationOutput {
        /// The server.
        pub mcp_server_name: String = "mcp_server_name" required,
        /// The question.
        pub message: String = "message",
        /// A form or a URL.
        pub mode: Option<ElicitationMode> = "mode",
        /// The URL.
        pub url: Option<String> = "url" declared,
        /// Names the elicitation.
        pub elicitation_id: Option<String> = "elicitation_id" declared,
        /// The JSON schema of the answer.
        pub requested_schema: Option<RawJson> = "requested_schema",
    }
}

open_enum! {
    /// What becomes of the question (`action`).
    pub enum ElicitationAction {
        Accept = "accept",
        Decline = "decline",
        Cancel = "cancel",
    }
}

output! {
    /// What a hook may answer to a question of an MCP server.
    ElicitationOutput of "Elicitation" {
        /// What becomes of the question.
        action: ElicitationAction = "action",
        /// The answer, of the shape asked for.
        content: RawJson = "content",
    }
}

event! {
    /// The question of an MCP server has been answered (`ElicitationResult`, CLI 2.1.329). May change the answer.
    ElicitationResult -> ElicitationResultOutput {
        /// The server.
        pub mcp_server_name: String = "mcp_server_name" required,
        /// Names the elicitation.
        pub elicitation_id: Option<String> = "elicitation_id" declared,
        /// A form or a URL.
        pub mode: Option<ElicitationMode> = "mode",
        /// What became of the question.
        pub action: ElicitationAction = "action",
        /// The answer.
        pub content: Option<RawJson> = "content",
    }
}

output! {
    /// What a hook may make of an answer to an MCP server.
    ElicitationResultOutput of "ElicitationResult" {
        /// What becomes of the question.
        action: ElicitationAction = "action",
        /// The answer in place of the user's.
        content: RawJson = "content",
    }
}
