import { api, type Company, type CompanyMember } from '@segue/contract';
import type { Ctx } from '../../../platform/context.ts';
import { AppError } from '../../../platform/errors.ts';
import { decodeCursor, type Routes, toPage } from '../../../platform/http/index.ts';
import { publicId, requirePublicId } from '../../../platform/ids/index.ts';
import { requireProfileId } from '../routes.ts';
import { removeCompanyMember, setCompanyMember } from './change-member.ts';
import { membershipOf } from './companies-stage.ts';
import type { Membership } from './company-state.ts';
import {
  type CompanyRow,
  findCompanies,
  findCompany,
  listCompanies,
  listCompaniesOf,
  listMembers,
} from './company-store.ts';
import { openCompanies } from './open-companies.ts';
import { groupKeyOf } from './said-groups.ts';

/** Companies, who belongs to them, and the companies of one profile. */
export const companyRoutes: Routes = (serve) => {
  serve(api.listCompanies, async ({ ctx, query }) => {
    const groupKey =
      query.groupId === undefined ? undefined : groupKeyOf(await ctx.keysOf(ctx.workspaceId), query.groupId);
    const rows = await listCompanies(ctx.sql, ctx.workspaceId, {
      limit: query.limit + 1,
      beforeId: idOfCursor(query.cursor),
      name: query.name,
      groupKey,
    });
    const page = toPage(rows, { limit: query.limit, keyOf: (row) => [row.id], present: (row) => row });
    return { items: await presentCompanies(ctx, page.items), nextCursor: page.nextCursor };
  });

  serve(api.getCompany, async ({ ctx, params }) => {
    const [company] = await presentCompanies(ctx, [await requireCompany(ctx, params.id)]);
    return company!;
  });

  serve(api.listCompanyMembers, async ({ ctx, params, query }) => {
    const { id } = await requireCompany(ctx, params.id);
    const rows = await listMembers(ctx.sql, ctx.workspaceId, {
      companyId: id,
      afterId: idOfCursor(query.cursor),
      limit: query.limit + 1,
    });
    return toPage(rows, {
      limit: query.limit,
      keyOf: (row) => [row.profile_id],
      present: (row) => presentMember(row.profile_id, membershipOf(row)),
    });
  });

  serve(api.setCompanyMember, async ({ ctx, params, body }) => {
    const { id: companyId } = await requireCompany(ctx, params.id);
    const profileId = await requireProfileId(ctx, params.profileId);
    return presentMember(profileId, await setCompanyMember(ctx, { companyId, profileId, role: body.role }));
  });

  serve(api.removeCompanyMember, async ({ ctx, params }) => {
    const { id: companyId } = await requireCompany(ctx, params.id);
    await removeCompanyMember(ctx, { companyId, profileId: await requireProfileId(ctx, params.profileId) });
  });

  serve(api.listProfileCompanies, async ({ ctx, params, query }) => {
    const found = await listCompaniesOf(ctx.sql, ctx.workspaceId, {
      profileId: await requireProfileId(ctx, params.id),
      afterId: idOfCursor(query.cursor),
      limit: query.limit + 1,
    });
    const { limit } = query;
    const { items: rows, nextCursor } = toPage(found, {
      limit,
      keyOf: (row) => [row.company_id],
      present: (row) => row,
    });
    const companies = await presentCompanies(
      ctx,
      await findCompanies(
        ctx.sql,
        ctx.workspaceId,
        rows.map((row) => row.company_id),
      ),
    );
    const byId = new Map(companies.map((company) => [company.id, company]));
    const items = rows.flatMap((row) => {
      const company = byId.get(publicId('cmp', row.company_id));
      if (company === undefined) return [];
      const { id, groupId, name } = company;
      return [{ id, groupId, name, ...presentMembership(membershipOf(row)) }];
    });
    return { items, nextCursor };
  });
};

function idOfCursor(cursor: string | undefined): string | undefined {
  const key = decodeCursor(cursor, ['uuid'])?.[0];
  return key === undefined ? undefined : String(key);
}

async function requireCompany(ctx: Pick<Ctx, 'sql' | 'workspaceId'>, text: string): Promise<CompanyRow> {
  const company = await findCompany(ctx.sql, ctx.workspaceId, requirePublicId('cmp', text));
  if (company === undefined) throw new AppError('not_found', 'There is no such company');
  return company;
}

async function presentCompanies(ctx: Ctx, rows: readonly CompanyRow[]): Promise<Company[]> {
  const opened = await openCompanies(ctx, rows);
  return rows.map((row) => {
    const { groupId, traits } = opened.get(row.id)!;
    const name = traits['name'];
    return {
      id: publicId('cmp', row.id),
      groupId,
      name: typeof name === 'string' ? name : null,
      traits,
      firstSeenAt: new Date(row.first_ms).toISOString(),
      lastSeenAt: new Date(row.last_ms).toISOString(),
      createdAt: row.created_at.toISOString(),
    };
  });
}

function presentMember(profileId: string, membership: Membership): CompanyMember {
  return { profileId: publicId('prf', profileId), ...presentMembership(membership) };
}

function presentMembership({ role, firstMs, lastMs }: Membership) {
  return { role, firstSeenAt: new Date(firstMs).toISOString(), lastSeenAt: new Date(lastMs).toISOString() };
}
