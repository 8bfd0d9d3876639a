import type { Sql } from '../../platform/postgres/index.ts';
import { findStates, findWords, type WordRow, writeStates } from './consent-store.ts';
import { comesAfter } from './fold-merges.ts';
import { findMarks } from './follow-store.ts';
import { demandsOf } from './topic.ts';
import { listTopics } from './topic-store.ts';
import { hearWords, type SaidWord, type Standing, type Standings, standingKey, weighWords } from './weigh-words.ts';

/**
 * Makes what counts of these profiles anew from their records and merges: after new words, a merge, its undoing, and as
 * repair. Their subjects must be locked. One query a table.
 */
export async function refreshStates(sql: Sql, workspaceId: number, profileIds: readonly string[]): Promise<void> {
  if (profileIds.length === 0) return;
  const ids = [...new Set(profileIds)].sort();
  const words = await findWords(sql, workspaceId, ids);
  const marks = await findMarks(sql, workspaceId, [...words.keys()]);
  const listed = words.size === 0 ? [] : await listTopics(sql, workspaceId);
  const topics = new Map(listed.map((topic) => [topic.topic, topic]));
  const isMarketing = (topic: string) => demandsOf(topics, topic).isMarketing;
  const rows = [...words].flatMap(([id, said]) => {
    const { standing } = weighWords(id, { words: said, merges: marks.get(id) ?? [], isMarketing });
    return toRows(id, standing);
  });
  await writeStates(sql, workspaceId, { profileIds: ids, rows });
}

/** A word that was recorded just now, with its profile. */
export type FreshWord = Omit<SaidWord, 'seq' | 'nodeId' | 'saidBy'> & { readonly profileId: string };

/**
 * Brings what counts up to date with words recorded just now. A profile's records are read again only where a merge has a say
 * in the word, so that whoever says much costs no more each time. Subjects must be locked. One query a table.
 */
export async function addToStates(sql: Sql, workspaceId: number, fresh: readonly FreshWord[]): Promise<void> {
  if (fresh.length === 0) return;
  const said = new Map<string, FreshWord[]>();
  for (const word of fresh) {
    const known = said.get(word.profileId);
    if (known === undefined) said.set(word.profileId, [word]);
    else known.push(word);
  }
  const marks = await findMarks(sql, workspaceId, [...said.keys()]);
  const isAfter = ([id, words]: [string, FreshWord[]]) =>
    words.every((word) => comesAfter(word.occurredAt, marks.get(id) ?? []));
  const onTop = new Map([...said].filter(isAfter));
  await refreshStates(
    sql,
    workspaceId,
    [...said.keys()].filter((id) => !onTop.has(id)),
  );
  if (onTop.size === 0) return;
  const profileIds = [...onTop.keys()].sort();
  const states = standingsByProfile(await findStates(sql, workspaceId, profileIds));
  const rows = [...onTop].flatMap(([id, words]) => toRows(id, hearWords(states.get(id) ?? new Map(), words)));
  await writeStates(sql, workspaceId, { profileIds, rows });
}

function toRows(profileId: string, standings: Standings): WordRow[] {
  return [...standings].flatMap(([key, { denial, pending, grants }]) => {
    const [channel, topic] = key.split('\n') as [string, string];
    const none = { confirmed: false, address_hash: null };
    const row = (weight: { at: number; recordId: string }) => ({
      profile_id: profileId,
      channel,
      topic,
      occurred_ms: weight.at,
      record_id: weight.recordId,
    });
    return [
      ...(denial === undefined ? [] : [{ ...row(denial), ...none, status: 'denied' as const }]),
      ...(pending === undefined ? [] : [{ ...row(pending), ...none, status: 'pending' as const }]),
      ...grants.map((grant) => ({
        ...row(grant),
        status: 'granted' as const,
        confirmed: grant.isConfirmed,
        address_hash: grant.addressHash ?? null,
      })),
    ];
  });
}

/** What counts, by profile, from its rows. */
export function standingsByProfile(rows: readonly WordRow[]): Map<string, Map<string, Standing>> {
  const profiles = new Map<string, Map<string, Standing>>();
  for (const row of rows) {
    const standings = profiles.get(row.profile_id) ?? new Map<string, Standing>();
    profiles.set(row.profile_id, standings);
    const key = standingKey(row.channel, row.topic);
    const before = standings.get(key) ?? { denial: undefined, pending: undefined, grants: [] };
    const weight = { at: row.occurred_ms, recordId: row.record_id };
    standings.set(key, addRow(before, row, weight));
  }
  return profiles;
}

function addRow(before: Standing, row: WordRow, weight: { at: number; recordId: string }): Standing {
  if (row.status === 'denied') return { ...before, denial: weight };
  if (row.status === 'pending') return { ...before, pending: weight };
  const grant = { ...weight, isConfirmed: row.confirmed, addressHash: row.address_hash ?? undefined };
  return { ...before, grants: [...before.grants, grant] };
}
