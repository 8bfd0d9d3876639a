import type { Migration } from '../../../platform/postgres/index.ts';
import createSegments from './20261122T0940_create-segments.sql?raw';
import widenSegments from './20261125T0900_widen-segments.sql?raw';
import createLists from './20261125T0910_create-lists.sql?raw';
import createComputedTraits from './20261125T0920_create-computed-traits.sql?raw';

export const segmentsMigrations: readonly Migration[] = [
  { id: '20261122T0940_create-segments', sql: createSegments },
  { id: '20261125T0900_widen-segments', sql: widenSegments },
  { id: '20261125T0910_create-lists', sql: createLists },
  { id: '20261125T0920_create-computed-traits', sql: createComputedTraits },
];
