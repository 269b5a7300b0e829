//! The content blocks of every conversation: texts, thinking, calls of tools, media.

use crate::wire::json::RawJson;

object! {
    /// `text` (CLI 2.1.329).
    pub struct TextBlock: tagged {
        /// The text; may be empty.
        pub text: String = "text" required,
        /// What the text cites; `null` and absent are the same.
        pub citations: Option<Vec<RawJson>> = "citations",
        /// The cache breakpoint after this block.
        pub cache_control: Option<CacheControl> = "cache_control" declared,
    }
}

object! {
    /// `thinking` (CLI 2.1.329).
    pub struct ThinkingBlock: tagged {
        /// The thinking; empty where only its signature is sent.
        pub thinking: String = "thinking" required,
        /// The API's signature of the thinking.
        pub signature: Option<String> = "signature",
    }
}

object! {
    /// `redacted_thinking` (CLI 2.1.332).
    pub struct RedactedThinkingBlock: tagged {
        /// The encrypted thinking.
        pub data: String = "data" required v2_1_332,
    }
}

object! {
    /// `tool_use` (CLI 2.1.329).
    pub struct ToolUseBlock: tagged {
        /// Identifies this call; its result carries it as `tool_use_id`.
        pub id: String = "id" required,
        /// The tool, such as `Bash` or `mcp__server__tool`.
        pub name: String = "name" required,
        /// The tool's input, whatever its shape; [`input_as`](Self::input_as) reads that of a
        /// built-in tool.
        pub input: Option<RawJson> = "input",
        /// The text that could not be parsed as an input; `input` is then the CLI's own
        /// placeholder.
        pub raw_input: Option<String> = "rawinput",
        /// Who called the tool; absent for the model itself.
        pub caller: Option<Caller> = "caller" declared,
        /// The set of tools that it belongs to, such as `browser`.
        pub toolset_name: Option<String> = "toolset_name" v2_1_332 declared,
        /// The cache breakpoint after this block.
        pub cache_control: Option<CacheControl> = "cache_control" declared,
    }
}

object! {
    /// Who called a tool (`caller`, CLI 2.1.332).
    pub struct Caller {
        /// `direct` for the model, else the tool that did, such as `code_execution_20250825`.
        pub kind: String = "type" v2_1_332,
        /// The call of that tool.
        pub tool_id: Option<String> = "tool_id" v2_1_332 declared,
    }
}

object! {
    /// `tool_result` (CLI 2.1.329).
    pub struct ToolResultBlock: tagged {
        /// The call that this answers.
        pub tool_use_id: String = "tool_use_id" required,
        /// A string or blocks; [`text`](Self::text) and [`blocks`](Self::blocks) read it.
        pub content: Option<RawJson> = "content",
        /// True if the tool failed, or was not allowed to run.
        pub is_error: Option<bool> = "is_error",
        /// The set of tools that the tool belongs to, such as `browser`.
        pub toolset_name: Option<String> = "toolset_name" v2_1_332 declared,
        /// The cache breakpoint after this block.
        pub cache_control: Option<CacheControl> = "cache_control" declared,
    }
}

object! {
    /// `image` or `document` (CLI 2.1.329; `document` declared, not seen).
    pub struct MediaBlock: tagged {
        /// The data or its location: an object with a `type`.
        pub source: Option<RawJson> = "source",
        /// The title of a document.
        pub title: Option<String> = "title" declared,
        /// What the document is about.
        pub context: Option<String> = "context" declared,
        /// Whether a document may be cited.
        pub citations: Option<CitationsConfig> = "citations" declared,
        /// The cache breakpoint after this block.
        pub cache_control: Option<CacheControl> = "cache_control" declared,
    }
}

object! {
    /// A cache breakpoint of a prompt (`cache_control`, CLI 2.1.329, declared, not seen).
    pub struct CacheControl {
        /// Always `ephemeral`.
        pub kind: String = "type" declared,
        /// How long it is kept, `5m` or `1h`.
        pub ttl: Option<String> = "ttl" declared,
    }
}

object! {
    /// Whether something may be cited (`citations` of a document, CLI 2.1.329, declared, not seen).
    pub struct CitationsConfig {
        /// True if it may.
        pub enabled: Option<bool> = "enabled" declared,
    }
}
