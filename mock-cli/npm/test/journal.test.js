// The journal, line by line.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";

// It is not a part of what the package exports.
const packaged = dirname(createRequire(import.meta.url).resolve("claude-wire/package.json"));
const { read } = await import(pathToFileURL(join(packaged, "src/journal.js")).href);

const STREAMS = ["-p", "--input-format", "stream-json"];

let folder;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "claude-wire-test-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const start = (argv, more = {}) => ({ start: { argv, cwd: "/w", env: {}, ...more } });
const user = (content) => ({ in: { type: "user", message: { role: "user", content } } });

function journal(entries, tail = "") {
  const path = join(folder, "journal.jsonl");
  writeFileSync(path, entries.map((entry) => JSON.stringify({ pid: 7, us: 0, ...entry }) + "\n").join("") + tail);
  return read(path);
}

test("a journal is missing, or not finished", () => {
  expect(read(join(folder, "none.jsonl"))).toEqual([]);
  const [launch] = journal([start(STREAMS)], '{"pid":7,"us":0,"in":{"ty');
  expect(launch).toMatchObject({ ended: false, exitCode: null, signal: null, failure: null });
});

test("prompts are the texts of user lines", () => {
  const blocks = [{ type: "text", text: "Look " }, { type: "image", source: {} }, { type: "text", text: "here" }];
  const [launch] = journal([
    start(["-p", "--input-format=stream-json"]),
    user("One"),
    user(blocks),
    user([{ type: "tool_result", tool_use_id: "t", content: "ok" }]),
    { in: { type: "user", message: null } },
    { in: { type: "control_request", request_id: "r", request: { subtype: "initialize" } } },
    { in: "no JSON", as: "text" },
    { in: [1], eol: "" },
  ]);
  expect(launch.prompts).toEqual(["One", "Look here", ""]);
  expect(launch.sent.slice(-2)).toEqual(["no JSON", [1]]);
});

test("text on stdin is one prompt", () => {
  const lines = [{ in: "first", as: "text" }, { in: { a: 1 } }, { in: "last", as: "text" }, { in: "", as: "text" }];
  const [whole] = journal([start(["-p"]), ...lines, { eof: "in" }]);
  expect(whole.prompts).toEqual(['first\n{"a":1}\nlast']);
  const [both] = journal([start(["-p", "Sum up"], { prompt: "Sum up" }), lines[0]]);
  expect(both.prompts, "one among the arguments comes first").toEqual(["Sum up", "first"]);
});

test("decisions are paired with their questions", () => {
  const question = (number, tool_name) => {
    const request = { subtype: "can_use_tool", tool_name, input: { n: number } };
    return { out: { type: "control_request", request_id: `q${number}`, request } };
  };
  const answer = (number, response) => ({
    in: { type: "control_response", response: { request_id: `q${number}`, ...response } },
  });
  const [launch] = journal([
    start(STREAMS),
    question(1, "Bash"),
    question(2, "Write"),
    question(3, "Read"),
    { out: { type: "control_request", request_id: "h", request: { subtype: "hook_callback" } } },
    answer(2, { subtype: "success", response: { behavior: "allow", updatedInput: { n: 9 } } }),
    { in: { type: "control_response", response: { request_id: "h", subtype: "success", response: {} } } },
    answer(1, { subtype: "success", response: { behavior: "deny", message: "no" } }),
    answer(3, { subtype: "error", error: "it broke" }),
    answer(3, { subtype: "success", response: { behavior: "allow" } }),
  ]);
  expect(launch.decisions).toEqual([
    { tool: "Write", input: { n: 2 }, behavior: "allow", updatedInput: { n: 9 } },
    { tool: "Bash", input: { n: 1 }, behavior: "deny", message: "no" },
    { tool: "Read", input: { n: 3 }, behavior: "error", message: "it broke" },
  ]);
});

test("launches with one process id, and mixed lines", () => {
  const launches = journal([
    start(STREAMS),
    user("One"),
    { pid: 8, ...start(STREAMS) },
    { exit: { code: 0 } },
    { pid: 8, ...user("Two") },
    start(["-p", "Three"], { prompt: "Three" }),
    { err: "//4=", as: "base64" },
    { report: { played: 1 } },
    { exit: { code: 78 } },
    { pid: 8, exit: { signal: "SIGTERM" } },
    { pid: 9, out: "of a launch that began elsewhere" },
  ]);
  expect(launches.map((launch) => launch.prompts)).toEqual([["One"], ["Two"], ["Three"]]);
  const [first, second, third] = launches;
  expect([first.exitCode, second.exitCode, second.signal]).toEqual([0, null, "SIGTERM"]);
  expect(third.stderr).toEqual(["\ufffd\ufffd"]);
  // It played a scenario that exits so.
  expect([third.exitCode, third.failure]).toEqual([78, null]);
});

test("the stand-in has nothing to play", () => {
  const [launch] = journal([start(STREAMS), { err: "mock-claude: nothing" }, { exit: { code: 78 } }]);
  expect(launch.failure).toBe("mock-claude: nothing");
});
