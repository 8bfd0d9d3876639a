import type { AlertSettings } from '@segue/contract';
import type { SubjectBatch } from '../../../../platform/eventlog/index.ts';
import type { AlertPorts } from '../ports.ts';
import type { AlertRun, RunPlace } from '../run-store.ts';

/** What telling of one edge works with: one transaction, the run locked in it. */
export interface Telling {
  readonly batch: SubjectBatch;
  readonly run: AlertRun;
  readonly settings: AlertSettings;
  readonly ports: AlertPorts;
}

/** Where the run goes on; undefined: it is over. */
export type Outcome = RunPlace | undefined;

/** Customers told in one transaction: so many profiles are locked at once. */
export const TOLD_AT_ONCE = 200;
