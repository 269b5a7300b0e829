"""The host of `claude-wire conformance` for the official Python SDK. docs/conformance.md has the protocol."""

import json
import sys
from dataclasses import replace

import anyio
from claude_agent_sdk import (
    AgentDefinition,
    AssistantMessage,
    ClaudeAgentOptions,
    ClaudeSDKClient,
    HookMatcher,
    PermissionResultAllow,
    PermissionResultDeny,
    PermissionUpdate,
    ProcessError,
    ResultError,
    ResultMessage,
    SystemMessage,
    UserMessage,
    create_sdk_mcp_server,
    query,
    tool,
)

TYPES = {
    "UserMessage": "user",
    "AssistantMessage": "assistant",
    "ResultMessage": "result",
    "StreamEvent": "stream_event",
    "RateLimitEvent": "rate_limit_event",
    "ConversationResetMessage": "conversation_reset",
}
BLOCKS = {
    "TextBlock": "text",
    "ThinkingBlock": "thinking",
    "ToolUseBlock": "tool_use",
    "ToolResultBlock": "tool_result",
    "ServerToolUseBlock": "server_tool_use",
    "ServerToolResultBlock": "server_tool_result",
}


def report(**event):
    # ASCII: half of a surrogate pair has no other form.
    print(json.dumps(event), flush=True)


def block(found):
    return {"type": BLOCKS.get(type(found).__name__, "unknown"), "text": getattr(found, "text", None)}


def content(found):
    return found if isinstance(found, str) else [block(it) for it in found]


def view(message):
    kind = "system" if isinstance(message, SystemMessage) else TYPES.get(type(message).__name__, "unknown")
    view = {"type": kind}
    if isinstance(message, (AssistantMessage, UserMessage)):
        view["content"] = content(message.content)
    if isinstance(message, (SystemMessage, ResultMessage)):
        view["subtype"] = message.subtype
    if isinstance(message, ResultMessage):
        view.update(is_error=message.is_error, result=message.result, errors=message.errors)
    return view


def failure(error):
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    kind = "other"
    if isinstance(error, ResultError):
        kind = "result"
    elif isinstance(error, ProcessError):
        kind = "process"
    code, stderr = getattr(error, "exit_code", None), getattr(error, "stderr", None)
    report(error={"kind": kind, "text": f"{type(error).__name__}: {error}", "exit_code": code, "stderr": stderr})


def permission(wanted):
    async def decide(name, given, context):
        report(callback="permission")
        # A handler that a case cancels is slow.
        await anyio.sleep(wanted.get("delay_ms", 0) / 1000)
        if "fail" in wanted:
            raise RuntimeError(wanted["fail"])
        if "wrong_type" in wanted:
            return {}
        if wanted["behavior"] == "deny":
            return PermissionResultDeny(message=wanted.get("message", ""), interrupt=wanted.get("interrupt", False))
        updates = [PermissionUpdate(**update) for update in wanted["updates"]] if "updates" in wanted else None
        return PermissionResultAllow(updated_input=wanted.get("input"), updated_permissions=updates)

    return decide


def hook(wanted):
    async def call(event, tool_use_id, context):
        report(callback="hook")
        if "fail" in wanted:
            raise RuntimeError(wanted["fail"])
        return wanted["output"]

    return call


@tool("echo", "d", {"t": str})
async def echo(given):
    return {"content": [{"type": "text", "text": given["t"]}]}


@tool("boom", "d", {})
async def boom(given):
    raise RuntimeError("tool broke")


def server(name):
    return create_sdk_mcp_server(name, tools=[echo, boom])


def options(ask):
    given = dict(ask["options"])
    if isinstance(given.get("mcp_servers"), dict):
        given["mcp_servers"] = {
            name: server(name) if it["type"] == "sdk" else it for name, it in given["mcp_servers"].items()
        }
    if "agents" in given:
        given["agents"] = {name: AgentDefinition(**agent) for name, agent in given["agents"].items()}
    if "hooks" in given:
        given["hooks"] = {
            event: [
                HookMatcher(
                    matcher=it.get("matcher"),
                    hooks=[hook({"output": {}})] * it["callbacks"],
                    on_failure=it.get("on_failure"),
                )
                for it in matchers
            ]
            for event, matchers in given["hooks"].items()
        }
    if "permission" in ask:
        given["can_use_tool"] = permission(ask["permission"])
    if "hook" in ask:
        given["hooks"] = {"PreToolUse": [HookMatcher(hooks=[hook(ask["hook"])])]}
    if "server" in ask:
        given["mcp_servers"] = {ask["server"]: server(ask["server"])}
    if "max_line_bytes" in ask:
        given["max_buffer_size"] = ask["max_line_bytes"]
    return ClaudeAgentOptions(**given)


def frame(prompt):
    return {"type": "user", "message": {"role": "user", "content": prompt}, "parent_tool_use_id": None}


async def converse(ask, chosen):
    """A prompt, or frames, and all that comes until the CLI ends."""
    answered = anyio.Event()

    async def frames():
        for each in ask.get("frames") or [frame(ask["prompt"])]:
            yield each
        await answered.wait()

    # A permission needs an open stdin, which only a stream of prompts has.
    streams = "frames" in ask or "permission" in ask
    async for message in query(prompt=frames() if streams else ask["prompt"], options=chosen):
        report(message=view(message))
        if isinstance(message, ResultMessage):
            answered.set()


CALLS = {
    "interrupt": lambda client, _: client.interrupt(),
    "set_model": lambda client, model: client.set_model(model),
    "rewind_files": lambda client, message: client.rewind_files(message),
    "reconnect_mcp_server": lambda client, name: client.reconnect_mcp_server(name),
    "stop_task": lambda client, task: client.stop_task(task),
}


async def call(ask, chosen):
    async with ClaudeSDKClient(chosen) as client:
        if ask["prompt"]:
            await client.query(ask["prompt"])
        await CALLS[ask["call"]["name"]](client, ask["call"]["argument"])


async def main():
    ask = json.loads(sys.stdin.readline())
    try:
        chosen = options(ask)
        chosen = replace(chosen, cli_path=ask["claude"])
        await (call if "call" in ask else converse)(ask, chosen)
    except BaseException as error:
        failure(error)
    report(done=True)


anyio.run(main)
