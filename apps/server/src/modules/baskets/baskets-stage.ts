import { type EventBatch, finalOwners, type RebuildBatch, type Stage } from '../../platform/eventlog/index.ts';
import { listNumberedSources } from '../accounts/index.ts';
import { ownersOfNodes } from '../profiles/index.ts';
import type { BasketOwner } from './basket.ts';
import { findByRefs, findByTokens, listNaming, listOfNodes, listWaiting, readBasketRows } from './basket-store.ts';
import { linkBaskets, moveBaskets } from './link-baskets.ts';
import { noteViews } from './viewed/note-views.ts';

/** Baskets follow their customers, find them by events, and remember what they looked at. */
export function createBasketsStage(): Stage {
  return {
    name: 'baskets',
    async run(batch) {
      await followMerges(batch);
      await findWaiting(batch);
      await linkTold(batch);
      await noteViews(batch);
    },
    async rebuild(batch) {
      await handOver(batch);
    },
  };
}

async function followMerges(batch: EventBatch): Promise<void> {
  const finals = finalOwners(batch.merges);
  const ids = await listNaming(batch.sql, batch.workspaceId, [...finals.keys()]);
  if (ids.length === 0) return;
  const rows = await readBasketRows(batch.sql, batch.workspaceId, ids);
  const moves = rows.flatMap(({ id, profile_id: from, node }) => {
    const profileId = finals.get(from ?? '');
    return profileId === undefined ? [] : [{ basketId: id, owner: { profileId, node } }];
  });
  await moveBaskets(batch, moves);
}

/** A device's or an identifier's basket, whose profile comes into being with this batch. */
async function findWaiting(batch: EventBatch): Promise<void> {
  const nodes = new Set(batch.entries.flatMap(({ event }) => event.nodes.map(({ id }) => id)));
  const waiting = await listWaiting(batch.sql, batch.workspaceId, [...nodes]);
  if (waiting.length === 0) return;
  const owners = await ownersOfNodes(
    batch.sql,
    batch.workspaceId,
    waiting.map(({ node }) => node),
  );
  const moves = waiting.flatMap(({ id, node }) => {
    const profileId = owners.get(node);
    return profileId === undefined ? [] : [{ basketId: id, owner: { profileId, node } }];
  });
  if (moves.length > 0) await moveBaskets(batch, moves);
}

/**
 * An event that names a cart says whose it is, from a source that is trusted alone: a browser that types somebody's user id would
 * be told what lies in her cart.
 */
async function linkTold(batch: EventBatch): Promise<void> {
  const told = cartsIn(batch);
  if (told.length === 0) return;
  const { sql, workspaceId } = batch;
  const sources = await listNumberedSources(sql, workspaceId);
  const trusted = new Set(sources.filter(({ isTrusted }) => isTrusted).map(({ number }) => number));
  const ownerOf = new Map<string, BasketOwner>();
  for (const { token, source, owner } of told) if (trusted.has(source)) ownerOf.set(token, owner);
  const tokens = [...ownerOf.keys()];
  const byToken = await findByTokens(sql, workspaceId, tokens);
  const byRef = await findByRefs(sql, workspaceId, tokens);
  // Of a name that two shops have given it is not said which is meant.
  const alone = byRef.filter((row) => byRef.every((other) => other === row || other.source_ref !== row.source_ref));
  const named = [...byToken, ...alone.map((row) => [row.source_ref, row.id] as const)];
  const open = await readBasketRows(
    sql,
    workspaceId,
    named.map(([, id]) => id),
  );
  const unlinked = new Set(open.filter((row) => !row.is_linked && row.state !== 'merged').map(({ id }) => id));
  const links = named.flatMap(([token, basketId]) =>
    unlinked.has(basketId) ? [{ basketId, owner: ownerOf.get(token)! }] : [],
  );
  await linkBaskets(batch, links);
}

function cartsIn(batch: EventBatch): { token: string; source: number; owner: BasketOwner }[] {
  const finals = finalOwners(batch.merges);
  return batch.entries.flatMap(({ event, subject }) => {
    const token = event.payload.properties?.['cart_id'];
    const { source } = event.payload;
    const node = event.nodes[0];
    if (event.type !== 'track' || subject === undefined || node === undefined || source === undefined) return [];
    if (typeof token !== 'string' || token.length > 200) return [];
    return [{ token, source, owner: { profileId: finals.get(subject.id) ?? subject.id, node: node.id } }];
  });
}

/** What is filed under a node goes where the node went. */
async function handOver(batch: RebuildBatch): Promise<void> {
  const rows = await listOfNodes(batch.sql, batch.workspaceId, batch.handovers);
  if (rows.length === 0) return;
  const target = new Map(batch.handovers.flatMap(({ into, nodes }) => nodes.map(({ id }) => [id, into.id] as const)));
  await moveBaskets(
    batch,
    rows.map(({ id, node }) => ({ basketId: id, owner: { profileId: target.get(node)!, node } })),
  );
}
