import type { Ctx } from '../../platform/context.ts';
import type { Json } from '../../platform/json.ts';
import {
  createTableKeeper,
  type PersonalDataKeeper,
  type PersonalItem,
  type PersonalSubject,
} from '../../platform/personal-data/index.ts';
import { listIdentifiers } from '../profiles/index.ts';
import { addressHash } from './address.ts';
import { openProof } from './proof.ts';
import { readMergedConsents } from './read-merged-consents.ts';
import { findSuppressions } from './suppression-store.ts';

const ROW = { profiles: ['profile_id'], nodes: ['node_id'], order: ['occurred_at', 'id'], sealed: ['proof'] };

const tables = createTableKeeper({
  name: 'consent',
  tables: [
    { ...ROW, table: 'consent_record', kind: 'consent', hidden: ['address_hash'] },
    { ...ROW, table: 'consent_signal', kind: 'consentSignal' },
    { ...ROW, table: 'consent_wish', kind: 'wish' },
    {
      table: 'consent_state',
      kind: 'consentState',
      profiles: ['profile_id'],
      order: ['profile_id', 'channel', 'topic'],
    },
    {
      table: 'consent_merge',
      kind: 'consentMerge',
      profiles: ['profile_id', 'from_profile', 'into_profile'],
      order: ['seq', 'profile_id'],
    },
    {
      table: 'consent_confirmation',
      kind: 'consentConfirmation',
      profiles: ['profile_id'],
      nodes: ['node_id'],
      order: ['asked_at', 'id'],
      hidden: ['address_hash', 'asked_address'],
    },
  ],
  async open(ctx, _column, rows) {
    const keys = await ctx.keysOf(ctx.workspaceId);
    return rows.map(({ sealed }) => (sealed === null ? undefined : (openProof(keys, sealed) as Json)));
  },
});

/**
 * What she agreed to and refused, with its proof. Erased whole: that an address must not be written to stays in
 * `suppression`, where it is a keyed hash, and is told to whoever has the address.
 */
export const consentPersonalData: PersonalDataKeeper = {
  ...tables,
  async *export(ctx, subject) {
    yield* tables.export(ctx, subject);
    yield* exportSuppressions(ctx, subject);
    for (const [fromProfileId, consents] of await readMergedConsents(ctx, subject.profileId))
      yield { kind: 'mergedConsent', data: { fromProfileId, consents: consents.map((consent) => ({ ...consent })) } };
  },
};

const CHANNEL_OF: Readonly<Record<string, string>> = { email: 'email', phone: 'sms' };

/** Why her addresses must not be written to, each by the address it is about. */
async function* exportSuppressions(ctx: Ctx, { profileId }: PersonalSubject): AsyncIterable<PersonalItem> {
  const keys = await ctx.keysOf(ctx.workspaceId);
  const addresses = new Map<string, string>();
  for (const { kind, value } of await listIdentifiers(ctx, profileId)) {
    // Whatever is neither mail nor telephone is hashed alike.
    addresses.set(addressHash(keys, CHANNEL_OF[kind] ?? 'push', value), value);
  }
  for (const row of await findSuppressions(ctx.sql, ctx.workspaceId, [...addresses.keys()])) {
    const { channel, reason, source } = row;
    const occurredAt = new Date(row.occurred_ms).toISOString();
    yield {
      kind: 'suppression',
      data: { address: addresses.get(row.address_hash)!, channel, reason, source, occurredAt },
    };
  }
}
