import { AppError, type ErrorDetail } from '../../platform/errors.ts';
import { parsePublicId, requirePublicId } from '../../platform/ids/index.ts';
import type { Sql } from '../../platform/postgres/index.ts';
import { readVariants } from '../catalog/index.ts';
import { holdLocations } from './locations/location-store.ts';

/** What a call names, by the path of the field where it does. */
interface Named {
  readonly field: string;
  readonly id: string;
}

/** The variants and locations of a call as uuids, in its order; one that is not there is refused by its field. */
export async function requireKnown(
  ctx: { readonly sql: Sql; readonly workspaceId: number },
  { variants = [], locations = [] }: { variants?: readonly Named[]; locations?: readonly Named[] },
): Promise<{ variantIds: string[]; locationIds: string[] }> {
  const { sql, workspaceId } = ctx;
  const variantIds = variants.map(({ id }) => parsePublicId('var', id));
  const locationIds = locations.map(({ id }) => parsePublicId('loc', id));
  const known = await readVariants(sql, workspaceId, [...new Set(variantIds.filter((id) => id !== undefined))]);
  const places = await holdLocations(sql, workspaceId, [...new Set(locationIds.filter((id) => id !== undefined))]);
  const details: ErrorDetail[] = [
    ...variants.flatMap(({ field }, at) =>
      known.has(variantIds[at] ?? '') ? [] : [{ field, message: 'names no variant of the catalog' }],
    ),
    ...locations.flatMap(({ field }, at) =>
      places.has(locationIds[at] ?? '') ? [] : [{ field, message: 'names no location' }],
    ),
  ];
  if (details.length > 0) throw new AppError('invalid', 'The request names what is not there', { details });
  return { variantIds: variantIds as string[], locationIds: locationIds as string[] };
}

/** The locations of a call as uuids, in its order. */
export async function requireLocations(
  ctx: Parameters<typeof requireKnown>[0],
  locations: readonly Named[],
): Promise<string[]> {
  return locations.length === 0 ? [] : (await requireKnown(ctx, { locations })).locationIds;
}

/** Which of these public ids are locations; they stay there until the transaction ends. */
export async function locationsKnown(
  { sql, workspaceId }: Parameters<typeof requireKnown>[0],
  ids: readonly string[],
): Promise<(id: string) => boolean> {
  const uuids = [...new Set(ids.flatMap((id) => parsePublicId('loc', id) ?? []))];
  const known = uuids.length === 0 ? new Set<string>() : await holdLocations(sql, workspaceId, uuids);
  return (id) => known.has(parsePublicId('loc', id) ?? '');
}

/** The variant an address names. */
export async function requireVariant(ctx: Parameters<typeof requireKnown>[0], id: string): Promise<string> {
  const variantId = requirePublicId('var', id);
  const known = await readVariants(ctx.sql, ctx.workspaceId, [variantId]);
  if (!known.has(variantId)) throw new AppError('not_found', 'There is no such variant');
  return variantId;
}
