// The host of `claude-wire conformance` for the official TypeScript SDK. docs/conformance.md has the protocol.

import { createInterface } from 'node:readline';
import { createSdkMcpServer, query, tool } from '@anthropic-ai/claude-agent-sdk';
import { z } from 'zod';

const report = event => process.stdout.write(JSON.stringify(event) + '\n');

class Unsupported extends Error {}

function view(message) {
  const view = { type: typeof message.type === 'string' ? message.type : 'unknown' };
  if (message.type === 'assistant' || message.type === 'user') {
    const content = message.message?.content;
    view.content = Array.isArray(content) ? content.map(it => ({ type: it?.type, text: it?.text })) : content;
  }
  if (message.type === 'system' || message.type === 'result') view.subtype = message.subtype;
  if (message.type === 'result') {
    Object.assign(view, { is_error: message.is_error, result: message.result, errors: message.errors });
  }
  return view;
}

function failure(error) {
  const text = String(error?.message ?? error);
  const code = /exited with code (\d+)/.exec(text)?.[1];
  const signal = /terminated by signal/.test(text);
  let kind = 'other';
  if (/returned an error result/.test(text)) kind = 'result';
  else if (code !== undefined || signal) kind = 'process';
  report({ error: { kind, text, exit_code: code === undefined ? null : Number(code), stderr: null } });
}

const sleep = ms => new Promise(resolve => setTimeout(resolve, ms));

const permission = wanted => async () => {
  report({ callback: 'permission' });
  // A handler that a case cancels is slow.
  await sleep(wanted.delay_ms ?? 0);
  if ('fail' in wanted) throw new Error(wanted.fail);
  if ('wrong_type' in wanted) return 'yes';
  if (wanted.behavior === 'deny') return { behavior: 'deny', message: wanted.message ?? '', interrupt: wanted.interrupt };
  return { behavior: 'allow', updatedInput: wanted.input, updatedPermissions: wanted.updates };
};

const hook = wanted => async () => {
  report({ callback: 'hook' });
  if ('fail' in wanted) throw new Error(wanted.fail);
  return wanted.output;
};

const server = name => createSdkMcpServer({
  name,
  version: '1.0.0',
  tools: [
    tool('echo', 'd', { t: z.string() }, async ({ t }) => ({ content: [{ type: 'text', text: t }] })),
    tool('boom', 'd', {}, async () => { throw new Error('tool broke'); }),
  ],
});

function systemPrompt(given) {
  if (given.type === 'file') throw new Unsupported('the SDK has no system prompt from a file');
  const { exclude_dynamic_sections: excludeDynamicSections, ...rest } = given;
  return typeof given === 'string' ? given : { ...rest, excludeDynamicSections };
}

function servers(given) {
  if (typeof given === 'string') throw new Unsupported('the SDK has no option for a file of servers');
  const entries = Object.entries(given);
  return Object.fromEntries(entries.map(([name, it]) => [name, it.type === 'sdk' ? server(name) : it]));
}

function hooks(given) {
  const matcher = it => ({
    matcher: it.matcher,
    hooks: Array(it.callbacks).fill(hook({ output: {} })),
    onFailure: it.on_failure,
  });
  return Object.fromEntries(Object.entries(given).map(([event, matchers]) => [event, matchers.map(matcher)]));
}

// Options whose values have another form here; the others are spelt in camel case.
const FORMS = { system_prompt: systemPrompt, mcp_servers: servers, hooks };

function options(ask) {
  const chosen = { pathToClaudeCodeExecutable: ask.claude };
  for (const [name, value] of Object.entries(ask.options)) {
    const camel = name.replace(/_(\w)/g, (_, letter) => letter.toUpperCase());
    chosen[camel] = FORMS[name] ? FORMS[name](value) : value;
  }
  if ('max_line_bytes' in ask && ask.max_line_bytes < 1 << 20) {
    throw new Unsupported('the SDK has no option for the length of a line');
  }
  if ('permission' in ask) chosen.canUseTool = permission(ask.permission);
  if ('hook' in ask) chosen.hooks = { PreToolUse: [{ hooks: [hook(ask.hook)] }] };
  if ('server' in ask) chosen.mcpServers = { [ask.server]: server(ask.server) };
  return chosen;
}

const CALLS = {
  interrupt: agent => agent.interrupt(),
  set_model: (agent, model) => agent.setModel(model),
  rewind_files: (agent, message) => agent.rewindFiles(message),
  reconnect_mcp_server: (agent, name) => agent.reconnectMcpServer(name),
  stop_task: (agent, task) => agent.stopTask(task),
};

async function converse(ask, chosen) {
  let over;
  const end = new Promise(resolve => { over = resolve; });
  async function* frames() {
    const frame = content => ({ type: 'user', message: { role: 'user', content }, parent_tool_use_id: null });
    yield* ask.frames ?? (ask.prompt === null ? [] : [frame(ask.prompt)]);
    await end;
  }
  // A string closes stdin after the first result. Only a stream of prompts takes calls.
  const streams = 'frames' in ask || 'call' in ask;
  const agent = query({ prompt: streams ? frames() : ask.prompt, options: chosen });
  const read = (async () => {
    for await (const message of agent) {
      report({ message: view(message) });
      if (message.type === 'result') over();
    }
  })();
  if ('call' in ask) {
    const called = CALLS[ask.call.name](agent, ask.call.argument);
    const ended = await Promise.race([called.then(() => false), read.then(() => true, () => true)]).catch(error => error);
    if (ended instanceof Error) failure(ended);
    over();
  }
  await read;
}

createInterface({ input: process.stdin }).once('line', async line => {
  const ask = JSON.parse(line);
  try {
    await converse(ask, options(ask));
    report({ done: true });
  } catch (error) {
    if (error instanceof Unsupported) {
      report({ unsupported: error.message });
    } else {
      failure(error);
      report({ done: true });
    }
  }
  process.stdout.write('', () => process.exit(0));
});
