"""The official Python SDK. Arguments and output are those of the Rust clients (`meter`)."""

import asyncio
import json
import sys
import time

from claude_agent_sdk import (
    AssistantMessage,
    ClaudeAgentOptions,
    ClaudeSDKClient,
    HookMatcher,
    PermissionResultAllow,
    ResultMessage,
    StreamEvent,
    TextBlock,
)

WORK, READ, _, CLI, COUNT = sys.argv[1:]
COUNT = int(COUNT)

# The permissions that were given, and the hooks that were answered.
answered = 0


async def allow(_name, _input, _context):
    global answered
    answered += 1
    return PermissionResultAllow()


async def hook(_input, _id, _context):
    global answered
    answered += 1
    return {}


def options():
    # With one of these options its handshake differs, so only the round trips have them.
    asks = (
        {"can_use_tool": allow, "hooks": {"PreToolUse": [HookMatcher(matcher="Bash", hooks=[hook])]}}
        if WORK == "ask"
        else {}
    )
    return ClaudeAgentOptions(
        cli_path=CLI,
        include_partial_messages=True,
        max_buffer_size=128 << 20,
        setting_sources=[],
        **asks,
    )


def status(name):
    with open("/proc/self/status") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith(name))


class Window:
    def __init__(self):
        with open("/proc/self/clear_refs", "w") as peak:
            peak.write("5")
        self.resident = status("VmRSS:")
        self.cpu = time.process_time()

    def closed(self, messages, text):
        cpu = (time.process_time() - self.cpu) * 1e6
        grown = max(0, status("VmHWM:") - self.resident)
        return {"cpu": cpu, "grown": grown, "messages": messages, "bytes": text}


def spread(values):
    values.sort()

    def at(part):
        return values[int((len(values) - 1) * part)]

    return {"messages": len(values), "median": at(0.5), "p99": at(0.99)}


async def turn(client, prompt, see):
    await client.query(prompt)
    has_result = False
    async for message in client.receive_response():
        if isinstance(message, StreamEvent):
            see(message.event["delta"]["text"])
        elif isinstance(message, AssistantMessage) and isinstance(message.content[0], TextBlock):
            see(message.content[0].text)
        elif isinstance(message, ResultMessage):
            has_result = True
        else:
            see("")
    if not has_result:
        sys.exit("no result")


async def warm():
    client = ClaudeSDKClient(options())
    await client.connect()
    seen = []
    await turn(client, "warm up", seen.append)
    if not seen:
        sys.exit("no message came")
    return client


async def stream():
    client = await warm()
    before = answered
    window, messages, text = None, 0, 0

    def see(piece):
        nonlocal window, messages, text
        if window is None:
            window = Window()
        else:
            messages += 1
            text += len(piece)

    await turn(client, "go", see)
    report = window.closed(answered - before if WORK == "ask" else messages, text)
    await client.disconnect()
    return report


async def stamps():
    client = await warm()
    delays = []

    def see(text):
        if text:
            delays.append((time.monotonic_ns() - int(text)) / 1e3)

    await turn(client, "go", see)
    await client.disconnect()
    return spread(delays)


async def interrupt():
    client = await warm()
    window = Window()
    await client.query("go")
    confirmed = 0
    for _ in range(COUNT):
        await client.interrupt()
        confirmed += 1
    async for _ in client.receive_response():
        pass
    report = window.closed(confirmed, 0)
    await client.disconnect()
    return report


async def first():
    times = []
    for _ in range(COUNT):
        started, seen = time.perf_counter(), []
        client = ClaudeSDKClient(options())
        await client.connect()
        await turn(client, "go", lambda _: seen.append(time.perf_counter()))
        await client.disconnect()
        times.append((seen[0] - started) * 1e3)
    return spread(times)


async def idle():
    await (await warm()).disconnect()
    before = status("VmRSS:")
    clients = [await warm() for _ in range(COUNT)]
    grown = max(0, status("VmRSS:") - before)
    messages = 0
    for client in clients:
        seen = []
        await turn(client, "go", seen.append)
        messages += bool(seen)
        await client.disconnect()
    return {"messages": messages, "median": grown / messages}


WORKS = {
    "stream": stream,
    "ask": stream,
    "stamps": stamps,
    "interrupt": interrupt,
    "first": first,
    "idle": idle,
}
print(json.dumps(asyncio.run(WORKS[WORK]())))
