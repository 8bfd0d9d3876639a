export { GrowingRest } from './growing-rest.ts';
export { runLoop } from './loop.ts';
export { retryLostRace } from './retry-lost-race.ts';
