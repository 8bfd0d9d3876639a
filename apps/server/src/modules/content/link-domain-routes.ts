import { api, type LinkDomain } from '@segue/contract';
import type { Ctx } from '../../platform/context.ts';
import type { Routes } from '../../platform/http/index.ts';
import { recordAudit } from '../accounts/index.ts';
import { deleteLinkDomain, findLinkDomain, writeLinkDomain } from './link-domain-store.ts';
import { homeOf, probePath } from './verify-link-domain.ts';

/** The domain that links in messages show. `publicUrl` is what they show without one. */
export function createLinkDomainRoutes({ publicUrl }: { publicUrl: string }): Routes {
  return (serve) => {
    serve(api.getLinkDomain, ({ ctx }) => present(ctx, publicUrl));

    serve(api.updateLinkDomain, async ({ ctx, body }) => {
      const host = body.host?.replace(/:(80|443)$/, '') ?? null;
      if (host === null) await deleteLinkDomain(ctx.sql, ctx.workspaceId);
      else await writeLinkDomain(ctx.sql, ctx.workspaceId, { host, now: ctx.clock.now() });
      await recordAudit(ctx, { action: 'link_domain.updated', detail: { host } });
      return present(ctx, publicUrl);
    });
  };
}

async function present(ctx: Ctx, publicUrl: string): Promise<LinkDomain> {
  const domain = await findLinkDomain(ctx.sql, ctx.workspaceId);
  if (domain === undefined) return { host: null, verifiedAt: null, probeUrl: null, linksBeginWith: publicUrl };
  const home = homeOf(domain.host, publicUrl);
  const keys = await ctx.keysOf(ctx.workspaceId);
  return {
    host: domain.host,
    verifiedAt: domain.verified_at?.toISOString() ?? null,
    probeUrl: domain.verified_at === null ? home + probePath(keys, ctx.workspaceId, domain.host) : null,
    linksBeginWith: domain.verified_at === null ? publicUrl : home,
  };
}
