import type { Stage } from '../../platform/eventlog/index.ts';
import { GenerationCache } from '../../platform/generation-cache.ts';
import { type OwnerCache, Resolution } from './identity-resolution.ts';
import { loadIdentityRules } from './load-identity-rules.ts';

/** Owners remembered by this process: about 150 bytes each. */
const CACHED_OWNERS_MAX = 400_000;

/**
 * Gives every event of the batch its subject: found, new, or merged from several. Owners of nodes are remembered between
 * batches; what is remembered counts only if the locked profile itself still lists the node.
 */
export function createIdentityStage(): Stage {
  const cache: OwnerCache = new GenerationCache(CACHED_OWNERS_MAX);
  return {
    name: 'identity',
    async run(batch) {
      const resolution = new Resolution(batch, { cache, rules: await loadIdentityRules(batch) });
      await resolution.load();
      for (const entry of batch.entries) entry.subject = resolution.resolve(entry.event);
      await resolution.write();
    },
  };
}
