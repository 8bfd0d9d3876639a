import type { WorkspaceKeys } from '../../platform/crypto/index.ts';
import type { Sql } from '../../platform/postgres/index.ts';
import {
  auditKey,
  type BrokenLink,
  CHAIN_BEGUN,
  type ChainHead,
  EMPTY_CHAIN,
  followChain,
  isSameHash,
} from './audit-chain.ts';
import { findLinkDetail, listAudited, listLinks, readChainEnd } from './audit-chain-store.ts';
import { digestEarlier } from './chain-audit.ts';

/** What following a piece of the chain found. `last` is the last link that holds; go on behind it. */
export interface Verification {
  readonly head: ChainHead;
  readonly last: ChainHead;
  readonly broken: BrokenLink | undefined;
}

/**
 * Follows at most `limit` links behind `after`, a link that was followed before. The first piece also counts again what
 * was written before there was a chain; the last one sees that nothing is missing at the end, nor put behind it.
 */
export async function verifyAudit(
  sql: Sql,
  options: { workspaceId: number; keys: WorkspaceKeys; after: ChainHead | undefined; limit: number },
): Promise<Verification> {
  const { workspaceId, keys, after, limit } = options;
  const { head = EMPTY_CHAIN, beyondId } = await readChainEnd(sql, workspaceId);
  const isBegin = after === undefined;
  if (isBegin && !(await isEarlierWhole(sql, workspaceId))) {
    return { head, last: EMPTY_CHAIN, broken: { reason: 'unchained', seq: 0, entryId: undefined } };
  }
  const before = after ?? EMPTY_CHAIN;
  // Links beyond the head that was read are of changes made meanwhile.
  const links = await listLinks(sql, workspaceId, { afterSeq: before.seq, untilSeq: head.seq, limit });
  const { head: last, broken } = followChain(auditKey(keys), { workspaceId, before, links });
  if (broken !== undefined) return { head, last, broken };
  const isEnd = links.length < limit || last.seq === head.seq;
  if (isEnd && (last.seq !== head.seq || !isSameHash(last.hash, head.hash))) {
    return { head, last, broken: { reason: 'missing', seq: last.seq + 1, entryId: undefined } };
  }
  if (isEnd && beyondId !== undefined) {
    return { head, last, broken: { reason: 'unchained', seq: head.seq + 1, entryId: beyondId } };
  }
  return { head, last, broken: undefined };
}

async function isEarlierWhole(sql: Sql, workspaceId: number): Promise<boolean> {
  const earlier = await digestEarlier(sql, workspaceId);
  const said = await findLinkDetail(sql, workspaceId, { seq: 1, action: CHAIN_BEGUN });
  if (said === undefined) return earlier.count === 0;
  const { earlierEntries, earlierDigest } = earlier.detail();
  return said['earlierEntries'] === earlierEntries && said['earlierDigest'] === earlierDigest;
}

const PIECE = 5_000;

/** Follows every workspace's chain to its end. Answers how many links hold, and the first that does not. */
export async function findBrokenAudit(
  sql: Sql,
  keysOf: (workspaceId: number) => Promise<WorkspaceKeys>,
): Promise<{ verified: number; broken: (BrokenLink & { workspaceId: number }) | undefined }> {
  let verified = 0;
  for (const workspaceId of await listAudited(sql)) {
    const keys = await keysOf(workspaceId);
    for (let after: ChainHead | undefined; ;) {
      const { head, last, broken } = await verifyAudit(sql, { workspaceId, keys, after, limit: PIECE });
      verified += last.seq - (after?.seq ?? 0);
      if (broken !== undefined) return { verified, broken: { ...broken, workspaceId } };
      if (last.seq >= head.seq) break;
      after = last;
    }
  }
  return { verified, broken: undefined };
}
