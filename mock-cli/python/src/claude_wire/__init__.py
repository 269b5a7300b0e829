"""Tests of programs that drive the Claude Code CLI (`claude`), without a key, a network or a `claude`.

The pytest plugin gives each test that asks for the fixture `claude_wire` a `Run`. The README of this package shows how.
"""

from ._journal import Decision, Launch
from ._programs import mock_claude, tool
from ._run import Report, Run

__all__ = ["Decision", "Launch", "Report", "Run", "mock_claude", "tool"]
