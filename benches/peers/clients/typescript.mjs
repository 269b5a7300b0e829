// The official TypeScript SDK. Arguments and output are those of the Rust clients (`meter`).

import fs from 'node:fs';
import path from 'node:path';

const { query } = await import(path.join(process.env.PEERS_TYPESCRIPT_SDK, 'sdk.mjs'));

const [work, , , cli, counted] = process.argv.slice(2);
const count = Number(counted);

// The permissions that were given, and the hooks that were answered.
let answered = 0;

// With one of these options its handshake differs, so only the round trips have them.
const asks = work !== 'ask' ? {} : {
  canUseTool: async (_name, input) => {
    answered += 1;
    return { behavior: 'allow', updatedInput: input };
  },
  hooks: { PreToolUse: [{ matcher: 'Bash', hooks: [async () => { answered += 1; return {}; }] }] },
};
const options = {
  pathToClaudeCodeExecutable: cli,
  includePartialMessages: true,
  settingSources: [],
  ...asks,
};

function textOf(message) {
  if (message.type === 'stream_event') return message.event.delta.text;
  return message.type === 'assistant' ? message.message.content[0].text : '';
}

/** A conversation: prompts go in by `ask`, and the query ends after `end`. */
class Chat {
  #prompts = [];
  #wake = () => {};
  #ended = false;

  constructor() {
    this.query = query({ prompt: this.#input(), options });
  }

  async *#input() {
    for (;;) {
      while (this.#prompts.length) yield this.#prompts.shift();
      if (this.#ended) return;
      await new Promise(resolve => { this.#wake = resolve; });
    }
  }

  ask(content) {
    this.#prompts.push({ type: 'user', message: { role: 'user', content }, parent_tool_use_id: null, session_id: '' });
    this.#wake();
  }

  async read(see) {
    for (;;) {
      const { value, done } = await this.query.next();
      if (done) throw new Error('the output ended');
      if (value.type === 'result') return;
      see(textOf(value));
    }
  }

  async turn(prompt, see) {
    this.ask(prompt);
    await this.read(see);
  }

  async end() {
    this.#ended = true;
    this.#wake();
    while (!(await this.query.next()).done);
  }
}

function status(name) {
  const line = fs.readFileSync('/proc/self/status', 'utf8').split('\n').find(line => line.startsWith(name));
  return Number(line.split(/\s+/)[1]);
}

class Window {
  constructor() {
    fs.writeFileSync('/proc/self/clear_refs', '5');
    this.resident = status('VmRSS:');
    this.cpu = process.cpuUsage();
  }

  closed(messages, bytes) {
    const { user, system } = process.cpuUsage(this.cpu);
    return { cpu: user + system, grown: Math.max(0, status('VmHWM:') - this.resident), messages, bytes };
  }
}

function spread(values) {
  values.sort((a, b) => a - b);
  const at = part => values[Math.floor((values.length - 1) * part)];
  return { messages: values.length, median: at(0.5), p99: at(0.99) };
}

async function warm() {
  const chat = new Chat();
  let isSeen = false;
  await chat.turn('warm up', () => { isSeen = true; });
  if (!isSeen) throw new Error('no message came');
  return chat;
}

async function stream() {
  const chat = await warm();
  const before = answered;
  let window, messages = 0, bytes = 0;
  await chat.turn('go', text => {
    if (window) {
      messages += 1;
      bytes += text.length;
    } else {
      window = new Window();
    }
  });
  const report = window.closed(work === 'ask' ? answered - before : messages, bytes);
  await chat.end();
  return report;
}

const works = {
  stream,
  ask: stream,
  async stamps() {
    const chat = await warm();
    const delays = [];
    await chat.turn('go', text => {
      if (text) delays.push(Number(process.hrtime.bigint() - BigInt(text)) / 1e3);
    });
    await chat.end();
    return spread(delays);
  },
  async interrupt() {
    const chat = await warm();
    const window = new Window();
    chat.ask('go');
    // Its first message: an interrupt must not overtake the prompt.
    await chat.query.next();
    let confirmed = 0;
    for (let n = 0; n < count; n += 1) {
      await chat.query.interrupt();
      confirmed += 1;
    }
    await chat.read(() => {});
    const report = window.closed(confirmed, 0);
    await chat.end();
    return report;
  },
  async first() {
    const times = [];
    for (let n = 0; n < count; n += 1) {
      const started = performance.now();
      let seen;
      const chat = new Chat();
      await chat.turn('go', () => { seen ??= performance.now(); });
      await chat.end();
      times.push(seen - started);
    }
    return spread(times);
  },
  async idle() {
    await (await warm()).end();
    const before = status('VmRSS:');
    const chats = [];
    for (let n = 0; n < count; n += 1) chats.push(await warm());
    const grown = Math.max(0, status('VmRSS:') - before);
    let messages = 0;
    for (const chat of chats) {
      let isSeen = false;
      await chat.turn('go', () => { isSeen = true; });
      if (isSeen) messages += 1;
      await chat.end();
    }
    return { messages, median: grown / messages };
  },
};
console.log(JSON.stringify(await works[work]()));
process.exit(0);
