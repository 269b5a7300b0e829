// A run for each vitest test that asks for the fixture `claudeWire`.
import { existsSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { basename, delimiter, dirname, isAbsolute, join, relative } from "node:path";
import { createHash } from "node:crypto";
import { test as base } from "vitest";

import { MODES, Run } from "./run.js";

export const test = base.extend({
  claudeWire: async ({ task }, use) => {
    const mode = process.env.CLAUDE_WIRE_RECORD || "none";
    if (!MODES.includes(mode)) {
      throw new Error(`CLAUDE_WIRE_RECORD must be one of ${MODES.join(", ")}, not ${JSON.stringify(mode)}`);
    }
    if (current !== null) {
      throw new Error(
        `${current} still runs: tests with \`claudeWire\` share the variables of their process, so they cannot be \`concurrent\` in one file`,
      );
    }
    const recordings = recordingsOf(task);
    const folder = mkdtempSync(join(realpathSync(tmpdir()), "claude-wire-"));
    const realCli = mode === "none" ? undefined : findCli(task.file.filepath);
    let run;
    try {
      run = new Run(recordings, folder, { mode, realCli });
    } catch (error) {
      rmSync(folder, { recursive: true });
      if (mode === "none" || realCli) throw error;
      throw new Error(
        `CLAUDE_WIRE_RECORD=${mode} needs a real claude, and none is on PATH: set CLAUDE_WIRE_REAL_CLI to its path`,
      );
    }
    const restore = enter(run, task);
    try {
      await use(run);
    } finally {
      restore();
    }
    await finish(run, task);
  },
});

export const it = test;

// The run whose variables are set in this process.
let current = null;

function enter(run, task) {
  current = task.name;
  const before = { ...process.env };
  run.setEnv(process.env);
  return () => {
    current = null;
    for (const name of new Set([...Object.keys(before), ...Object.keys(process.env)])) {
      if (name !== "PATH" && !name.startsWith("CLAUDE_WIRE_")) continue;
      if (name in before) process.env[name] = before[name];
      else delete process.env[name];
    }
  };
}

async function finish(run, task) {
  const failed = task.result?.state === "fail";
  let report = run.report();
  if (!report.clean) {
    await run.wait();
    report = run.report();
  }
  if (!report.clean && run.verified) throw new Error(explained(run, report.text));
  if (failed) return;
  if (run.launches.length > 0 && (run.mode === "once" || run.mode === "rewrite")) {
    await run.wait();
    const kept = run.keep();
    if (!run.hasRecordings) throw new Error(`nothing was recorded: ${kept.text}`);
    console.log(
      `claude-wire: recorded ${relative(process.cwd(), run.recordings)}; read it before you commit it, and see \`claude-wire lint\``,
    );
  }
  rmSync(run.folder, { recursive: true, force: true });
}

/** A report, with what to do. */
function explained(run, text) {
  const again = run.hasRecordings ? "rewrite" : "once";
  const lines = [text];
  if (run.recordings !== null && run.mode === "none") {
    lines.push(`to record this test: CLAUDE_WIRE_RECORD=${again} npx vitest run`);
  }
  return [...lines, `run folder: ${run.folder}`].join("\n");
}

/** The CLI to record: as named, on PATH, or the one that comes with the TypeScript SDK. */
function findCli(file) {
  if (process.env.CLAUDE_WIRE_REAL_CLI) return process.env.CLAUDE_WIRE_REAL_CLI;
  const name = process.platform === "win32" ? "claude.exe" : "claude";
  for (const folder of (process.env.PATH ?? "").split(delimiter)) {
    if (isAbsolute(folder) && existsSync(join(folder, name))) return join(folder, name);
  }
  try {
    const sdk = createRequire(file).resolve("@anthropic-ai/claude-agent-sdk");
    return createRequire(sdk).resolve(`@anthropic-ai/claude-agent-sdk-${process.platform}-${process.arch}/${name}`);
  } catch {
    return undefined;
  }
}

// The tests that have recordings, by the folder.
const owners = new Map();

/** The folder of a test's recordings: `recordings`, the file, the suites, the name. */
function recordingsOf(task) {
  const names = [task.name];
  for (let suite = task.suite; suite?.name && suite !== task.file; suite = suite.suite) names.unshift(suite.name);
  const file = task.file.filepath;
  const stem = basename(file).replace(/(\.(test|spec))?\.[cm]?[jt]sx?$/, "");
  const folder = join(dirname(file), "recordings", stem, ...names.map(fileName));
  // Some file systems do not tell capitals apart.
  const key = folder.toLowerCase();
  const owner = owners.get(key);
  if (owner !== undefined && owner !== task.id) {
    throw new Error(`two tests have the recordings ${relative(process.cwd(), folder)}: rename one of them`);
  }
  owners.set(key, task.id);
  return folder;
}

/** A name as a file name; what is changed, but for spaces, or cut off is replaced by a digest. */
function fileName(name) {
  const spaced = name.replaceAll(" ", "-");
  const plain = spaced.replace(/[^A-Za-z0-9._-]+/g, "-").replace(/^[.-]+|[.-]+$/g, "");
  if (plain === spaced && plain.length <= 80) return plain;
  return `${plain.slice(0, 80)}-${createHash("sha256").update(name).digest("hex").slice(0, 8)}`;
}
