// What the launches of a run did, read from the journal of `mock-claude`.
import { existsSync, readFileSync } from "node:fs";

/** The launches of a journal, in the order of their starts. */
export function read(path) {
  if (!existsSync(path)) return [];
  const readers = [];
  const byPid = new Map();
  // What follows the last line break is still being written.
  for (const line of readFileSync(path, "utf8").split("\n").slice(0, -1)) {
    const entry = JSON.parse(line);
    if (entry.start) {
      const reader = new Reader(entry.start);
      readers.push(reader);
      // The system may give the id of an earlier launch again.
      byPid.set(entry.pid, reader);
    } else {
      byPid.get(entry.pid)?.take(entry);
    }
  }
  return readers.map((reader) => reader.finish());
}

class Reader {
  constructor({ argv, cwd, env, prompt }) {
    const prompts = prompt ? [prompt] : [];
    this.launch = {
      argv, cwd, env, prompts, decisions: [], sent: [], received: [], stderr: [],
      exitCode: null, signal: null, ended: false, failure: null,
    };
    this.wasPlayed = false;
    // The questions without an answer so far, by the id of the request.
    this.questions = new Map();
    this.text = [];
    this.readsText = !readsLines(argv);
  }

  take(entry) {
    const { launch } = this;
    if ("in" in entry) {
      const line = lineOf(entry, "in");
      launch.sent.push(line);
      if (this.readsText) this.text.push(typeof line === "string" ? line : JSON.stringify(line));
      else if (isObject(line)) this.#sent(line);
    } else if ("out" in entry) {
      const line = lineOf(entry, "out");
      launch.received.push(line);
      if (isObject(line) && line.request?.subtype === "can_use_tool") {
        this.questions.set(line.request_id, line.request);
      }
    } else if ("err" in entry) {
      launch.stderr.push(String(lineOf(entry, "err")));
    } else if (entry.report) {
      this.wasPlayed = true;
    } else if (entry.exit) {
      launch.ended = true;
      launch.exitCode = entry.exit.code ?? null;
      launch.signal = entry.exit.signal ?? null;
    }
  }

  finish() {
    const { launch } = this;
    // Text on stdin is one prompt, without line breaks at its end.
    const text = this.text.join("\n").replace(/\n+$/, "");
    if (text) launch.prompts.push(text);
    if (launch.exitCode === 78 && !this.wasPlayed) launch.failure = launch.stderr.join("\n");
    return launch;
  }

  #sent(line) {
    if (line.type === "user") {
      const text = textOf(line.message?.content);
      if (text !== null) this.launch.prompts.push(text);
    } else if (line.type === "control_response") {
      const question = this.questions.get(line.response?.request_id);
      if (question === undefined) return;
      this.questions.delete(line.response.request_id);
      this.launch.decisions.push(decisionOf(question, line.response));
    }
  }
}

function isObject(value) {
  return typeof value === "object" && value !== null;
}

function readsLines(argv) {
  return argv.some(
    (argument, index) =>
      argument === "--input-format=stream-json" ||
      (argument === "--input-format" && argv[index + 1] === "stream-json"),
  );
}

function lineOf(entry, stream) {
  return entry.as === "base64" ? Buffer.from(entry[stream], "base64").toString() : entry[stream];
}

function decisionOf(question, response) {
  const asked = { tool: question.tool_name, input: question.input };
  if (response.subtype === "error") return { ...asked, behavior: "error", message: response.error };
  const { behavior = "", message, updatedInput } = response.response ?? {};
  return {
    ...asked,
    behavior,
    ...(message === undefined ? {} : { message }),
    ...(updatedInput === undefined ? {} : { updatedInput }),
  };
}

/** The text of a prompt; null if it is not a prompt, such as the result of a tool. */
function textOf(content) {
  if (typeof content === "string") return content;
  const blocks = Array.isArray(content) ? content.filter(isObject) : [];
  if (blocks.some((block) => block.type === "tool_result")) return null;
  return blocks.filter((block) => block.type === "text").map((block) => block.text).join("");
}
