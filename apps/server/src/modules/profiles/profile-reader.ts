import type { WorkspaceKeys } from '../../platform/crypto/index.ts';
import type { Sql } from '../../platform/postgres/index.ts';

/** Whatever reads profiles: a context, a batch. */
export interface ProfileReader {
  readonly workspaceId: number;
  readonly sql: Sql;
  keysOf(workspaceId: number): Promise<WorkspaceKeys>;
}

/** Whatever reads profiles at an instant: a context by its clock, a batch by the instant it is of. */
export type ReaderNow = ProfileReader & ({ readonly now: number } | { readonly clock: { now(): number } });
