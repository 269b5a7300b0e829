#!/usr/bin/env node
// `mock-claude` for programs that run `node cli.js`.
import { passThrough } from "./src/pass-through.js";
import { mockClaude } from "./src/programs.js";

passThrough(mockClaude());
