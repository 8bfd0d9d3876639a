import { createContext, type Services } from '../../platform/context.ts';
import { readToken, signToken, tokenWorkspace, type WorkspaceKeys } from '../../platform/crypto/index.ts';
import { inTransaction } from '../../platform/eventlog/index.ts';
import { recordAudit } from '../accounts/index.ts';
import { findLinkDomain, markLinkDomainVerified } from './link-domain-store.ts';

/** What proves a domain: opened under that name, it reaches this very server with the workspace's own signature. */
export function probePath(keys: Pick<WorkspaceKeys, 'signing'>, workspaceId: number, host: string): string {
  return `/t/v/${signToken(keys.signing, { purpose: 'probe', workspaceId, payload: [1, host] })}`;
}

/** `host` is the request's `Host`. Whoever forges one only sends her own customers to a place that is not hers. */
export async function verifyLinkDomain(
  services: Services,
  { token, host }: { token: string; host: string },
): Promise<boolean> {
  const workspaceId = tokenWorkspace(token);
  if (workspaceId === undefined) return false;
  const keys = await services.keysOf(workspaceId).catch(() => undefined);
  const payload = keys === undefined ? undefined : readToken(keys.signing, 'probe', token);
  const named = Array.isArray(payload) ? payload[1] : undefined;
  if (typeof named !== 'string' || named !== host.toLowerCase().replace(/:(80|443)$/, '')) return false;
  const ctx = createContext(services, workspaceId, { kind: 'system', name: 'tracking' });
  return inTransaction(ctx, async (ctx) => {
    const done = await markLinkDomainVerified(ctx.sql, workspaceId, { host: named, now: ctx.clock.now() });
    if (done) await recordAudit(ctx, { action: 'link_domain.verified', detail: { host: named } });
    return done || (await findLinkDomain(ctx.sql, workspaceId))?.host === named;
  });
}

/** Where the links of a workspace begin: at its own domain once that is proved, else at the server's public address. */
export async function findLinkHome(
  sql: Parameters<typeof findLinkDomain>[0],
  workspaceId: number,
  publicUrl: string,
): Promise<string> {
  const domain = await findLinkDomain(sql, workspaceId);
  return domain === undefined || domain.verified_at === null ? publicUrl : homeOf(domain.host, publicUrl);
}

/** The scheme is that of the public address: the operator says how customers reach this server. */
export function homeOf(host: string, publicUrl: string): string {
  return `${new URL(publicUrl).protocol}//${host}`;
}
