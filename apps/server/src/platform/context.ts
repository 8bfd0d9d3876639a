import type { Role } from '@segue/contract';
import type { History } from './clickhouse/index.ts';
import type { Clock } from './clock/index.ts';
import type { WorkspaceKeys } from './crypto/index.ts';
import type { EventLog } from './eventlog/event-log.ts';
import type { Logger } from './logger/index.ts';
import type { Metrics } from './metrics/index.ts';
import type { Postgres, Sql } from './postgres/index.ts';

/** Who asks. */
export type Actor =
  | { readonly kind: 'apiKey'; readonly id: string; readonly scopes: readonly string[] }
  | { readonly kind: 'member'; readonly id: string; readonly role: Role; readonly scopes: readonly string[] }
  | { readonly kind: 'system'; readonly name: string };

/** What one server process is made of; the same for every workspace. */
export interface Services {
  readonly postgres: Postgres;
  readonly history: History;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly log: EventLog;
  /** Left out where nobody reads them; see `defineMetrics`. */
  readonly metrics?: Metrics | undefined;
  /** Opens a workspace's keys; cached. */
  keysOf(workspaceId: number): Promise<WorkspaceKeys>;
}

/** What a verb works with: the services, one workspace, and who asks. `sql` is the pool, or the open transaction. */
export interface Ctx extends Services {
  readonly workspaceId: number;
  readonly actor: Actor;
  readonly sql: Sql;
  /** Where a request came from. */
  readonly ip?: string | undefined;
}

export function createContext(services: Services, workspaceId: number, actor: Actor): Ctx {
  return { ...services, workspaceId, actor, sql: services.postgres };
}
