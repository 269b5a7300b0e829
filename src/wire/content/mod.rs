//! The parts of messages: content blocks, and the CLI's information about a tool call next to its
//! result.

mod api_block;
mod block;
mod plain_block;
mod tool_call;

pub use self::api_block::{
    CompactionBlock, ContainerUploadBlock, FallbackBlock, FallbackModel, FallbackTrigger,
    McpToolListingBlock, SearchResultBlock, ServerToolResultBlock, ServerToolUseBlock,
    ToolReferenceBlock,
};
pub use self::block::{ContentBlock, UnknownBlock};
pub use self::plain_block::{
    CacheControl, Caller, CitationsConfig, MediaBlock, RedactedThinkingBlock, TextBlock,
    ThinkingBlock, ToolResultBlock, ToolUseBlock,
};
pub use self::tool_call::{
    AutoModeList, AutoModeRule, CallEnded, NonExecutionKind, PluginApproval, Remedy, RemedyKind,
    ToolPermissionDecision, ToolResultMeta,
};
