#!/usr/bin/env node
// The tool for recordings, as a command of this package.
import { passThrough } from "../src/pass-through.js";
import { tool } from "../src/programs.js";

passThrough(tool());
