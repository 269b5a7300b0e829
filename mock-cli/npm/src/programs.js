// The two programs of the package.
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const programs = fileURLToPath(new URL("../programs", import.meta.url));

/** The launcher of the stand-in for programs that run `node cli.js`. */
export const launcher = fileURLToPath(new URL("../claude.js", import.meta.url));

export function mockClaude() {
  return find("mock-claude");
}

export function tool() {
  return find("claude-wire");
}

function find(name) {
  const platform = `${process.platform}-${process.arch}`;
  const path = join(programs, platform, process.platform === "win32" ? `${name}.exe` : name);
  if (!existsSync(path)) {
    const has = existsSync(programs) ? readdirSync(programs).join(", ") : "none";
    throw new Error(
      `this package of claude-wire has no ${name} for ${platform}; it has: ${has}. Build it for this platform, as its README says.`,
    );
  }
  return path;
}
