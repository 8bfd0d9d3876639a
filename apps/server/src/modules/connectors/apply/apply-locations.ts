import { parsePublicId } from '../../../platform/ids/index.ts';
import { findRefs } from '../../catalog/index.ts';
import { upsertLocations } from '../../inventory/index.ts';
import type { ShopLocation } from '../product-record.ts';
import { type Applying, ownerOf } from './applying.ts';
import { upsertPieces } from './piece-store.ts';
import type { Told } from './sort-records.ts';

type LocationTold = Parameters<typeof upsertLocations>[1][number];

/** Of a shop that has one stock and no places. */
const ONLY_PLACE = 'default';

/** Places as their shop tells them. */
export async function applyLocations(applying: Applying, told: readonly Told<ShopLocation>[]): Promise<void> {
  if (told.length === 0) return;
  const { ctx } = applying;
  const pieces = told.map((one) => ({ ...one, parentId: undefined }));
  const news = await upsertPieces(ctx.sql, ownerOf(applying), { kind: 'location', pieces });
  const changed = told.flatMap(({ id, value }) =>
    value !== undefined && news.has(id) ? [toldOf(applying, value)] : [],
  );
  if (changed.length > 0) await upsertLocations(ctx, changed);
}

function toldOf(applying: Applying, { id, name, isActive, country, postcode }: ShopLocation): LocationTold {
  const code = country?.length === 2 ? country.toUpperCase() : undefined;
  return {
    ...stubOf(applying, id),
    ...{ name, state: isActive ? 'active' : 'inactive' },
    ...(code !== undefined && { country: code }),
    ...(postcode !== undefined && { postcode }),
  };
}

/** A place of which nothing is known but that it is named. */
function stubOf({ connector }: Applying, id: string): LocationTold {
  const ref = { source: connector.source, id };
  return { ref, name: id === ONLY_PLACE ? connector.name : id, kind: connector.kind === 'pos' ? 'store' : 'warehouse' };
}

/**
 * Our places behind what the shop calls them; undefined stands for the only one it has. One that nobody told of yet is made,
 * by its id alone: what names it need not wait.
 */
export async function resolveLocations(
  applying: Applying,
  named: Iterable<string | undefined>,
): Promise<(name: string | undefined) => string> {
  const { ctx, connector } = applying;
  const names = [...new Set([...named].map((name) => name ?? ONLY_PLACE))].sort();
  const ids = new Map(names.flatMap((name) => ownId(name)));
  const foreign = names.filter((name) => !ids.has(name));
  const refs = foreign.map((id) => ({ source: connector.source, id, kind: 'location' }));
  const found = await findRefs(ctx.sql, ctx.workspaceId, refs);
  const unknown = foreign.filter((_name, at) => found[at] === undefined);
  const made =
    unknown.length === 0
      ? []
      : await upsertLocations(
          ctx,
          unknown.map((name) => stubOf(applying, name)),
        );
  for (const [at, name] of foreign.entries()) if (found[at] !== undefined) ids.set(name, found[at]);
  for (const [at, name] of unknown.entries()) ids.set(name, made[at]!);
  return (name) => ids.get(name ?? ONLY_PLACE)!;
}

/** Tills may name a place of ours by our own id. */
function ownId(name: string): [string, string][] {
  const uuid = parsePublicId('loc', name);
  return uuid === undefined ? [] : [[name, uuid]];
}
