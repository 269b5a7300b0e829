"""The journal, line by line."""

import json

from claude_wire._journal import read

STREAMS = ["-p", "--input-format", "stream-json"]


def start(argv, **more):
    return {"start": {"argv": argv, "cwd": "/w", "env": {}, **more}}


def journal(tmp_path, entries, tail=""):
    path = tmp_path / "journal.jsonl"
    path.write_text("".join(json.dumps({"us": 0, "pid": 7, **entry}) + "\n" for entry in entries) + tail)
    return read(path)


def user(content):
    return {"in": {"type": "user", "message": {"role": "user", "content": content}}}


def test_missing_and_unfinished_journal(tmp_path):
    assert read(tmp_path / "none.jsonl") == []
    [launch] = journal(tmp_path, [start(STREAMS)], tail='{"pid":7,"us":0,"in":{"ty')
    assert (launch.ended, launch.exit_code, launch.signal, launch.failure) == (False, None, None, None)


def test_prompts_are_texts_of_user_lines(tmp_path):
    blocks = [{"type": "text", "text": "Look "}, {"type": "image", "source": {}}, {"type": "text", "text": "here"}]
    [launch] = journal(
        tmp_path,
        [
            start(["-p", "--input-format=stream-json"]),
            user("One"),
            user(blocks),
            user([{"type": "tool_result", "tool_use_id": "t", "content": "ok"}]),
            {"in": {"type": "user", "message": None}},
            {"in": {"type": "control_request", "request_id": "r", "request": {"subtype": "initialize"}}},
            {"in": "no JSON", "as": "text"},
            {"in": [1], "eol": ""},
        ],
    )
    assert launch.prompts == ["One", "Look here", ""]
    assert launch.sent[-2:] == ["no JSON", [1]]


def test_text_on_stdin_is_one_prompt(tmp_path):
    lines = [{"in": "first", "as": "text"}, {"in": {"a": 1}}, {"in": "last", "as": "text"}, {"in": "", "as": "text"}]
    [launch] = journal(tmp_path, [start(["-p"]), *lines, {"eof": "in"}])
    assert launch.prompts == ['first\n{"a": 1}\nlast']
    # One among the arguments comes first.
    [launch] = journal(tmp_path, [start(["-p", "Sum up"], prompt="Sum up"), lines[0]])
    assert launch.prompts == ["Sum up", "first"]


def test_decisions_are_paired_with_their_questions(tmp_path):
    def question(number, tool):
        request = {"subtype": "can_use_tool", "tool_name": tool, "input": {"n": number}}
        return {"out": {"type": "control_request", "request_id": f"q{number}", "request": request}}

    def answer(number, **response):
        return {"in": {"type": "control_response", "response": {"request_id": f"q{number}", **response}}}

    [launch] = journal(
        tmp_path,
        [
            start(STREAMS),
            question(1, "Bash"),
            question(2, "Write"),
            question(3, "Read"),
            {"out": {"type": "control_request", "request_id": "h", "request": {"subtype": "hook_callback"}}},
            answer(2, subtype="success", response={"behavior": "allow", "updatedInput": {"n": 9}}),
            {"in": {"type": "control_response", "response": {"request_id": "h", "subtype": "success", "response": {}}}},
            answer(1, subtype="success", response={"behavior": "deny", "message": "no"}),
            answer(3, subtype="error", error="it broke"),
            answer(3, subtype="success", response={"behavior": "allow"}),
        ],
    )
    seen = [(d.tool, d.input["n"], d.behavior, d.message, d.updated_input) for d in launch.decisions]
    assert seen == [
        ("Write", 2, "allow", None, {"n": 9}),
        ("Bash", 1, "deny", "no", None),
        ("Read", 3, "error", "it broke", None),
    ]


def test_launches_with_one_process_id_and_mixed_lines(tmp_path):
    first, second, third = journal(
        tmp_path,
        [
            start(STREAMS),
            user("One"),
            {"pid": 8, **start(STREAMS)},
            {"exit": {"code": 0}},
            {"pid": 8, **user("Two")},
            start(["-p", "Three"], prompt="Three"),
            {"err": "//4=", "as": "base64"},
            {"report": {"played": 1}},
            {"exit": {"code": 78}},
            {"pid": 8, "exit": {"signal": "SIGTERM"}},
            {"pid": 9, "out": "of a launch that began elsewhere"},
        ],
    )
    assert [launch.prompts for launch in (first, second, third)] == [["One"], ["Two"], ["Three"]]
    assert (first.exit_code, second.exit_code, second.signal) == (0, None, "SIGTERM")
    assert third.stderr == ["\ufffd\ufffd"]
    # It played a scenario that exits so.
    assert (third.exit_code, third.failure) == (78, None)


def test_stand_in_without_something_to_play(tmp_path):
    [launch] = journal(tmp_path, [start(STREAMS), {"err": "mock-claude: nothing"}, {"exit": {"code": 78}}])
    assert launch.failure == "mock-claude: nothing"
