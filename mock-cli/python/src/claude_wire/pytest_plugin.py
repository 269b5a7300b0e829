"""The pytest plugin: a run for each test that asks for the fixture `claude_wire`."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import os
import re
import shlex
import shutil
from pathlib import Path
from typing import Any, Generator, Iterator

import pytest

from ._run import MODES, Run

_RUN = pytest.StashKey[Run]()
_PASSED = pytest.StashKey[bool]()
_RECORDED = pytest.StashKey["list[Path]"]()

_RECORD = "claude_wire_record"
_MODES_HELP = {
    "none": "replay (the default, unless CLAUDE_WIRE_RECORD says otherwise)",
    "once": "record the tests that have no recordings",
    "rewrite": "record again",
    "passthrough": "run the real CLI, and record nothing",
}


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("claude-wire")
    # An option for each mode, and one without. An optional value would take the next argument, such as a test file.
    names = {"--claude-wire-record": "once"} | {f"--claude-wire-record={mode}": mode for mode in MODES}
    for name, mode in names.items():
        group.addoption(name, action="store_const", const=mode, dest=_RECORD, help=_MODES_HELP[mode])
    group.addoption(
        "--claude-wire-cli",
        metavar="PATH",
        help="the real claude to record (default: $CLAUDE_WIRE_REAL_CLI, or the one that is found)",
    )
    parser.addini(
        "claude_wire_recordings",
        "the folder of the recordings, next to the test file (default: recordings)",
        default="recordings",
    )


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_RECORDED] = []


@pytest.fixture
def claude_wire(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Run]:
    """A run for this test, with the stand-in as `claude`.

    It replays the recordings in `recordings/MODULE/TEST`, next to the test file; `--claude-wire-record` makes them. After the test, what
    differed and what is left fails it.
    """
    config, item = request.config, request.node
    mode = config.getoption(_RECORD) or os.environ.get("CLAUDE_WIRE_RECORD") or "none"
    if mode not in MODES:
        raise pytest.UsageError(f"CLAUDE_WIRE_RECORD must be one of {', '.join(MODES)}, not {mode!r}")
    recordings = item.path.parent / config.getini("claude_wire_recordings") / _name(item)
    folder = tmp_path_factory.mktemp("claude-wire") / "run"
    real_cli = None if mode == "none" else _real_cli(config)
    try:
        run = Run(recordings, folder, mode=mode, real_cli=real_cli)
    except ValueError:
        raise pytest.UsageError(
            f"--claude-wire-record={mode} needs a real claude, and none is on PATH: pass --claude-wire-cli PATH"
        ) from None
    item.stash[_RUN] = run
    before = dict(os.environ)
    run.set_env(os.environ)
    try:
        with pytest.MonkeyPatch.context() as patch:
            _skip_bundled_cli(patch)
            yield run
    finally:
        _restore(before)
    # Programs that other fixtures held have ended by now, or are about to.
    _finish(item, run)


def _restore(before: dict[str, str]) -> None:
    """Undoes what the run changed in the environment."""
    changed = (name for name in {*before, *os.environ} if name == "PATH" or name.startswith("CLAUDE_WIRE_"))
    for name in changed:
        if name in before:
            os.environ[name] = before[name]
        else:
            os.environ.pop(name, None)


def _skip_bundled_cli(patch: pytest.MonkeyPatch) -> None:
    """The wheel of the Python SDK brings a `claude`, which it prefers to the one on PATH. Here it looks on PATH."""
    if importlib.util.find_spec("claude_agent_sdk") is None:
        return
    try:
        module = importlib.import_module("claude_agent_sdk._internal.transport.subprocess_cli")
        patch.setattr(module.SubprocessCLITransport, "_find_bundled_cli", lambda self: None)
    except (ImportError, AttributeError):
        # Another version of the SDK: it needs `cli_path`.
        pass


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    result = yield
    run = item.stash.get(_RUN, None)
    # What still runs may go on until the fixtures of the test are finished.
    if run and run.verified and all(launch.ended for launch in run.launches):
        _verify(item, run)
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    run = item.stash.get(_RUN, None)
    if run and report.when == "call":
        item.stash[_PASSED] = report.passed
        if report.failed and not isinstance(getattr(call.excinfo, "value", None), Unclean):
            how = run.report()
            if not how.clean:
                report.sections.append(("claude-wire report", _explained(item, run, how.text)))
    return report


class Unclean(pytest.fail.Exception):
    """The test passed, but its run did not."""


def _verify(item: pytest.Item, run: Run) -> None:
    how = run.report()
    if not how.clean:
        raise Unclean(_explained(item, run, how.text), pytrace=False)


def _explained(item: pytest.Item, run: Run, text: str) -> str:
    """A report, with what to do."""
    lines = [text]
    if run.recordings is not None and run.mode in ("none", "once"):
        again = "rewrite" if run.has_recordings else "once"
        lines.append(f"to record this test: pytest --claude-wire-record={again} {shlex.quote(item.nodeid)}")
    lines.append(f"run folder: {run.folder}")
    return "\n".join(lines)


def _finish(item: pytest.Item, run: Run) -> None:
    if not item.stash.get(_PASSED, False):
        return
    if run.verified and not run.report().clean:
        run.wait()
        _verify(item, run)
    if run.mode in ("once", "rewrite") and run.launches:
        run.wait()
        kept = run.keep()
        if not run.has_recordings:
            pytest.fail(f"nothing was recorded: {kept.text}", pytrace=False)
        item.config.stash[_RECORDED].append(run.recordings or run.folder)


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    for folder in config.stash[_RECORDED]:
        terminalreporter.write_line(
            f"claude-wire: recorded {os.path.relpath(folder)}; read it before you commit it, and see `claude-wire lint`"
        )


def _real_cli(config: pytest.Config) -> str | None:
    """The CLI to record: as named, on PATH, or the one that the Python SDK brings."""
    named = config.getoption("--claude-wire-cli") or os.environ.get("CLAUDE_WIRE_REAL_CLI")
    if found := named or shutil.which("claude"):
        return str(Path(found).absolute())
    spec = importlib.util.find_spec("claude_agent_sdk")
    for folder in (spec and spec.submodule_search_locations) or ():
        for name in ("claude", "claude.exe"):
            if (bundled := Path(folder, "_bundled", name)).is_file():
                return str(bundled)
    return None


def _name(item: pytest.Item) -> Path:
    """The folder of a test's recordings: its module, its class if it has one, its name."""
    module, *inner = item.nodeid.split("::")
    return Path(Path(module).stem, *map(_file_name, inner))


def _file_name(name: str) -> str:
    """A name as a file name; what is changed or cut off is replaced by a digest."""
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip(".-")
    if plain == name and len(name) <= 80:
        return name
    return f"{plain[:80]}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"
