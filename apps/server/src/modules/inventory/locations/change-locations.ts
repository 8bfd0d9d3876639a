import { AppError } from '../../../platform/errors.ts';
import type { TxCtx } from '../../../platform/eventlog/index.ts';
import { newUuid } from '../../../platform/ids/index.ts';
import { type ExternalRef, findRefs, recordRefs } from '../../catalog/index.ts';
import { insertRetold } from '../news/news-store.ts';
import { capabilitiesOf, type Location } from './location.ts';
import { findLocation, findLocationByCode, upsertLocationRow } from './location-store.ts';

export type LocationInput = Pick<Location, 'name' | 'kind'> & Partial<Omit<Location, 'id' | 'name' | 'kind'>>;

/** Adds a place with stock. */
export async function createLocation(ctx: TxCtx, input: LocationInput): Promise<Location> {
  return put(ctx, { ...defaults(input), id: newUuid(ctx.clock.now()) });
}

/** What is not given stays as it is. */
export async function updateLocation(
  ctx: TxCtx,
  id: string,
  changes: Partial<Omit<Location, 'id'>>,
): Promise<Location> {
  const known = await findLocation(ctx.sql, ctx.workspaceId, id);
  if (known === undefined) throw new AppError('not_found', 'There is no such location');
  const changed = await put(ctx, { ...known, ...changes });
  await retell(ctx, known, changed);
  return changed;
}

/** What channels may sell has changed with whether and for whom it sells. */
async function retell(ctx: TxCtx, before: Location, after: Location): Promise<void> {
  const termsOf = ({ state, channels }: Location): string => JSON.stringify([state, [...channels].sort()]);
  if (termsOf(before) === termsOf(after)) return;
  const at = new Date(ctx.clock.now());
  await insertRetold(ctx.sql, ctx.workspaceId, { retold: { locationId: after.id }, at });
}

/** Places as a connected shop tells them (of what kind one is it can only guess, once): each is one of ours by what the shop calls it. Answers our ids. */
export async function upsertLocations(
  ctx: TxCtx,
  inputs: readonly (LocationInput & { readonly ref: ExternalRef })[],
): Promise<string[]> {
  const { sql, workspaceId } = ctx;
  const known = await findRefs(
    sql,
    workspaceId,
    inputs.map(({ ref }) => ({ ...ref, kind: 'location' })),
  );
  const ids: string[] = [];
  for (const [place, { ref, ...input }] of inputs.entries()) {
    const id = known[place];
    // Few places, seldom told: one after the other.
    const before = id === undefined ? undefined : await findLocation(sql, workspaceId, id);
    const made = await put(
      ctx,
      before === undefined
        ? { ...defaults(input), id: newUuid(ctx.clock.now()) }
        : { ...before, ...input, kind: before.kind },
    );
    if (before !== undefined) await retell(ctx, before, made);
    if (id === undefined) await recordRefs(sql, workspaceId, [{ ...ref, kind: 'location', internalId: made.id }]);
    ids.push(made.id);
  }
  return ids;
}

function defaults(input: LocationInput): Omit<Location, 'id'> {
  return {
    ...{ code: null, state: 'active', capabilities: capabilitiesOf(input.kind), channels: [], priority: 100 },
    ...{ timeZone: null, hours: null, country: null, postcode: null, latitude: null, longitude: null },
    ...input,
  };
}

async function put(ctx: TxCtx, location: Location): Promise<Location> {
  const { sql, workspaceId } = ctx;
  if (location.code !== null) {
    const holder = await findLocationByCode(sql, workspaceId, location.code);
    if (holder !== undefined && holder !== location.id) {
      throw new AppError('conflict', 'Another location has this code', {
        details: [{ field: 'code', message: 'is taken; choose another' }],
      });
    }
  }
  await upsertLocationRow(sql, workspaceId, { location, at: new Date(ctx.clock.now()) });
  return location;
}
