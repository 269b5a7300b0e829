// The fixture: each test here runs vitest in a new folder.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";

// The package and vitest are installed where this process runs.
const installed = realpathSync("node_modules");

// A program that drives the CLI, without an SDK.
const PROGRAM = `
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

const STREAMS = "--print --input-format stream-json --output-format stream-json --verbose".split(" ");

/** One launch with text. */
export function ask(prompt, { flags = [], program = ["claude"] } = {}) {
  const [file, ...args] = program;
  return spawnSync(file, [...args, "-p", ...flags, prompt], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).stdout.trim();
}

/** One launch with a permission question. */
export async function decide(prompt, answer, program = ["claude"]) {
  const [file, ...args] = program;
  const claude = spawn(file, [...args, ...STREAMS, "--permission-prompt-tool", "stdio"], { stdio: ["pipe", "pipe", "ignore"] });
  const write = (line) => claude.stdin.write(JSON.stringify(line) + "\\n");
  write({ type: "user", message: { role: "user", content: prompt } });
  let result;
  for await (const text of createInterface(claude.stdout)) {
    const line = JSON.parse(text);
    if (line.type === "control_request") {
      const response = { subtype: "success", request_id: line.request_id, response: answer };
      write({ type: "control_response", response });
    }
    if (line.type === "result") {
      result = line.result;
      claude.stdin.end();
    }
  }
  if (claude.exitCode === null && claude.signalCode === null) await once(claude, "exit");
  return { result, code: claude.exitCode, signal: claude.signalCode };
}
`;

let folder;

beforeEach(() => {
  folder = mkdtempSync(join(realpathSync(tmpdir()), "claude-wire-test-"));
  symlinkSync(installed, join(folder, "node_modules"));
  writeFileSync(join(folder, "package.json"), '{"type": "module"}');
  writeFileSync(join(folder, "program.js"), PROGRAM);
});

afterEach(() => rmSync(folder, { recursive: true }));

/** Runs tests; what the environment has of the stand-in is left out. */
function run(tests, env = {}) {
  const head = `
    import { expect, test as plain } from "vitest";
    import { test } from "claude-wire/vitest";
    import { ask, decide } from "./program.js";
  `;
  writeFileSync(join(folder, "program.test.js"), head + tests);
  const inherited = Object.entries(process.env).filter(([name]) => !/^(CLAUDE_WIRE_.*|CI|VITEST.*)$/.test(name));
  const done = spawnSync(process.execPath, [join(installed, "vitest/vitest.mjs"), "run", "--root", folder], {
    cwd: folder,
    encoding: "utf8",
    env: { ...Object.fromEntries(inherited), CLAUDE_WIRE_PAUSE: "0", NO_COLOR: "1", ...env },
  });
  const shown = done.stdout + done.stderr;
  const counted = /Tests +(?:(\d+) failed)?(?: \| )?(?:(\d+) passed)?/.exec(shown) ?? [];
  return { shown, failed: Number(counted[1] ?? 0), passed: Number(counted[2] ?? 0) };
}

/** A CLI for recordings, which answers text. */
function cli() {
  const path = join(folder, "cli");
  writeFileSync(path, '#!/bin/sh\necho "$ANSWER"\n', { mode: 0o755 });
  return path;
}

test("a scenario answers, and the run shows what was written", () => {
  const { shown, passed } = run(`
    for (const script of [false, true]) {
      test("it " + script, async ({ claudeWire }) => {
        const program = script ? [process.execPath, claudeWire.cliScript] : [claudeWire.cliPath];
        claudeWire.scenario([
          { prompt: "Tidy up", reply: [
            { ask_permission: { name: "Bash", input: { command: "rm a" } } }, { text: "As you wish." }] },
          { prompt: "Again", reply: "Done." }]);
        const answer = { behavior: "deny", message: "keep it" };
        expect(await decide("Tidy up", answer, program)).toEqual({ result: "As you wish.", code: 0, signal: null });
        expect(ask("Again", { flags: ["--model", "opus"] })).toBe("Done.");
        expect(claudeWire.prompts).toEqual(["Tidy up", "Again"]);
        expect(claudeWire.decisions).toEqual([{ tool: "Bash", input: { command: "rm a" }, ...answer }]);
        const [first, second] = claudeWire.launches;
        expect(first.argv.slice(0, 3)).toEqual(["--print", "--input-format", "stream-json"]);
        expect(second.argv).toEqual(["-p", "--model", "opus", "Again"]);
        expect(second).toMatchObject({ prompts: ["Again"], exitCode: 0, ended: true, received: ["Done."] });
        expect(claudeWire.report().clean).toBe(true);
      });
    }
  `);
  expect(passed, shown).toBe(2);
});

