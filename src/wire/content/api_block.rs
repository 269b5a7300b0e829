//! Content blocks that only the API makes or reads.

use super::plain_block::{CacheControl, Caller, CitationsConfig, TextBlock};
use crate::wire::json::RawJson;

object! {
    /// `server_tool_use` (CLI 2.1.332) or `mcp_tool_use` (CLI 2.1.329, declared, not seen).
    pub struct ServerToolUseBlock: tagged {
        /// Identifies this call.
        pub id: String = "id" required v2_1_332,
        /// The tool.
        pub name: String = "name" required v2_1_332,
        /// The MCP server, for an `mcp_tool_use`.
        pub server_name: Option<String> = "server_name" declared,
        /// The tool's input, whatever its shape.
        pub input: Option<RawJson> = "input" v2_1_332,
        /// Who called the tool; absent for the model itself.
        pub caller: Option<Caller> = "caller" v2_1_332,
    }
}

object! {
    /// The result of a tool that ran on the API's side (`web_search_tool_result`, CLI 2.1.332; the
    /// others are declared, not seen).
    pub struct ServerToolResultBlock: raw {
        /// The block's type, such as `web_search_tool_result`.
        pub result_type: String = "type" v2_1_332,
        /// The call that this answers.
        pub tool_use_id: String = "tool_use_id" required v2_1_332,
        /// An object, an array or a string, depending on the tool.
        pub content: Option<RawJson> = "content" v2_1_332,
        /// True if the tool failed.
        pub is_error: Option<bool> = "is_error" declared,
        /// Who called the tool; absent for the model itself.
        pub caller: Option<Caller> = "caller" v2_1_332,
    }
}

object! {
    /// `tool_reference` (CLI 2.1.329, declared, not seen).
    pub struct ToolReferenceBlock: tagged {
        /// The tool.
        pub tool_name: String = "tool_name" declared,
    }
}

object! {
    /// `mcp_tool_listing` (CLI 2.1.332, declared, not seen).
    pub struct McpToolListingBlock: tagged {
        /// The MCP server.
        pub mcp_server_name: String = "mcp_server_name" v2_1_332 declared,
        /// Its tools, as the API describes them.
        pub tools: Vec<RawJson> = "tools" v2_1_332 declared,
    }
}

object! {
    /// `container_upload` (CLI 2.1.329, declared, not seen).
    pub struct ContainerUploadBlock: tagged {
        /// The file.
        pub file_id: String = "file_id" declared,
    }
}

object! {
    /// `compaction` (CLI 2.1.329, declared, not seen).
    pub struct CompactionBlock: tagged {
        /// The text that replaces the earlier conversation; `None` if it could not be made.
        pub content: Option<String> = "content" declared,
        /// The same, encrypted.
        pub encrypted_content: Option<String> = "encrypted_content" v2_1_332 declared,
        /// The API's signature of it.
        pub signature: Option<String> = "signature" v2_1_332 declared,
        /// Tools that were added or removed earlier, as blocks.
        pub tool_changes: Vec<RawJson> = "tool_changes" v2_1_332 declared,
    }
}

object! {
    /// `fallback` (CLI 2.1.329, declared, not seen).
    pub struct FallbackBlock: tagged {
        /// The model until here.
        pub from: FallbackModel = "from" declared,
        /// The model from here on.
        pub to: FallbackModel = "to" declared,
        /// Why.
        pub trigger: Option<FallbackTrigger> = "trigger" v2_1_332 declared,
    }
}

object! {
    /// A model of a fallback (`from` and `to` of a `fallback`, CLI 2.1.329, declared, not seen).
    pub struct FallbackModel {
        /// The model.
        pub model: String = "model" declared,
    }
}

object! {
    /// Why the model changed (`trigger` of a `fallback`, CLI 2.1.332, declared, not seen).
    pub struct FallbackTrigger {
        /// The kind of reason, such as `refusal`.
        pub kind: String = "type" v2_1_332 declared,
        /// The category of the refusal, an open set.
        pub category: Option<String> = "category" v2_1_332 declared,
    }
}

object! {
    /// `search_result` (CLI 2.1.329, declared, not seen).
    pub struct SearchResultBlock: tagged {
        /// Where it was found.
        pub source: String = "source" declared,
        /// Its title.
        pub title: String = "title" declared,
        /// What was found.
        pub content: Vec<TextBlock> = "content" declared,
        /// Whether it may be cited.
        pub citations: Option<CitationsConfig> = "citations" declared,
        /// The cache breakpoint after this block.
        pub cache_control: Option<CacheControl> = "cache_control" declared,
    }
}

/// The results of tools on the API's side that CLI 2.1.332 declares.
pub(super) const SERVER_TOOL_RESULTS: [&str; 8] = [
    "web_search_tool_result",
    "web_fetch_tool_result",
    "advisor_tool_result",
    "code_execution_tool_result",
    "bash_code_execution_tool_result",
    "text_editor_code_execution_tool_result",
    "tool_search_tool_result",
    "mcp_tool_result",
];
