import type { Migration } from '../../../platform/postgres/index.ts';
import createSegments from './20261122T0940_create-segments.sql?raw';

export const segmentsMigrations: readonly Migration[] = [{ id: '20261122T0940_create-segments', sql: createSegments }];
