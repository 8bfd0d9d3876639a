import type { Example } from './api-world.ts';
import type { MakeExample } from './examples-promotions.data.ts';
import type { Shop } from './shop.ts';

const terms = {
  earn: { rates: [{ currency: 'EUR', points: 1 }], multipliers: [{ match: { collection: 'shirts' }, by: 2 }] },
  burn: { values: [{ currency: 'EUR', points: 100, amountMinor: 100 }] },
  expiry: { kind: 'end_of_year', years: 1 },
  isTransferable: true,
};
const rule = (shop: Shop) => ({
  name: shop.word(),
  event: 'Product Reviewed',
  formula: { kind: 'fixed', points: 50 },
  limits: { perDay: 100 },
});

const newKey = (shop: Shop): string =>
  `p${shop
    .word()
    .toLowerCase()
    .replaceAll(/[^a-z0-9]/g, '')}`.slice(0, 40);
const newProgram = (shop: Shop): Promise<{ key: string }> =>
  shop.call('createPointsProgram', { body: { key: newKey(shop), name: shop.word(), terms } });

const programs = new WeakMap<Shop, Promise<{ key: string }>>();

/** The one program of a shop that points are earned in. */
export async function programOf(shop: Shop): Promise<string> {
  const made = programs.get(shop) ?? newProgram(shop);
  programs.set(shop, made);
  return (await made).key;
}

async function newRule(shop: Shop): Promise<{ id: string }> {
  return shop.call('createPointsRule', { params: { key: await programOf(shop) }, body: rule(shop) });
}

/** Points of the customer whose lists are read. */
export async function earnSome(shop: Shop, profileId: string = shop.profileId): Promise<void> {
  const program = await programOf(shop);
  await shop.call('earnPoints', { body: { profileId, program, reference: shop.word(), points: 1_000 } });
}

async function newBurn(shop: Shop): Promise<Example> {
  const program = await programOf(shop);
  await earnSome(shop);
  return { body: { profileId: shop.profileId, program, reference: shop.word(), points: 100, currency: 'EUR' } };
}

const ofProgram: MakeExample = async (shop) => ({ params: { key: await programOf(shop) } });
const ofRule: MakeExample = async (shop) => ({ params: { id: (await newRule(shop)).id } });
const ofProfile: MakeExample = async (shop) => {
  await earnSome(shop);
  return { params: { id: shop.profileId } };
};

/** A call of every endpoint of points that succeeds, once. */
export const LOYALTY_EXAMPLES = {
  createPointsProgram: (shop) => ({ body: { key: newKey(shop), name: 'Stars', terms } }),
  listPointsPrograms: () => ({}),
  getPointsProgram: ofProgram,
  updatePointsProgram: async (shop) => ({ params: { key: (await newProgram(shop)).key }, body: { name: 'Moons' } }),
  getPointsTotals: ofProgram,
  createPointsRule: async (shop) => ({ params: { key: await programOf(shop) }, body: rule(shop) }),
  listPointsRules: ofProgram,
  getPointsRule: ofRule,
  updatePointsRule: async (shop) => ({ params: { id: (await newRule(shop)).id }, body: { state: 'paused' } }),
  getProfilePoints: ofProfile,
  findPoints: () => ({ query: { identifier: 'userId:ada' } }),
  listPointsEntries: (shop) => ({ params: { id: shop.profileId } }),
  quotePoints: async (shop) => ({
    body: { program: await programOf(shop), currency: 'EUR', amountMinor: 1_999, points: 100 },
  }),
  earnPoints: async (shop) => ({
    body: { profileId: shop.profileId, program: await programOf(shop), reference: shop.word(), points: 10 },
  }),
  burnPoints: newBurn,
  refundPoints: async (shop) => {
    const { body } = (await newBurn(shop)) as { body: { program: string; reference: string } };
    await shop.call('burnPoints', { body });
    return { body: { program: body.program, burn: body.reference, reference: shop.word() } };
  },
  adjustPoints: async (shop) => ({
    body: {
      ...{ profileId: shop.profileId, program: await programOf(shop), reference: shop.word() },
      ...{ points: 5, reason: 'Forgotten at the till' },
    },
  }),
  transferPoints: async (shop) => {
    await earnSome(shop);
    const to = { profileId: await shop.addProfile() };
    const program = await programOf(shop);
    return { body: { from: { profileId: shop.profileId }, to, program, reference: shop.word(), points: 10 } };
  },
} satisfies Record<string, MakeExample>;
