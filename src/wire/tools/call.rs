//! The places on the wire that carry a tool's input or output.

use super::tool::{BuiltInTool, ToolData, UnparsedInput, read_unparsed};
use crate::wire::content::ToolUseBlock;
use crate::wire::control::CanUseTool;
use crate::wire::hook::tool::BatchedCall;
use crate::wire::hook::{
    PermissionDenied, PermissionRequest, PostToolUse, PostToolUseFailure, PreToolUse,
};
use crate::wire::json::{Kind, RawJson};
use crate::wire::message::UserMessage;
use crate::wire::result::{DeferredToolUse, PermissionDenial};

/// Reads the input of a tool call.
fn input_of<T: BuiltInTool>(name: &str, input: Option<&RawJson>) -> Option<ToolData<T::Input>> {
    let is_parsed = |input: &&RawJson| T::is_named(name) && read_unparsed(input).is_none();
    input.filter(is_parsed).map(T::read_input)
}

/// Reads the output of a tool call. The text of a failure is not an output.
fn output_of<T: BuiltInTool>(output: Option<&RawJson>) -> Option<ToolData<T::Output>> {
    output
        .filter(|output| output.cursor().kind() != Kind::String && !is_detached(output))
        .map(T::read_output)
}

/// Whether a call stepped aside, so that this is not an output of its tool.
fn is_detached(output: &RawJson) -> bool {
    output.cursor().get("detachedToolCall").and_then(|detached| detached.bool()) == Some(true)
}

macro_rules! calls {
    ($($type:ident: $name:ident, $input:ident;)*) => {
        $(impl $type {
            /// The input as the built-in tool `T` has it; `None` for another tool, or without an
            /// input. An earlier name of the tool counts as well.
            ///
            /// A field that is missing or of the wrong type is empty, and listed in
            /// [`defects`](ToolData::defects).
            pub fn input_as<T: BuiltInTool>(&self) -> Option<ToolData<T::Input>> {
                input_of::<T>(&self.$name, (&self.$input).into())
            }
        })*
    };
}

calls! {
    CanUseTool: tool_name, input;
    PreToolUse: tool_name, tool_input;
    PostToolUse: tool_name, tool_input;
    PostToolUseFailure: tool_name, tool_input;
    PermissionRequest: tool_name, tool_input;
    PermissionDenied: tool_name, tool_input;
    BatchedCall: tool_name, tool_input;
    PermissionDenial: tool_name, tool_input;
}

impl ToolUseBlock {
    /// What the model wrote as the input, if that is not JSON: its stream was cut off. The CLI does
    /// not run such a call, and asks no one about it: its result is an error, and the model goes on.
    ///
    /// ```
    /// use claude_wire::wire::tools::Bash;
    /// use claude_wire::wire::{Frame, Message};
    ///
    /// let line = r#"{"type":"assistant","message":{"model":"m","content":[{"type":"tool_use","id":"t1",
    ///     "name":"Bash","input":{"__unparsedToolInput":{"raw":"{\"command","len":9}}}]}}"#;
    /// let message = Message::new(Frame::parse(line.replace('\n', ""))?);
    /// let content = &message.as_assistant().unwrap().message.content;
    /// let tool_use = content[0].as_tool_use().unwrap();
    ///
    /// assert_eq!(&*tool_use.unparsed_input().unwrap().raw, "{\"command");
    /// assert!(tool_use.input_as::<Bash>().is_none());
    /// # Ok::<(), claude_wire::wire::JsonError>(())
    /// ```
    pub fn unparsed_input(&self) -> Option<ToolData<UnparsedInput>> {
        self.input.as_ref().and_then(read_unparsed)
    }

    /// The input as the built-in tool `T` has it; `None` for another tool, without an input, or with
    /// one that is [not JSON](Self::unparsed_input). An earlier name of the tool counts as well.
    ///
    /// A field that is missing or of the wrong type is empty, and listed in
    /// [`defects`](ToolData::defects).
    ///
    /// ```
    /// use claude_wire::wire::tools::{Bash, Read};
    /// use claude_wire::wire::{Frame, Message};
    ///
    /// let line = r#"{"type":"assistant","message":{"model":"m","content":[
    ///     {"type":"tool_use","id":"t1","name":"Bash","input":{"command":"ls","timeout":5000}}]}}"#;
    /// let message = Message::new(Frame::parse(line.replace('\n', ""))?);
    /// let content = &message.as_assistant().unwrap().message.content;
    /// let tool_use = content[0].as_tool_use().unwrap();
    ///
    /// let bash = tool_use.input_as::<Bash>().unwrap();
    /// assert_eq!((&*bash.command, bash.timeout, bash.run_in_background), ("ls", Some(5000.0), None));
    /// assert!(tool_use.input_as::<Read>().is_none());
    /// # Ok::<(), claude_wire::wire::JsonError>(())
    /// ```
    pub fn input_as<T: BuiltInTool>(&self) -> Option<ToolData<T::Input>> {
        input_of::<T>(&self.name, self.input.as_ref())
    }
}

impl DeferredToolUse {
    /// The input as the built-in tool `T` has it; `None` for another tool, or without an input. An
    /// earlier name of the tool counts as well.
    pub fn input_as<T: BuiltInTool>(&self) -> Option<ToolData<T::Input>> {
        input_of::<T>(self.name.as_deref()?, self.input.as_ref())
    }
}

impl PostToolUse {
    /// The result as the built-in tool `T` has it; `None` for another tool, or if the result is a
    /// text.
    pub fn output_as<T: BuiltInTool>(&self) -> Option<ToolData<T::Output>> {
        output_of::<T>(Some(&self.tool_response)).filter(|_| T::is_named(&self.tool_name))
    }
}

impl UserMessage {
    /// Whether the call of this result stepped aside for a message of the user, and still runs
    /// (`detachedToolCall` in `tool_use_result`, CLI 2.1.332, declared, not seen): a `WebFetch` or a
    /// `WebSearch`. Its output reaches the model in a later turn.
    pub fn is_detached(&self) -> bool {
        self.tool_use_result.as_ref().is_some_and(is_detached)
    }

    /// `tool_use_result` as the built-in tool `T` has it; `None` if there is none, if the call
    /// [stepped aside](Self::is_detached), or if it is a text: that of a call that failed or was
    /// refused.
    ///
    /// The message does not name the tool. The call with the `tool_use_id` of its `tool_result`
    /// block does; with another `T` than that, what does not fit is listed in
    /// [`defects`](ToolData::defects).
    pub fn output_as<T: BuiltInTool>(&self) -> Option<ToolData<T::Output>> {
        output_of::<T>(self.tool_use_result.as_ref())
    }
}
