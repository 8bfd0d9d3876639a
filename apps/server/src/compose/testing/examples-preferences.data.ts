import type { OperationId } from '@segue/contract';
import type { MakeExample } from './examples-commerce.data.ts';
import type { Shop } from './shop.ts';

const tokenOf = async ({ call, profileId }: Shop): Promise<string> =>
  (await call<{ token: string }>('openPreferences', { body: { profileId } })).token;

type PreferenceOperation = Exclude<Extract<OperationId, `${string}Preference${string}`>, 'createPreferenceLink'>;

/** A call of every endpoint of preferences that succeeds, once. */
export const PREFERENCES_EXAMPLES: Readonly<Record<PreferenceOperation, MakeExample>> = {
  getPreferences: () => ({ query: { identifier: 'userId:ada' } }),
  setPreferences: ({ profileId, word }) => ({ body: { profileId, changes: [{ name: 'size', value: word() }] } }),
  openPreferences: ({ profileId }) => ({ body: { profileId } }),
  linkPreferences: async (shop) => ({ body: { token: await tokenOf(shop), profileId: shop.profileId } }),
  renewPreferenceTokens: async (shop) => {
    await tokenOf(shop);
    return { body: { profileId: shop.profileId } };
  },
};
