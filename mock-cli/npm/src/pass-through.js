// A program with the streams, the arguments and the end of this process.
import { spawn } from "node:child_process";

const FORWARDED = ["SIGHUP", "SIGINT", "SIGTERM"];

export function passThrough(program) {
  const child = spawn(program, process.argv.slice(2), { stdio: "inherit" });
  const forward = (signal) => child.kill(signal);
  for (const signal of FORWARDED) process.on(signal, forward);
  child.on("error", (error) => {
    console.error(`${program}: ${error.message}`);
    process.exit(127);
  });
  child.on("exit", (code, signal) => {
    if (signal === null) process.exit(code);
    // It ends as the program did.
    for (const name of FORWARDED) process.off(name, forward);
    process.kill(process.pid, signal);
  });
}
