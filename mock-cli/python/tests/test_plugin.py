"""The plugin: each test here runs pytest in a new folder."""

import os
import re
import sys
import textwrap

import pytest

# A program that drives the CLI, without an SDK.
PROGRAM = '''
import json
import subprocess

STREAMS = "--print --input-format stream-json --output-format stream-json --verbose".split()


class Client:
    def __init__(self, *flags):
        self.claude = subprocess.Popen(
            ["claude", *STREAMS, *flags], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )

    def write(self, line):
        self.claude.stdin.write(json.dumps(line) + "\\n")
        self.claude.stdin.flush()

    def ask(self, prompt, answer=None):
        self.write({"type": "user", "message": {"role": "user", "content": prompt}})
        for line in map(json.loads, self.claude.stdout):
            if line["type"] == "control_request":
                response = {"subtype": "success", "request_id": line["request_id"], "response": answer}
                self.write({"type": "control_response", "response": response})
            if line["type"] == "result":
                return line.get("result")

    def close(self):
        self.claude.stdin.close()
        self.claude.stdout.read()
        return self.claude.wait()


def ask(prompt, *flags):
    """One launch with text."""
    return subprocess.run(["claude", "-p", *flags, prompt], capture_output=True, text=True, stdin=subprocess.DEVNULL).stdout.strip()
'''

# A CLI for recordings, which answers text.
CLI = '#!/bin/sh\necho "$ANSWER"\n'


@pytest.fixture
def folder(pytester, monkeypatch):
    """A folder with the program, in an environment without variables of the stand-in and without a CLI."""
    for name in [name for name in os.environ if name.startswith("CLAUDE_WIRE_")] + ["CI"]:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CLAUDE_WIRE_PAUSE", "0")
    # As if the Python SDK were not installed: it would bring a real CLI.
    monkeypatch.setitem(sys.modules, "claude_agent_sdk", None)
    monkeypatch.syspath_prepend(pytester.path)
    pytester.makepyfile(program=PROGRAM)
    return pytester


@pytest.fixture
def cli(folder, monkeypatch):
    """The path of a CLI that can be recorded, and that answers `one`."""
    path = folder.path / "cli"
    path.write_text(CLI)
    path.chmod(0o755)
    monkeypatch.setenv("ANSWER", "one")
    return path


def run(folder, test, *arguments):
    folder.makepyfile(test_program="from program import *\n" + textwrap.dedent(test))
    return folder.runpytest_inprocess("-p", "no:cacheprovider", *arguments)


def text(result):
    return "\n".join([*result.outlines, *result.errlines])


def test_scenario_answers_and_run_shows_what_was_written(folder):
    result = run(
        folder,
        """
        def test_it(claude_wire):
            claude_wire.scenario([
                {"prompt": "Tidy up", "reply": [
                    {"ask_permission": {"name": "Bash", "input": {"command": "rm a"}}}, {"text": "As you wish."}]},
                {"prompt": "Again", "reply": "Done."}])
            client = Client("--permission-prompt-tool", "stdio")
            assert client.ask("Tidy up", {"behavior": "deny", "message": "keep it"}) == "As you wish."
            assert client.close() == 0
            assert ask("Again", "--model", "opus") == "Done."
            assert claude_wire.prompts == ["Tidy up", "Again"]
            [decision] = claude_wire.decisions
            assert (decision.tool, decision.input) == ("Bash", {"command": "rm a"})
            assert (decision.behavior, decision.message) == ("deny", "keep it")
            first, second = claude_wire.launches
            assert first.argv[:3] == ["--print", "--input-format", "stream-json"]
            assert second.argv == ["-p", "--model", "opus", "Again"]
            assert (second.prompts, second.exit_code, second.ended) == (["Again"], 0, True)
            assert second.received == ["Done."]
            assert claude_wire.report().clean
        """,
    )
    assert result.parseoutcomes() == {"passed": 1}, text(result)


@pytest.mark.parametrize("prompts, shown", [
    (["Hallo"], ["expected: prompt \"Hello\"", "arrived: prompt \"Hallo\""]),
    (["Hello"], ["left: prompt \"Bye\""]),
    (["Hello", "Bye", "More"], ["arrived: prompt \"More\""]),
    ([], ["the stand-in was not launched", "claude_wire.cli_path"]),
])
def test_difference_and_rest_fail_the_test(folder, prompts, shown):
    """Also where the program ignores it."""
    result = run(
        folder,
        f"""
        def test_it(claude_wire):
            claude_wire.scenario([{{"prompt": "Hello", "reply": "Hi."}}, {{"prompt": "Bye", "reply": "Bye."}}])
            for prompt in {prompts!r}:
                ask(prompt)
        """,
    )
    assert result.parseoutcomes() == {"failed": 1}, text(result)
    for part in [*shown, "run folder: "]:
        assert part in text(result)