test("a signal to the script reaches the stand-in, and its end is the script's", () => {
  const { shown, passed } = run(`
    import { spawn } from "node:child_process";
    import { once } from "node:events";
    for (const [signal, code] of [["SIGTERM", 143], ["SIGHUP", 129]]) {
      test(signal, async ({ claudeWire }) => {
        claudeWire.scenario([{ reply: [{ raw: "begun" }, "hang"] }]);
        const claude = spawn(process.execPath, [claudeWire.cliScript, "-p", "Hello"], { stdio: ["ignore", "pipe", "ignore"] });
        await once(claude.stdout, "data");
        claude.kill(signal);
        expect(await once(claude, "exit")).toEqual([code, null]);
        expect(claudeWire.launches[0]).toMatchObject({ ended: true, exitCode: code });
      });
    }
  `);
  expect(passed, shown).toBe(2);
});

test.each([
  [["Hallo"], ['expected: prompt "Hello"', 'arrived: prompt "Hallo"']],
  [["Hello"], ['left: prompt "Bye"']],
  [["Hello", "Bye", "More"], ['arrived: prompt "More"']],
  [[], ["the stand-in was not launched", "claudeWire.cliPath"]],
])("prompts %j fail a test that ignores the answers", (prompts, parts) => {
  const { shown, failed } = run(`
    test("it", ({ claudeWire }) => {
      claudeWire.scenario([{ prompt: "Hello", reply: "Hi." }, { prompt: "Bye", reply: "Bye." }]);
      for (const prompt of ${JSON.stringify(prompts)}) ask(prompt);
    });
  `);
  expect(failed, shown).toBe(1);
  for (const part of [...parts, "run folder: "]) expect(shown).toContain(part);
});

test("an unverified run may differ", () => {
  const { shown, passed } = run(`
    test("it", ({ claudeWire }) => {
      claudeWire.unverified();
      claudeWire.scenario([{ prompt: "Hello", reply: "Hi." }]);
      ask("Hallo");
      expect(claudeWire.report().clean).toBe(false);
    });
  `);
  expect(passed, shown).toBe(1);
});

test("a test is recorded once, and replayed", () => {
  const tests = `
    import { describe } from "vitest";
    describe("suite", () => {
      test.for(["a", "b/c"])("is %s", (name, { claudeWire }) => {
        expect(ask("I am " + name)).toBe("one");
        expect(claudeWire.prompts).toEqual(["I am " + name]);
      });
    });
  `;
  const missing = run(tests);
  expect(missing.failed, missing.shown).toBe(2);
  expect(missing.shown).toContain("CLAUDE_WIRE_RECORD=once npx vitest run");

  const path = cli();
  const record = { CLAUDE_WIRE_RECORD: "once", CLAUDE_WIRE_REAL_CLI: path, ANSWER: "one" };
  const recorded = run(tests, record);
  expect(recorded.passed, recorded.shown).toBe(2);
  expect(recorded.shown).toContain("claude-wire: recorded recordings");
  const made = readdirSync(join(folder, "recordings/program/suite")).sort();
  expect(made.map((name) => name.replace(/-[0-9a-f]{8}$/, "-DIGEST"))).toEqual(["is-a", "is-b-c-DIGEST"]);

  rmSync(path);
  for (const env of [{}, record]) expect(run(tests, env).passed).toBe(2);
  const changed = run(tests.replace("I am", "You are"));
  expect(changed.failed, changed.shown).toBe(2);
  for (const part of ["I am a", "You are a", "CLAUDE_WIRE_RECORD=rewrite"]) expect(changed.shown).toContain(part);
});

test("recording again replaces only what passes", () => {
  const tests = `
    test("it", ({ claudeWire }) => {
      expect(ask("Who?")).toBe(process.env.EXPECTED);
    });
  `;
  const record = { CLAUDE_WIRE_RECORD: "rewrite", CLAUDE_WIRE_REAL_CLI: cli() };
  expect(run(tests, { ...record, ANSWER: "one", EXPECTED: "one" }).passed).toBe(1);
  expect(run(tests, { ...record, ANSWER: "two", EXPECTED: "one" }).failed).toBe(1);
  expect(run(tests, { EXPECTED: "one" }).passed, "the old recording is still there").toBe(1);
  expect(run(tests, { ...record, ANSWER: "two", EXPECTED: "two" }).passed).toBe(1);
  expect(run(tests, { EXPECTED: "two" }).passed).toBe(1);
});

