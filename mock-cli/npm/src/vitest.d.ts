import type { TestAPI } from "vitest";

import type { Run } from "./index.js";

/**
 * vitest's `test`, with the fixture `claudeWire`: a run for this test, with the stand-in as `claude`.
 *
 * It replays the recordings in `recordings/FILE/SUITE/TEST`, next to the test file; `CLAUDE_WIRE_RECORD`
 * makes them. After the test, what differed and what is left fails it.
 */
export const test: TestAPI<{ claudeWire: Run }>;
/** The same. */
export const it: typeof test;
