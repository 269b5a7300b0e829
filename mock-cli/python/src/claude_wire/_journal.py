"""What the launches of a run did, read from the journal of `mock-claude`."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass
class Decision:
    """The answer of your program to a permission question of the CLI."""

    tool: str
    """The name of the tool."""
    input: dict[str, Any]
    """The input of the tool, as the CLI asked."""
    behavior: str
    """`allow` or `deny`; `error` if your program answered with an error."""
    message: str | None = None
    """Why: of `deny` and `error`."""
    updated_input: dict[str, Any] | None = None
    """The input with which the tool may run; of `allow`."""


@dataclass
class Launch:
    """One launch of the CLI."""

    argv: list[str]
    """The arguments, without the program."""
    cwd: str | None = None
    """The working directory."""
    env: dict[str, str] = field(default_factory=dict)
    """The variables that begin with `CLAUDE` or `ANTHROPIC`. The values of secrets are `<set>`."""
    prompts: list[str] = field(default_factory=list)
    """The texts of the prompts: on the command line, on stdin, or as `user` lines."""
    decisions: list[Decision] = field(default_factory=list)
    """The answers to permission questions, in the order of the answers."""
    sent: list[Any] = field(default_factory=list)
    """What your program wrote, line by line: decoded, if a line is JSON."""
    received: list[Any] = field(default_factory=list)
    """What it got on stdout, line by line: decoded, if a line is JSON."""
    stderr: list[str] = field(default_factory=list)
    """What it got on stderr, line by line."""
    exit_code: int | None = None
    """The exit code; None if a signal ended it, and as long as it runs."""
    signal: str | None = None
    """The signal that ended it, such as `SIGTERM`."""
    ended: bool = False
    """Whether it ended by itself. A launch that was killed with SIGKILL stays False."""
    _was_played: bool = False

    @property
    def failure(self) -> str | None:
        """Why the stand-in had nothing to play, if it had not."""
        if self.exit_code == 78 and not self._was_played:
            return "\n".join(self.stderr)
        return None


def read(path: Path) -> list[Launch]:
    """The launches of a journal, in the order of their starts."""
    try:
        entries = path.read_bytes().split(b"\n")
    except FileNotFoundError:
        return []
    readers: list[_Reader] = []
    by_pid: dict[int, _Reader] = {}
    # What follows the last line break is still being written.
    for entry in map(json.loads, filter(None, entries[:-1])):
        if start := entry.get("start"):
            # The system may give the id of an earlier launch again.
            reader = by_pid[entry["pid"]] = _Reader(start)
            readers.append(reader)
        elif reader := by_pid.get(entry["pid"]):
            reader.take(entry)
    return [reader.finish() for reader in readers]


class _Reader:
    """Reads the entries of one launch."""

    def __init__(self, start: dict[str, Any]) -> None:
        self.launch = Launch(argv=start["argv"], cwd=start["cwd"], env=start["env"])
        # The questions without an answer so far, by the id of the request.
        self.questions: dict[str, dict[str, Any]] = {}
        self.text: list[str] = []
        self.reads_text = not _reads_lines(start["argv"])
        if prompt := start.get("prompt"):
            self.launch.prompts.append(prompt)

    def take(self, entry: dict[str, Any]) -> None:
        launch = self.launch
        if "in" in entry:
            line = _line(entry, "in")
            launch.sent.append(line)
            if self.reads_text:
                self.text.append(line if isinstance(line, str) else json.dumps(line))
            elif isinstance(line, dict):
                self._sent(line)
        elif "out" in entry:
            line = _line(entry, "out")
            launch.received.append(line)
            if isinstance(line, dict):
                self._received(line)
        elif "err" in entry:
            launch.stderr.append(str(_line(entry, "err")))
        elif "report" in entry:
            launch._was_played = True
        elif exit := entry.get("exit"):
            launch.ended = True
            launch.exit_code, launch.signal = exit.get("code"), exit.get("signal")

    def finish(self) -> Launch:
        # Text on stdin is one prompt, without line breaks at its end.
        if text := "\n".join(self.text).rstrip("\n"):
            self.launch.prompts.append(text)
        return self.launch

    def _received(self, line: dict[str, Any]) -> None:
        request = line.get("request")
        if isinstance(request, dict) and request.get("subtype") == "can_use_tool":
            self.questions[line.get("request_id", "")] = request

    def _sent(self, line: dict[str, Any]) -> None:
        if line.get("type") == "user":
            if (text := _text(line)) is not None:
                self.launch.prompts.append(text)
        elif line.get("type") == "control_response":
            response = line.get("response") or {}
            if question := self.questions.pop(response.get("request_id", ""), None):
                self.launch.decisions.append(_decision(question, response))


def _reads_lines(argv: list[str]) -> bool:
    pairs = zip(argv, [*argv[1:], ""])
    return "--input-format=stream-json" in argv or ("--input-format", "stream-json") in pairs


def _decision(question: dict[str, Any], response: dict[str, Any]) -> Decision:
    tool, asked = question.get("tool_name", ""), question.get("input", {})
    if response.get("subtype") == "error":
        return Decision(tool, asked, "error", response.get("error"))
    answer = response.get("response") or {}
    behavior = answer.get("behavior", "")
    return Decision(tool, asked, behavior, answer.get("message"), answer.get("updatedInput"))


def _line(entry: dict[str, Any], stream: str) -> Any:
    if entry.get("as") == "base64":
        return base64.b64decode(entry[stream]).decode(errors="replace")
    return entry[stream]


def _text(line: dict[str, Any]) -> str | None:
    """The text of a prompt; None if it is not a prompt, such as the result of a tool."""
    content = (line.get("message") or {}).get("content")
    if isinstance(content, str):
        return content
    blocks = [block for block in content or [] if isinstance(block, dict)]
    if any(block.get("type") == "tool_result" for block in blocks):
        return None
    return "".join(block.get("text", "") for block in blocks if block.get("type") == "text")
