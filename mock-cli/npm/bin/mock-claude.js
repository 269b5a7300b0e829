#!/usr/bin/env node
// The stand-in, as a command of this package.
import { passThrough } from "../src/pass-through.js";
import { mockClaude } from "../src/programs.js";

passThrough(mockClaude());
