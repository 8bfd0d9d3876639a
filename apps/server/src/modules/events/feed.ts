import type { FeedItem } from '@segue/contract';
import type { Ctx } from '../../platform/context.ts';
import { type LoggedEvent, readNewest } from '../../platform/eventlog/index.ts';
import { publicId } from '../../platform/ids/index.ts';
import { type IdentifierReader, identifierReaderOf, ownersOfNodes } from '../profiles/index.ts';

/** The newest events of the workspace as the logs hold them, newest first. Personal values stay sealed. */
export async function listRecentEvents(ctx: Ctx, limit: number): Promise<FeedItem[]> {
  const events = await readNewest(
    ctx.sql,
    limit,
    (event) => event.workspaceId === ctx.workspaceId && event.type !== 'map' && event.payload.replayOf === undefined,
  );
  const nodes = events.flatMap((event) => event.nodes.slice(0, 1).map((node) => node.id));
  const owners = await ownersOfNodes(ctx.sql, ctx.workspaceId, nodes);
  const reader = await identifierReaderOf(ctx, ctx.workspaceId);
  return events.map((event) => presentEvent(event, { owners, reader }));
}

function presentEvent(
  event: LoggedEvent,
  { owners, reader }: { owners: ReadonlyMap<number, string>; reader: IdentifierReader },
): FeedItem {
  const node = event.nodes[0];
  const owner = node === undefined ? undefined : owners.get(node.id);
  return {
    id: `${event.log}-${event.lane}-${event.seq}`,
    type: event.type,
    name: event.name,
    occurredAt: new Date(event.occurredAt).toISOString(),
    receivedAt: new Date(event.receivedAt).toISOString(),
    profileId: owner === undefined ? null : publicId('prf', owner),
    via: node === undefined ? null : (reader.kindOfCode(node.kind) ?? null),
    properties: event.payload.properties ?? {},
  };
}
