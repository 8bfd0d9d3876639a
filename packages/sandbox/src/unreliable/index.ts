export { BAD_DAY, planArrivals, WELL_BEHAVED, type Arrival, type Misbehaviour } from './misbehaviour.ts';
export { UnreliableQueue, type Due } from './unreliable-queue.ts';
