// A run: what the launches of one test share.
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { read } from "./journal.js";
import { launcher, mockClaude, tool } from "./programs.js";

export const MODES = ["none", "once", "rewrite", "passthrough"];

// How long launches may take to end, after the test is over.
const GRACE_MS = 3000;

// How long a stand-in waits for input, unless the environment says otherwise.
const IDLE_TIMEOUT_SECONDS = "60";

// What a program would play, if the environment of the test run had one of these.
const SOURCES = [
  "CLAUDE_WIRE_REPLAY",
  "CLAUDE_WIRE_SCENARIO",
  "CLAUDE_WIRE_RECORD_TO",
  "CLAUDE_WIRE_RECORD",
  "CLAUDE_WIRE_REAL_CLI",
  "CLAUDE_WIRE_RUN",
  "CLAUDE_WIRE_JOURNAL",
];

export class Run {
  #plays;
  #isScenario = false;
  #journal;
  #realCli;

  constructor(recordings, folder, { mode = "none", realCli } = {}) {
    if (!MODES.includes(mode)) {
      throw new Error(`the mode must be one of ${MODES.join(", ")}, not ${JSON.stringify(mode)}`);
    }
    this.#plays = resolve(recordings);
    // If there are recordings, nothing is recorded, and no real CLI is needed.
    this.mode = mode === "once" && this.hasRecordings ? "none" : mode;
    if (this.mode !== "none" && !realCli) throw new Error(`the mode ${mode} needs the path of a real claude`);
    this.#realCli = realCli;
    this.verified = true;
    this.folder = resolve(folder);
    mkdirSync(join(this.folder, "bin"), { recursive: true, mode: 0o700 });
    this.#journal = join(this.folder, "journal.jsonl");
    if (existsSync(this.#journal)) throw new Error(`${this.folder} has a run already: use a new folder for each test`);
    this.cliScript = launcher;
    this.cliPath = install(join(this.folder, "bin"));
  }

  get recordings() {
    return this.#isScenario ? null : this.#plays;
  }

  get hasRecordings() {
    if (this.#isScenario || !existsSync(this.#plays)) return false;
    if (!statSync(this.#plays).isDirectory()) return this.#plays.endsWith(".jsonl");
    return readdirSync(this.#plays).some((name) => name.endsWith(".jsonl") && !name.startsWith("."));
  }

  get env() {
    const programs = dirname(this.cliPath);
    const path = process.env.PATH ?? "";
    const env = {
      PATH: path.split(delimiter)[0] === programs ? path : programs + delimiter + path,
      CLAUDE_WIRE_MOCK_CLAUDE: this.cliPath,
      CLAUDE_WIRE_RUN: this.folder,
      CLAUDE_WIRE_JOURNAL: this.#journal,
      CLAUDE_WIRE_IDLE_TIMEOUT: process.env.CLAUDE_WIRE_IDLE_TIMEOUT || IDLE_TIMEOUT_SECONDS,
    };
    if (this.#isScenario) return { ...env, CLAUDE_WIRE_SCENARIO: this.#plays };
    env.CLAUDE_WIRE_REPLAY = this.#plays;
    if (this.mode === "none") return env;
    return { ...env, CLAUDE_WIRE_RECORD: this.mode, CLAUDE_WIRE_REAL_CLI: this.#realCli };
  }

  setEnv(environ) {
    for (const name of SOURCES) delete environ[name];
    Object.assign(environ, this.env);
  }

  replay(recordings) {
    const path = resolve(recordings);
    if (!existsSync(path)) throw new Error(`${path}: no such recording, nor a folder of recordings`);
    this.#play(path, false);
  }

  scenario(scenario) {
    let path;
    if (typeof scenario === "string") {
      path = resolve(scenario);
      if (!existsSync(path)) throw new Error(`${path}: no such scenario`);
    } else {
      const content = Array.isArray(scenario) ? { turns: scenario } : scenario;
      path = join(this.folder, "scenario.json");
      writeFileSync(path, JSON.stringify({ "claude-wire": "scenario", version: 2, ...content }));
    }
    this.#play(path, true);
  }

  #play(path, isScenario) {
    if (this.launches.length > 0) {
      throw new Error("a launch has begun: say what is played before your program starts the CLI");
    }
    this.#plays = path;
    this.#isScenario = isScenario;
    this.mode = "none";
    if (process.env.CLAUDE_WIRE_RUN === this.folder) this.setEnv(process.env);
  }

  unverified() {
    this.verified = false;
  }

  get launches() {
    return read(this.#journal);
  }

  get prompts() {
    return this.launches.flatMap((launch) => launch.prompts);
  }

  get decisions() {
    return this.launches.flatMap((launch) => launch.decisions);
  }

  async wait(ms = GRACE_MS) {
    const end = performance.now() + ms;
    while (!this.launches.every((launch) => launch.ended)) {
      if (performance.now() >= end) return false;
      // They are processes of the program, so only the journal says that they have ended.
      await sleep(10);
    }
    return true;
  }

  report() {
    const { launches } = this;
    const failures = launches.map((launch) => launch.failure).filter((failure) => failure !== null);
    if (failures.length > 0) return { text: failures.join("\n"), clean: false };
    if (launches.length === 0) return this.#notLaunched();
    if (this.mode === "passthrough") return { text: "the real CLI ran; nothing was compared", clean: true };
    return this.#tool();
  }

  #notLaunched() {
    if (!this.#isScenario && !this.hasRecordings) return { text: "no launch, and no recordings", clean: true };
    return {
      text:
        `nothing of ${this.#plays} was played, because the stand-in was not launched: give your program ` +
        "`claudeWire.cliPath` as its CLI (`pathToClaudeCodeExecutable`), or let it look up `claude` on PATH",
      clean: false,
    };
  }

  keep() {
    return this.#tool("--keep");
  }

  #tool(...args) {
    const done = spawnSync(tool(), ["report", ...args, this.folder], { encoding: "utf8", maxBuffer: Infinity });
    if (done.error) throw done.error;
    const text = (done.stdout + done.stderr).trim();
    if (done.status !== 0 && done.status !== 1) throw new Error(text);
    return { text, clean: done.status === 0 };
  }
}

/** Puts `claude` into a folder for PATH. */
function install(programs) {
  if (process.platform === "win32") {
    const claude = join(programs, "claude.exe");
    copyFileSync(mockClaude(), claude);
    return claude;
  }
  const claude = join(programs, "claude");
  symlinkSync(mockClaude(), claude);
  return claude;
}
