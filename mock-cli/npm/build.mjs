// Puts what `npm pack` needs into the package: the two programs for one platform, and the licences.
//
//   node build.mjs FOLDER [PLATFORM]   from the folder where Cargo put them; PLATFORM is such as linux-x64
//   node build.mjs --check             fails if there are none
import { chmodSync, copyFileSync, existsSync, mkdirSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const programs = join(here, "programs");
const [folder, platform = `${process.platform}-${process.arch}`] = process.argv.slice(2);

if (folder === "--check") {
  if (!existsSync(programs) || readdirSync(programs).length === 0) {
    console.error("no programs in the package: run `npm run build -- FOLDER` first");
    process.exit(1);
  }
} else if (folder === undefined) {
  console.error("usage: node build.mjs FOLDER [PLATFORM]");
  process.exit(2);
} else {
  const suffix = platform.startsWith("win32-") ? ".exe" : "";
  mkdirSync(join(programs, platform), { recursive: true });
  for (const name of ["mock-claude", "claude-wire"]) {
    const to = join(programs, platform, name + suffix);
    copyFileSync(join(folder, name + suffix), to);
    chmodSync(to, 0o755);
  }
  for (const licence of ["LICENSE-APACHE", "LICENSE-MIT"]) {
    copyFileSync(join(here, "..", licence), join(here, licence));
  }
}
