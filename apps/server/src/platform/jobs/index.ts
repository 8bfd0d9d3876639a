export { GrowingRest } from './growing-rest.ts';
export { runLoop } from './loop.ts';
