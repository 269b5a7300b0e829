/** The answer of your program to a permission question of the CLI. */
export interface Decision {
  /** The name of the tool. */
  tool: string;
  /** The input of the tool, as the CLI asked. */
  input: Record<string, unknown>;
  /** `error` if your program answered with an error. */
  behavior: "allow" | "deny" | "error" | (string & {});
  /** Why: of `deny` and `error`. */
  message?: string;
  /** The input with which the tool may run; of `allow`. */
  updatedInput?: Record<string, unknown>;
}

/** One launch of the CLI. */
export interface Launch {
  /** The arguments, without the program. */
  argv: string[];
  /** The working directory. */
  cwd: string | null;
  /** The variables that begin with `CLAUDE` or `ANTHROPIC`. The values of secrets are `<set>`. */
  env: Record<string, string>;
  /** The texts of the prompts: on the command line, on stdin, or as `user` lines. */
  prompts: string[];
  /** The answers to permission questions, in the order of the answers. */
  decisions: Decision[];
  /** What your program wrote, line by line: decoded, if a line is JSON. */
  sent: unknown[];
  /** What it got on stdout, line by line: decoded, if a line is JSON. */
  received: unknown[];
  /** What it got on stderr, line by line. */
  stderr: string[];
  /** The exit code; null if a signal ended it, and as long as it runs. */
  exitCode: number | null;
  /** The signal that ended it, such as `SIGTERM`. */
  signal: string | null;
  /** Whether it ended by itself. A launch that was killed with SIGKILL stays false. */
  ended: boolean;
  /** Why the stand-in had nothing to play, if it had not. */
  failure: string | null;
}

/** How a run went. */
export interface Report {
  /** The report, for people. */
  text: string;
  /** Whether nothing differed and nothing is left. */
  clean: boolean;
}

/**
 * `none` replays, `once` records if there are no recordings, `rewrite` records again, `passthrough` runs
 * the real CLI.
 */
export type Mode = "none" | "once" | "rewrite" | "passthrough";

/** A turn of a scenario; see `docs/stand-in.md` of the project for its steps. */
export interface Turn {
  prompt?: string;
  prompt_contains?: string;
  prompt_regex?: string;
  times?: number | "any";
  reply: string | unknown[];
}

/** A scenario, without its head: `turns` or `launches`, and what else the launches find. */
export interface Scenario {
  turns?: Turn[];
  launches?: Turn[][];
  [key: string]: unknown;
}

/**
 * What the launches of one test share: what they play, and what they did.
 *
 * The fixture `claudeWire` of `claude-wire/vitest` makes one for each test and sets its variables. With
 * another test runner, make one yourself, give `env` to your program, and look at `report()` at the end.
 */
export class Run {
  /**
   * A run that plays or makes a folder of recordings.
   *
   * @param recordings The folder of recordings, or one recording (`.jsonl`).
   * @param folder The run folder. It is created; use a new one for each test.
   * @param options Every mode but `none`, which is the default, needs a real CLI.
   * @throws If the package has no programs for this platform, or an argument is wrong.
   */
  constructor(recordings: string, folder: string, options?: { mode?: Mode; realCli?: string });

  /** How the run plays. `once` is `none` if there are recordings. */
  readonly mode: Mode;
  /** The run folder. `claude-wire why FOLDER` explains what differed. */
  readonly folder: string;
  /**
   * The path of the stand-in, for the option of your SDK that names the CLI
   * (`pathToClaudeCodeExecutable`). Its folder is also the first of `PATH`.
   */
  readonly cliPath: string;
  /** The stand-in as a script, for programs that run `node cli.js`. */
  readonly cliScript: string;
  /** Whether the fixture checks the run at the end of the test. */
  readonly verified: boolean;
  /** The recordings that are played or made; null for a scenario. */
  readonly recordings: string | null;
  /** Whether there are recordings. */
  readonly hasRecordings: boolean;
  /**
   * The variables that make a program find the stand-in, and the stand-in this run. The fixture sets
   * them in `process.env`. The TypeScript SDK passes them on unless its option `env` replaces them.
   */
  readonly env: Record<string, string>;

  /** Sets the variables of this run, and removes those of another source. */
  setEnv(environ: Record<string, string | undefined>): void;
  /**
   * Plays other recordings than those of the test: a folder, or one file. They are never recorded.
   *
   * @throws If they do not exist, or a launch has begun.
   */
  replay(recordings: string): void;
  /**
   * Plays a scenario: a list of turns, a whole scenario, or the path of its file. It is never recorded.
   *
   * @throws If the file does not exist, or a launch has begun.
   */
  scenario(scenario: string | Turn[] | Scenario): void;
  /** The test does not fail if a launch differs, or if something that was recorded is left. */
  unverified(): void;

  /** The launches so far, in the order of their starts. */
  readonly launches: Launch[];
  /** The prompts of all launches. */
  readonly prompts: string[];
  /** The answers to the permission questions of all launches. */
  readonly decisions: Decision[];

  /** Waits for all launches to end, this long at most (default: 3000 ms); resolves to whether they have. */
  wait(ms?: number): Promise<boolean>;
  /** How the run went so far, as `claude-wire report` says it. Throws if the run folder cannot be read. */
  report(): Report;
  /**
   * Moves the recordings that the run made to their folder. The fixture does so when the test has passed.
   * Throws if they cannot be moved.
   */
  keep(): Report;
}

/** The path of `mock-claude`, the stand-in for `claude`. Throws if the package has none for this platform. */
export function mockClaude(): string;
/** The path of `claude-wire`, the tool for recordings. Throws if the package has none for this platform. */
export function tool(): string;
/** The stand-in as a script, for programs that run `node cli.js`. */
export const launcher: string;
