import type { Sql } from '../../platform/postgres/index.ts';

export interface BrandRow {
  name: string | null;
  color: string | null;
  logo_url: string | null;
  postal_address: string | null;
}

export async function findBrand(sql: Sql, workspaceId: number): Promise<BrandRow | undefined> {
  const { rows } = await sql.query<BrandRow>({
    name: 'brand_find',
    text: 'select name, color, logo_url, postal_address from brand where workspace_id = $1',
    values: [workspaceId],
  });
  return rows[0];
}

export async function writeBrand(
  sql: Sql,
  workspaceId: number,
  { brand, now }: { brand: BrandRow; now: number },
): Promise<void> {
  await sql.query({
    text: `insert into brand (workspace_id, name, color, logo_url, postal_address, updated_at)
           values ($1, $2, $3, $4, $5, $6)
           on conflict (workspace_id) do update set name = excluded.name, color = excluded.color,
             logo_url = excluded.logo_url, postal_address = excluded.postal_address, updated_at = excluded.updated_at`,
    values: [workspaceId, brand.name, brand.color, brand.logo_url, brand.postal_address, new Date(now)],
  });
}