test("recordings that cannot be kept are an error", () => {
  const { shown, failed } = run(
    `import { mkdirSync, writeFileSync } from "node:fs";
    import { dirname } from "node:path";
    test("it", ({ claudeWire }) => {
      expect(ask("Who?")).toBe("one");
      mkdirSync(dirname(claudeWire.recordings), { recursive: true });
      writeFileSync(claudeWire.recordings, "a file in the place of the folder");
    });`,
    { CLAUDE_WIRE_RECORD: "once", CLAUDE_WIRE_REAL_CLI: cli(), ANSWER: "one" },
  );
  expect(failed, shown).toBe(1);
  expect(shown).toMatch(/claude-wire: .*recordings\/program\/it/);
  expect(shown).not.toContain("AssertionError");
});

test("passthrough runs the real CLI and records nothing", () => {
  const { shown, passed } = run(
    `test("it", ({ claudeWire }) => {
      expect(ask("Who?")).toBe("one");
      expect(claudeWire.prompts).toEqual(["Who?"]);
    });`,
    { CLAUDE_WIRE_RECORD: "passthrough", CLAUDE_WIRE_REAL_CLI: cli(), ANSWER: "one" },
  );
  expect(passed, shown).toBe(1);
  expect(existsSync(join(folder, "recordings"))).toBe(false);
});

test("recording is refused where CI is set, and without a CLI", () => {
  const tests = `test("it", ({ claudeWire }) => { ask("Who?"); });`;
  const refused = run(tests, { CI: "true", CLAUDE_WIRE_RECORD: "once", CLAUDE_WIRE_REAL_CLI: cli() });
  expect(refused.failed, refused.shown).toBe(1);
  expect(refused.shown).toContain("refused, because CI is set");
  // With a PATH that has none, and without the package that the SDK would bring.
  rmSync(join(folder, "node_modules"));
  mkdirSync(join(folder, "node_modules"));
  for (const name of ["vitest", "claude-wire"]) symlinkSync(join(installed, name), join(folder, "node_modules", name));
  const without = run(tests, { CLAUDE_WIRE_RECORD: "once", PATH: folder });
  expect(without.failed, without.shown).toBe(1);
  expect(without.shown).toContain("needs a real claude, and none is on PATH: set CLAUDE_WIRE_REAL_CLI");
});

test("the environment is as before after the test", () => {
  const { shown, passed } = run(
    `const seen = () => Object.entries(process.env).filter(([name]) => name === "PATH" || name.startsWith("CLAUDE_WIRE"));
    const before = seen();
    test("one", ({ claudeWire }) => {
      claudeWire.scenario([{ reply: "Hi." }]);
      expect(process.env.CLAUDE_WIRE_REPLAY).toBe(undefined);
      expect(ask("Hello")).toBe("Hi.");
    });
    plain("two", () => {
      expect(seen().sort()).toEqual(before.sort());
      expect(process.env.CLAUDE_WIRE_REPLAY).toBe("elsewhere.jsonl");
    });`,
    { CLAUDE_WIRE_REPLAY: "elsewhere.jsonl" },
  );
  expect(passed, shown).toBe(2);
});

test("concurrent tests and equal names are refused", () => {
  const concurrent = run(`
    for (const name of ["one", "two"]) {
      test.concurrent(name, async ({ claudeWire }) => {
        claudeWire.scenario([{ reply: "Hi." }]);
        // The other test is refused before its body begins, so there is nothing to wait for.
        await new Promise((resolve) => setTimeout(resolve, 50));
        ask("Hello");
      });
    }
  `);
  expect([concurrent.passed, concurrent.failed], concurrent.shown).toEqual([1, 1]);
  expect(concurrent.shown).toContain("cannot be `concurrent`");
  const equal = run(`
    for (const name of ["Same", "same"]) {
      test(name, ({ claudeWire }) => {
        claudeWire.scenario([{ reply: "Hi." }]);
        ask("Hello");
      });
    }
  `);
  expect([equal.passed, equal.failed], equal.shown).toEqual([1, 1]);
  expect(equal.shown).toContain("two tests have the recordings");
});

test("what is played is said before the first launch", () => {
  const { shown, passed } = run(`
    test("it", ({ claudeWire }) => {
      claudeWire.scenario([{ reply: "Hi." }]);
      ask("Hello");
      expect(() => claudeWire.scenario([])).toThrow("before your program starts");
    });
    test("missing", ({ claudeWire }) => {
      for (const play of ["replay", "scenario"]) {
        expect(() => claudeWire[play]("nowhere.jsonl")).toThrow("nowhere.jsonl");
      }
    });
  `);
  expect(passed, shown).toBe(2);
});