def test_report_is_next_to_the_failure_of_the_test(folder):
    result = run(
        folder,
        """
        def test_it(claude_wire):
            claude_wire.scenario([{"prompt": "Hello", "reply": "Hi."}])
            assert ask("Hallo") == "Hi."
        """,
    )
    assert result.parseoutcomes() == {"failed": 1}
    result.stdout.fnmatch_lines(["*assert ask(*", "*claude-wire report*", "*expected: prompt \"Hello\"*"])


def test_unverified_run_may_differ(folder):
    result = run(
        folder,
        """
        def test_it(claude_wire):
            claude_wire.unverified()
            claude_wire.scenario([{"prompt": "Hello", "reply": "Hi."}])
            ask("Hallo")
            assert not claude_wire.report().clean
        """,
    )
    assert result.parseoutcomes() == {"passed": 1}, text(result)


def test_launch_that_another_fixture_ends_is_checked_after_it(folder):
    test = """
        import pytest

        @pytest.fixture
        def client(claude_wire):
            claude_wire.scenario([{"prompt": "Hello", "reply": "Hi."}, {"prompt": "Bye", "reply": "Bye."}])
            client = Client()
            yield client
            LAST
            client.close()

        def test_it(client):
            assert client.ask("Hello") == "Hi."
        """
    result = run(folder, test.replace("LAST", 'client.ask("Bye")'))
    assert result.parseoutcomes() == {"passed": 1}, text(result)
    result = run(folder, test.replace("LAST", "pass"))
    assert result.parseoutcomes() == {"passed": 1, "errors": 1}, text(result)
    assert 'left: prompt "Bye"' in text(result)


def test_test_is_recorded_once_and_replayed(folder, cli, monkeypatch):
    test = """
        import os, pytest

        @pytest.mark.parametrize("name", ["a", "b/c"])
        def test_it(claude_wire, name):
            assert ask("I am " + name) == "one"
            assert claude_wire.prompts == ["I am " + name]
        """
    missing = run(folder, test)
    assert missing.parseoutcomes() == {"failed": 2}, text(missing)
    assert "pytest --claude-wire-record=once" in text(missing)

    record = [f"--claude-wire-cli={cli}", "--claude-wire-record=once"]
    recorded = run(folder, test, *record)
    assert recorded.parseoutcomes() == {"passed": 2}, text(recorded)
    recordings = folder.path / "recordings" / "test_program"
    names = sorted(path.relative_to(recordings).as_posix() for path in recordings.rglob("*.jsonl"))
    assert [re.sub("-[0-9a-f]{8}", "-DIGEST", name) for name in names] == [
        "test_it-a-DIGEST/001.jsonl",
        "test_it-b-c-DIGEST/001.jsonl",
    ]
    assert "claude-wire: recorded recordings" in text(recorded)

    cli.unlink()
    for arguments in ([], record):
        replayed = run(folder, test, *arguments)
        assert replayed.parseoutcomes() == {"passed": 2}, text(replayed)
    changed = run(folder, test.replace("I am", "You are"))
    assert changed.parseoutcomes() == {"failed": 2}, text(changed)
    for part in ["I am a", "You are a", "pytest --claude-wire-record=rewrite"]:
        assert part in text(changed)


@pytest.mark.parametrize("position", ["first", "before the file", "before an option", "last", "of the ini file"])
def test_without_a_mode_it_is_once_wherever_it_is(folder, cli, position):
    test = "def test_it(claude_wire):\n    assert ask('Who?') == 'one'\n"
    where = f"--claude-wire-cli={cli}"
    arguments = {
        "first": ["--claude-wire-record", where, "test_program.py"],
        "before the file": [where, "--claude-wire-record", "test_program.py::test_it", "-v"],
        "before an option": [where, "test_program.py", "--claude-wire-record", "-v"],
        "last": [where, "test_program.py", "--claude-wire-record"],
        "of the ini file": [where, "test_program.py"],
    }[position]
    if position == "of the ini file":
        folder.makeini("[pytest]\naddopts = --claude-wire-record")
    recorded = run(folder, test, *arguments)
    assert recorded.parseoutcomes() == {"passed": 1}, text(recorded)
    assert "claude-wire: recorded recordings/test_program/test_it" in text(recorded)
    # With recordings it replays them: no CLI is needed.
    cli.unlink()
    assert run(folder, test, *arguments).parseoutcomes() == {"passed": 1}


