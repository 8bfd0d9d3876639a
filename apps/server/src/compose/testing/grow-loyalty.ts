import type { OperationId } from '@segue/contract';
import type { ApiWorld } from './api-world.ts';
import { earnSome, LOYALTY_EXAMPLES } from './examples-loyalty.data.ts';
import type { MakeExample } from './examples-promotions.data.ts';
import type { Shop } from './shop.ts';

type Grow = (world: ApiWorld, shop: Shop) => Promise<void>;

function by(id: OperationId & keyof typeof LOYALTY_EXAMPLES): Grow {
  const make: MakeExample = LOYALTY_EXAMPLES[id];
  return async (_world, shop) => void (await shop.call(id, await make(shop)));
}

/** How each list of points gets one row more. */
export const LOYALTY_GROW = {
  listPointsPrograms: by('createPointsProgram'),
  listPointsRules: by('createPointsRule'),
  listPointsEntries: (_world, shop) => earnSome(shop),
} as const satisfies Readonly<Record<string, Grow>>;
