"""Two questions with a permission to give and a hook, and what came of them as one line of JSON.

STAND_IN is the path of the CLI, which injects a fault.
"""

import json
import os

import anyio
from claude_agent_sdk import (
    AssistantMessage,
    ClaudeAgentOptions,
    ClaudeSDKClient,
    ClaudeSDKError,
    HookMatcher,
    PermissionResultAllow,
    ResultMessage,
)


class Failed(Exception):
    """A result that says that the turn failed."""


async def permission(name, given, context):
    return PermissionResultAllow(updated_input=given)


async def hook(event, tool_use_id, context):
    return {}


async def ask(client, prompt):
    await client.query(prompt)
    result = None
    async for message in client.receive_response():
        if isinstance(message, AssistantMessage) and message.error:
            raise Failed(message.error)
        if isinstance(message, ResultMessage):
            result = message
    if result is None:
        raise EOFError("the messages ended without a result")
    if result.is_error:
        raise Failed(result.result or result.errors)
    return result.result


async def main():
    options = ClaudeAgentOptions(
        cli_path=os.environ["STAND_IN"],
        setting_sources=[],
        can_use_tool=permission,
        hooks={"PreToolUse": [HookMatcher(hooks=[hook])]},
    )
    async with ClaudeSDKClient(options) as client:
        first = await ask(client, "Hello")
        return f"{first} | {await ask(client, 'Again')}"


def inner(error):
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


try:
    print(json.dumps({"answers": anyio.run(main)}))
except BaseException as error:
    error = inner(error)
    # EOFError is this program's: the SDK said nothing.
    kind = "silent" if isinstance(error, EOFError) else "error"
    typed = isinstance(error, Failed) or isinstance(error, ClaudeSDKError) and type(error) is not ClaudeSDKError
    name = "ResultMessage" if isinstance(error, Failed) else type(error).__name__
    print(json.dumps({"kind": kind, "typed": typed, "name": name, "text": str(error)}))
