import type { Services } from '../../../platform/context.ts';
import { readErasureEpoch } from '../../profiles/index.ts';
import { letGoOfDeadKeys } from './erasure-store.ts';

/** By database: the number of erasures that was seen last, and the one that was tidied up after. */
const seen = new WeakMap<Services['postgres'], { last: number; done: number }>();

/**
 * Dead rows and the write-ahead log still hold the wrapped keys of who was erased: once no further erasure has come since
 * the round before, PostgreSQL is asked to let go of both. Answers 1 when it was. A role that may not ask for it leaves
 * the log to PostgreSQL's own checkpoints.
 */
export async function forgetRemnants(services: Services): Promise<number> {
  const { postgres } = services;
  const epoch = await readErasureEpoch(postgres);
  const before = seen.get(postgres) ?? { last: 0, done: 0 };
  const isDue = epoch > before.done && epoch === before.last;
  if (isDue) await letGoOfDeadKeys(postgres);
  seen.set(postgres, { last: epoch, done: isDue ? epoch : before.done });
  return isDue ? 1 : 0;
}