def test_the_last_mode_counts_and_an_unknown_one_is_refused(folder, cli):
    test = "def test_it(claude_wire):\n    assert claude_wire.mode == 'rewrite'\n"
    where = f"--claude-wire-cli={cli}"
    result = run(folder, test, where, "--claude-wire-record", "--claude-wire-record=rewrite", "test_program.py")
    assert "recorded" not in text(result)
    assert result.parseoutcomes() == {"passed": 1}, text(result)
    for argument in ["--claude-wire-record=twice", "--claude-wire-record="]:
        result = run(folder, test, where, argument)
        assert result.ret == pytest.ExitCode.USAGE_ERROR
        assert "argument --claude-wire-record: ignored explicit argument" in result.stderr.str()


def test_recording_again_replaces_only_what_passes(folder, cli, monkeypatch):
    test = """
        import os

        def test_it(claude_wire):
            assert ask("Who?") == os.environ["EXPECTED"]
        """
    record = [f"--claude-wire-cli={cli}", "--claude-wire-record=rewrite"]
    monkeypatch.setenv("EXPECTED", "one")
    assert run(folder, test, *record).parseoutcomes() == {"passed": 1}
    monkeypatch.setenv("ANSWER", "two")
    assert run(folder, test, *record).parseoutcomes() == {"failed": 1}
    assert run(folder, test).parseoutcomes() == {"passed": 1}, "the old recording is still there"
    monkeypatch.setenv("EXPECTED", "two")
    assert run(folder, test, *record).parseoutcomes() == {"passed": 1}
    assert run(folder, test).parseoutcomes() == {"passed": 1}


def test_recordings_that_cannot_be_kept_are_an_error(folder, cli):
    result = run(
        folder,
        """
        def test_it(claude_wire):
            assert ask("Who?") == "one"
            claude_wire.recordings.parent.mkdir(parents=True)
            claude_wire.recordings.write_text("a file in the place of the folder")
        """,
        f"--claude-wire-cli={cli}",
        "--claude-wire-record=once",
    )
    assert result.parseoutcomes() == {"passed": 1, "errors": 1}, text(result)
    assert "RuntimeError: " in text(result) and "recordings/test_program/test_it" in text(result)


def test_passthrough_runs_the_real_cli_and_records_nothing(folder, cli):
    result = run(
        folder,
        """
        def test_it(claude_wire):
            assert ask("Who?") == "one"
            assert claude_wire.prompts == ["Who?"]
        """,
        f"--claude-wire-cli={cli}",
        "--claude-wire-record=passthrough",
    )
    assert result.parseoutcomes() == {"passed": 1}, text(result)
    assert not (folder.path / "recordings").exists()


def test_recording_is_refused_where_ci_is_set(folder, cli, monkeypatch):
    monkeypatch.setenv("CI", "true")
    test = "def test_it(claude_wire):\n    ask('Who?')\n"
    result = run(folder, test, f"--claude-wire-cli={cli}", "--claude-wire-record=once")
    assert result.parseoutcomes() == {"failed": 1}, text(result)
    assert "refused, because CI is set" in text(result)


def test_recording_needs_a_cli(folder, monkeypatch):
    monkeypatch.setenv("PATH", str(folder.path))
    test = "def test_it(claude_wire):\n    ask('Who?')\n"
    result = run(folder, test, "--claude-wire-record=once")
    assert result.parseoutcomes() == {"errors": 1}, text(result)
    assert "needs a real claude, and none is on PATH: pass --claude-wire-cli PATH" in text(result)


def test_environment_is_as_before_after_the_test(folder, monkeypatch):
    monkeypatch.setenv("CLAUDE_WIRE_REPLAY", "elsewhere.jsonl")
    result = run(
        folder,
        """
        import os

        def seen():
            return {name: value for name, value in os.environ.items() if name == "PATH" or name.startswith("CLAUDE_WIRE")}

        BEFORE = seen()

        def test_one(claude_wire):
            claude_wire.scenario([{"reply": "Hi."}])
            assert "CLAUDE_WIRE_REPLAY" not in os.environ
            assert ask("Hello") == "Hi."

        def test_two():
            assert seen() == BEFORE
            assert os.environ["CLAUDE_WIRE_REPLAY"] == "elsewhere.jsonl"
        """,
    )
    assert result.parseoutcomes() == {"passed": 2}, text(result)


def test_what_is_played_is_said_before_the_first_launch(folder):
    result = run(
        folder,
        """
        import pytest

        def test_it(claude_wire):
            claude_wire.scenario([{"reply": "Hi."}])
            ask("Hello")
            with pytest.raises(RuntimeError, match="before your program starts"):
                claude_wire.scenario([])

        def test_missing(claude_wire, tmp_path):
            for play in (claude_wire.replay, claude_wire.scenario):
                with pytest.raises(FileNotFoundError, match="nowhere.jsonl"):
                    play(tmp_path / "nowhere.jsonl")
        """,
    )
    assert result.parseoutcomes() == {"passed": 2}, text(result)
