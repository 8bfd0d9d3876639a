import type { Migration } from '../../postgres/index.ts';
import createIdempotencyKeys from './20261123T0900_create-idempotency-keys.sql?raw';

export const httpMigrations: readonly Migration[] = [
  { id: '20261123T0900_create-idempotency-keys', sql: createIdempotencyKeys },
];
