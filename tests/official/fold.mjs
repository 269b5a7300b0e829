// The summaries that the official SDK folds, as JSON: the same as fold.py for the Python SDK.

import { text } from 'node:stream/consumers';

import { foldSessionSummary } from '@anthropic-ai/claude-agent-sdk';

const KEY = { projectKey: 'project', sessionId: 'session' };

function summaries(batches) {
  let summary;
  return batches.map(batch => (summary = foldSessionSummary(summary, KEY, batch)));
}

console.log(JSON.stringify(JSON.parse(await text(process.stdin)).map(summaries)));
