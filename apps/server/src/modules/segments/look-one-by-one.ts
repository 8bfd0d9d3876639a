import type { Services } from '../../platform/context.ts';
import { isDatabaseTrouble } from './member-store.ts';

/** One that could not be looked at is looked at again after this. */
export const FAULT_REST_MS = 60_000;

/**
 * Looks at profiles all at once; where that fails, at half of them and half of them, so that one that fails by itself does not
 * keep the others waiting. Answers those that did. `look` makes a transaction of its own.
 */
export async function lookOneByOne(
  services: Pick<Services, 'logger'>,
  ids: readonly string[],
  look: (ids: readonly string[]) => Promise<void>,
): Promise<readonly string[]> {
  try {
    await look(ids);
    return [];
  } catch (error) {
    // That is nobody's own fault.
    if (isDatabaseTrouble(error)) throw error;
    if (ids.length === 1) {
      services.logger.error({ error, profileId: ids[0] }, 'a profile could not be asked for its segments; it waits');
      return ids;
    }
    const middle = Math.ceil(ids.length / 2);
    const failed = await lookOneByOne(services, ids.slice(0, middle), look);
    return [...failed, ...(await lookOneByOne(services, ids.slice(middle), look))];
  }
}
