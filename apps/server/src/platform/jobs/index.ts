export { runLoop, type LoopOptions } from './loop.ts';
