import type { Brand, UpdateBrandBody } from '@segue/contract';
import type { TxCtx } from '../../platform/eventlog/index.ts';
import type { JsonObject } from '../../platform/json.ts';
import type { Sql } from '../../platform/postgres/index.ts';
import { getWorkspaceRow, recordAudit } from '../accounts/index.ts';
import { findBrand, writeBrand } from './brand-store.ts';

/** How the brand shows itself; what was not set is the workspace's. */
export async function readBrand(sql: Sql, workspaceId: number): Promise<Brand> {
  const workspace: { name: string; language: string } | undefined = await getWorkspaceRow(sql, workspaceId);
  const row = await findBrand(sql, workspaceId);
  return {
    name: row?.name ?? workspace?.name ?? '',
    color: row?.color ?? null,
    logoUrl: row?.logo_url ?? null,
    postalAddress: row?.postal_address ?? null,
    language: workspace?.language ?? 'en',
  };
}

/** Replaces the whole of it. */
export async function updateBrand(ctx: TxCtx, body: UpdateBrandBody): Promise<Brand> {
  const brand = {
    name: body.name,
    color: body.color,
    logo_url: body.logoUrl,
    postal_address: body.postalAddress === '' ? null : body.postalAddress,
  };
  await writeBrand(ctx.sql, ctx.workspaceId, { brand, now: ctx.clock.now() });
  await recordAudit(ctx, { action: 'brand.updated' });
  return readBrand(ctx.sql, ctx.workspaceId);
}

/** What templates name as `brand`. */
export function brandVariables(brand: Brand): JsonObject {
  return { ...brand };
}
