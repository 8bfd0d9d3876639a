import type { PresentedPermission } from '@segue/contract';
import type { Ctx } from '../../platform/context.ts';
import { findRecords, findStates } from './consent-store.ts';
import { decidePermission, type Permission, type PermissionFacts, type SuppressionReason } from './permission.ts';
import { presentConsent } from './present-consent.ts';
import { type ChannelAddress, listChannelAddresses } from './reach.ts';
import { standingsByProfile } from './refresh-states.ts';
import { findSuppressions } from './suppression-store.ts';
import { ALL_TOPICS, demandsOf, type Topic } from './topic.ts';
import { listTopics } from './topic-store.ts';
import { type Standing, standingKey } from './weigh-words.ts';

interface Cell {
  readonly channel: string;
  readonly addressHash: string | undefined;
  readonly isUsed: boolean;
  readonly topic: string;
  readonly facts: PermissionFacts;
  readonly permission: Permission;
}

/**
 * What may be sent to a customer: every channel she has an address for or was asked about, with each address, against every
 * topic. One query a table. A restricted customer gets nothing, whatever she said.
 */
export async function readMatrix(ctx: Ctx, profileId: string, held: Held): Promise<PresentedPermission[]> {
  const { sql, workspaceId } = ctx;
  const standings = standingsByProfile(await findStates(sql, workspaceId, [profileId])).get(profileId) ?? new Map();
  const reached = await listChannelAddresses(ctx, profileId);
  const suppressed = new Map<string, SuppressionReason[]>();
  const hashes = [...new Set(reached.map((one) => one.addressHash))];
  for (const { address_hash: hash, channel, reason } of await findSuppressions(sql, workspaceId, hashes)) {
    const key = `${channel} ${hash}`;
    suppressed.set(key, [...(suppressed.get(key) ?? []), reason]);
  }
  const cells = cellsOf({ topics: await listTopics(sql, workspaceId), standings, reached, suppressed });
  const ids = cells.flatMap(({ permission }) => permission.recordId ?? []);
  const keys = await ctx.keysOf(workspaceId);
  const records = new Map(
    (await findRecords(sql, workspaceId, [...new Set(ids)])).map((row) => [
      row.id,
      // What is pending is no word yet.
      presentConsent(keys, row, { isCurrent: row.status !== 'pending' }),
    ]),
  );
  return cells.map((cell) => ({
    ...presentCell(cell, held),
    record: records.get(cell.permission.recordId ?? '') ?? null,
  }));
}

function cellsOf(known: {
  topics: readonly Topic[];
  standings: ReadonlyMap<string, Standing>;
  reached: readonly ChannelAddress[];
  suppressed: ReadonlyMap<string, readonly SuppressionReason[]>;
}): Cell[] {
  const { standings, reached, suppressed } = known;
  const topics = new Map(known.topics.map((topic) => [topic.topic, topic]));
  const saidOn = new Map<string, string[]>();
  for (const key of standings.keys()) {
    const [channel, topic] = key.split('\n') as [string, string];
    const known = saidOn.get(channel);
    if (known === undefined) saidOn.set(channel, [topic]);
    else known.push(topic);
  }
  const unreached = new Set(saidOn.keys());
  for (const { channel } of reached) unreached.delete(channel);
  const places = [...reached, ...[...unreached].map((channel) => ({ channel, addressHash: undefined }))];
  const used = new Set<string>();
  return places.flatMap(({ channel, addressHash }) => {
    const isUsed = addressHash !== undefined && !used.has(channel);
    used.add(channel);
    // A topic nobody defined is shown only where it was said: events may name any number of them.
    const said = (saidOn.get(channel) ?? []).filter((topic) => topic !== ALL_TOPICS);
    return [...new Set([...topics.keys(), ...said])].map((topic): Cell => {
      const facts = {
        ...demandsOf(topics, topic),
        ofTopic: standings.get(standingKey(channel, topic)),
        ofAll: standings.get(standingKey(channel, ALL_TOPICS)),
        addressHash: addressHash ?? '',
        suppressions: suppressed.get(`${channel} ${addressHash ?? ''}`) ?? [],
      };
      return { channel, addressHash, isUsed, topic, facts, permission: decidePermission(facts) };
    });
  });
}

/** What holds messages back whatever was said of channel and topic. */
interface Held {
  readonly isRestricted: boolean;
  readonly isPaused: boolean;
}

function presentCell(cell: Cell, held: Held): Omit<PresentedPermission, 'record'> {
  const { channel, topic, addressHash, isUsed, facts, permission } = cell;
  const refusedFor = refusalOf(cell, held);
  return {
    channel,
    addressHash: addressHash ?? null,
    isUsed,
    topic,
    state: stateOf(cell),
    legalBasis: facts.isMarketing ? 'marketing' : 'transactional',
    default: facts.silence,
    isPermitted: refusedFor === null,
    refusedFor,
    suppression: permission.suppression ?? null,
  };
}

/** What she said, whether or not the address may be used. */
function stateOf({ facts }: Cell): PresentedPermission['state'] {
  const { consent, decision } = decidePermission({ ...facts, suppressions: [] });
  switch (consent) {
    case 'granted':
      return decision.kind === 'permitted' ? 'subscribed' : 'pending';
    case 'denied':
      return 'unsubscribed';
    case 'pending':
      return 'pending';
    case 'unasked':
      return 'never_asked';
  }
}

function refusalOf({ permission, facts, addressHash }: Cell, held: Held): PresentedPermission['refusedFor'] {
  if (held.isRestricted) return 'restricted';
  const { kind } = permission.decision;
  if (kind !== 'permitted') return kind;
  if (addressHash === undefined) return 'no_address';
  return facts.isMarketing && held.isPaused ? 'paused' : null;
}
