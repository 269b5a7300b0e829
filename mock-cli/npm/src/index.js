export { launcher, mockClaude, tool } from "./programs.js";
export { Run } from "./run.js";
