import type { Ctx } from '../../../platform/context.ts';
import { open, seal } from '../../../platform/crypto/index.ts';
import { findSigningKey, insertSigningKey } from './offline-store.ts';
import { newSigningKeys, type SigningKeys } from './signed-text.ts';

/** The workspace's keys for what tills check without a connection; made when they are first needed. */
export async function signingKeysOf(ctx: Pick<Ctx, 'sql' | 'workspaceId' | 'keysOf' | 'clock'>): Promise<SigningKeys> {
  const { sql, workspaceId } = ctx;
  const { wrapping } = await ctx.keysOf(workspaceId);
  const known = await findSigningKey(sql, workspaceId);
  if (known !== undefined) return { publicKey: known.public_key, privateKey: open(wrapping, known.sealed_key) };
  const made = newSigningKeys();
  await insertSigningKey(sql, workspaceId, {
    public_key: made.publicKey,
    sealed_key: seal(wrapping, made.privateKey),
    at: new Date(ctx.clock.now()),
  });
  const kept = await findSigningKey(sql, workspaceId);
  return kept === undefined ? made : { publicKey: kept.public_key, privateKey: open(wrapping, kept.sealed_key) };
}
