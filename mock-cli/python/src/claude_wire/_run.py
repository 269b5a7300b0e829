"""A run: what the launches of one test share."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Mapping, Sequence

from . import _journal
from ._journal import Decision, Launch
from ._programs import mock_claude, tool

MODES = ("none", "once", "rewrite", "passthrough")

# Seconds for launches to end, after the test is over.
GRACE = 3.0

# Seconds that a stand-in waits for input, unless the environment says otherwise.
IDLE_TIMEOUT = "60"

# What a program would play, if the environment of the test run had one of these.
_SOURCES = (
    "CLAUDE_WIRE_REPLAY",
    "CLAUDE_WIRE_SCENARIO",
    "CLAUDE_WIRE_RECORD_TO",
    "CLAUDE_WIRE_RECORD",
    "CLAUDE_WIRE_REAL_CLI",
    "CLAUDE_WIRE_RUN",
    "CLAUDE_WIRE_JOURNAL",
)


@dataclass(frozen=True)
class Report:
    """How a run went."""

    text: str
    """The report, for people."""
    clean: bool
    """Whether nothing differed and nothing is left."""


class Run:
    """What the launches of one test share: what they play, and what they did.

    The fixture `claude_wire` makes one for each test and sets its variables. Without pytest, make one yourself, give `env` to your program, and
    look at `report()` at the end.
    """

    def __init__(
        self,
        recordings: str | os.PathLike[str],
        folder: str | os.PathLike[str],
        *,
        mode: str = "none",
        real_cli: str | os.PathLike[str] | None = None,
    ) -> None:
        """A run that plays or makes a folder of recordings.

        Args:
            recordings: The folder of recordings, or one recording (`.jsonl`).
            folder: The run folder. It is created, and must be new.
            mode: `none` replays, `once` records if there are no recordings, `rewrite` records again, `passthrough` runs the real CLI.
            real_cli: The path of the real `claude`. Every mode but `none` needs it.

        Raises:
            FileNotFoundError: If the programs of this package are not installed.
            FileExistsError: If the run folder exists.
            ValueError: If the mode is unknown, or needs a real CLI.
        """
        if mode not in MODES:
            raise ValueError(f"the mode must be one of {', '.join(MODES)}, not {mode!r}")
        self._plays = Path(recordings).absolute()
        self._is_scenario = False
        if mode == "once" and self.has_recordings:
            # Nothing is recorded, so no real CLI is needed.
            mode = "none"
        if mode != "none" and not real_cli:
            raise ValueError(f"the mode {mode} needs the path of a real claude")
        self.mode = mode
        """How the run plays: one of the modes above. `once` is `none` if there are recordings."""
        self.folder = Path(folder).absolute()
        """The run folder. `claude-wire why FOLDER` explains what differed."""
        self.verified = True
        """Whether the fixture checks the run at the end of the test."""
        self.folder.mkdir(parents=True, mode=0o700)
        self._journal = self.folder / "journal.jsonl"
        self._real_cli = None if real_cli is None else os.fspath(real_cli)
        self.cli_path = str(self._install())
        """The path of the stand-in, for the option of your SDK that names the CLI. Its folder is also the first of `PATH`."""

    def _install(self) -> Path:
        """Puts `claude` into a folder for PATH."""
        programs = self.folder / "bin"
        programs.mkdir()
        if sys.platform == "win32":
            claude = programs / "claude.exe"
            shutil.copy(mock_claude(), claude)
        else:
            claude = programs / "claude"
            claude.symlink_to(mock_claude())
        return claude

    @property
    def recordings(self) -> Path | None:
        """The recordings that are played or made; None for a scenario."""
        return None if self._is_scenario else self._plays

    @property
    def has_recordings(self) -> bool:
        """Whether there are recordings."""
        if self._is_scenario:
            return False
        if self._plays.suffix == ".jsonl":
            return self._plays.is_file()
        files = self._plays.glob("*.jsonl") if self._plays.is_dir() else ()
        return any(not file.name.startswith(".") for file in files)

    @property
    def env(self) -> dict[str, str]:
        """The variables that make a program find the stand-in, and the stand-in this run. The fixture sets them in `os.environ`, where child
        processes inherit them."""
        path = os.environ.get("PATH", "")
        programs = os.path.dirname(self.cli_path)
        if path.split(os.pathsep)[0] != programs:
            path = programs + os.pathsep + path
        env = {
            "PATH": path,
            "CLAUDE_WIRE_MOCK_CLAUDE": self.cli_path,
            "CLAUDE_WIRE_RUN": str(self.folder),
            "CLAUDE_WIRE_JOURNAL": str(self._journal),
            "CLAUDE_WIRE_IDLE_TIMEOUT": os.environ.get("CLAUDE_WIRE_IDLE_TIMEOUT") or IDLE_TIMEOUT,
        }
        if self._is_scenario:
            return env | {"CLAUDE_WIRE_SCENARIO": str(self._plays)}
        env["CLAUDE_WIRE_REPLAY"] = str(self._plays)
        if self.mode != "none":
            env |= {"CLAUDE_WIRE_RECORD": self.mode, "CLAUDE_WIRE_REAL_CLI": self._real_cli or ""}
        return env

    def set_env(self, environ: dict[str, str] | os._Environ[str]) -> None:
        """Sets the variables of this run, and removes those of another source."""
        for name in _SOURCES:
            environ.pop(name, None)
        environ.update(self.env)

    def replay(self, recordings: str | os.PathLike[str]) -> None:
        """Plays other recordings than those of the test: a folder, or one file. They are never recorded.

        Raises:
            FileNotFoundError: If they do not exist.
            RuntimeError: If a launch has begun.
        """
        path = Path(recordings).absolute()
        if not path.exists():
            raise FileNotFoundError(f"{path}: no such recording, nor a folder of recordings")
        self._play(path, is_scenario=False)

    def scenario(
        self, scenario: str | os.PathLike[str] | Mapping[str, Any] | Sequence[Mapping[str, Any]]
    ) -> None:
        """Plays a scenario: a list of turns, a whole scenario, or the path of its file. It is never recorded.

        Raises:
            FileNotFoundError: If the file does not exist.
            RuntimeError: If a launch has begun.
        """
        if isinstance(scenario, (str, os.PathLike)):
            path = Path(scenario).absolute()
            if not path.is_file():
                raise FileNotFoundError(f"{path}: no such scenario")
        else:
            content = dict(scenario) if isinstance(scenario, Mapping) else {"turns": list(scenario)}
            path = self.folder / "scenario.json"
            path.write_text(json.dumps({"claude-wire": "scenario", "version": 2, **content}))
        self._play(path, is_scenario=True)

    def _play(self, path: Path, *, is_scenario: bool) -> None:
        if self.launches:
            raise RuntimeError("a launch has begun: say what is played before your program starts the CLI")
        in_force = os.environ.get("CLAUDE_WIRE_RUN") == str(self.folder)
        self._plays, self._is_scenario, self.mode = path, is_scenario, "none"
        if in_force:
            self.set_env(os.environ)

    def unverified(self) -> None:
        """The test does not fail if a launch differs, or if something that was recorded is left."""
        self.verified = False

    @property
    def launches(self) -> list[Launch]:
        """The launches so far, in the order of their starts."""
        return _journal.read(self._journal)

    @property
    def prompts(self) -> list[str]:
        """The prompts of all launches."""
        return [prompt for launch in self.launches for prompt in launch.prompts]

    @property
    def decisions(self) -> list[Decision]:
        """The answers to the permission questions of all launches."""
        return [decision for launch in self.launches for decision in launch.decisions]

    def wait(self, seconds: float = GRACE) -> bool:
        """Waits for all launches to end, this long at most; returns whether they have."""
        end = time.monotonic() + seconds
        while not all(launch.ended for launch in self.launches):
            if time.monotonic() >= end:
                return False
            # They are processes of the program, so only the journal says that they have ended.
            time.sleep(0.01)
        return True

    def report(self) -> Report:
        """How the run went so far, as `claude-wire report` says it.

        Raises:
            RuntimeError: If the run folder cannot be read.
        """
        launches = self.launches
        failures = [launch.failure for launch in launches if launch.failure]
        if failures:
            return Report("\n".join(failures), False)
        if not launches:
            return self._not_launched()
        if self.mode == "passthrough":
            return Report("the real CLI ran; nothing was compared", True)
        return self._tool()

    def _not_launched(self) -> Report:
        if not self._is_scenario and not self.has_recordings:
            return Report("no launch, and no recordings", True)
        return Report(
            f"nothing of {self._plays} was played, because the stand-in was not launched: give your program "
            "`claude_wire.cli_path` as its CLI, or let it look up `claude` on PATH",
            False,
        )

    def keep(self) -> Report:
        """Moves the recordings that the run made to their folder. The fixture does so when the test has passed.

        Raises:
            RuntimeError: If they cannot be moved.
        """
        return self._tool("--keep")

    def _tool(self, *arguments: str) -> Report:
        command = [tool(), "report", *arguments, self.folder]
        done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8")
        text = (done.stdout + done.stderr).strip()
        if done.returncode not in (0, 1):
            raise RuntimeError(text)
        return Report(text, done.returncode == 0)

    def __repr__(self) -> str:
        return f"Run({str(self._plays)!r}, mode={self.mode!r}, folder={str(self.folder)!r})"
