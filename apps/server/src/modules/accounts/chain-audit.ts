import type { WorkspaceKeys } from '../../platform/crypto/index.ts';
import { newUuid } from '../../platform/ids/index.ts';
import type { Sql } from '../../platform/postgres/index.ts';
import {
  auditKey,
  CHAIN_BEGUN,
  type ChainedEntry,
  type ChainHead,
  EarlierEntries,
  EMPTY_CHAIN,
  linkHash,
  type StoredLink,
} from './audit-chain.ts';
import { beginChain, insertLinks, listEarlierEntries, lockChain } from './audit-chain-store.ts';

const NO_ID = '00000000-0000-0000-0000-000000000000';
const PAGE = 1_000;

/** Entries of one workspace, with the key that chains them. */
export interface Unchained {
  readonly workspaceId: number;
  readonly keys: WorkspaceKeys;
  readonly entries: readonly ChainedEntry[];
}

/**
 * Hangs entries onto their workspaces' chains. The lock on a chain holds everybody else's changes up: do this last before
 * the lanes. Workspaces in order, so that two never wait for each other.
 */
export async function chainAudit(sql: Sql, parts: readonly Unchained[], nowMs: number): Promise<void> {
  for (const part of [...parts].sort((a, b) => a.workspaceId - b.workspaceId)) await chainPart(sql, part, nowMs);
}

async function chainPart(sql: Sql, { workspaceId, keys, entries }: Unchained, nowMs: number): Promise<void> {
  const key = auditKey(keys);
  let head = await lockChain(sql, workspaceId);
  const first: ChainedEntry[] = [];
  if (head === undefined) {
    await beginChain(sql, workspaceId, EMPTY_CHAIN);
    head = (await lockChain(sql, workspaceId)) ?? EMPTY_CHAIN;
    if (head.seq === 0) first.push(...(await entryForEarlier(sql, workspaceId, nowMs)));
  }
  const links: StoredLink[] = [];
  let before: ChainHead = head;
  for (const entry of [...first, ...entries]) {
    const link = { ...entry, seq: before.seq + 1, hash: linkHash(key, { workspaceId, before, entry }) };
    links.push(link);
    before = link;
  }
  await insertLinks(sql, workspaceId, links);
}

/** None where nothing was written before there was a chain. */
async function entryForEarlier(sql: Sql, workspaceId: number, nowMs: number): Promise<ChainedEntry[]> {
  const earlier = await digestEarlier(sql, workspaceId);
  if (earlier.count === 0) return [];
  return [
    {
      id: newUuid(nowMs),
      atUs: microseconds(nowMs),
      actorKind: 'system',
      actorId: 'audit',
      ip: null,
      action: CHAIN_BEGUN,
      subject: null,
      detail: earlier.detail(),
    },
  ];
}

export async function digestEarlier(sql: Sql, workspaceId: number): Promise<EarlierEntries> {
  const earlier = new EarlierEntries();
  for (let afterId = NO_ID; ;) {
    const page = await listEarlierEntries(sql, workspaceId, { afterId, limit: PAGE });
    for (const entry of page) earlier.add(entry);
    if (page.length < PAGE) return earlier;
    afterId = page.at(-1)!.id;
  }
}

export function microseconds(ms: number): string {
  return String(Math.floor(ms) * 1_000);
}
