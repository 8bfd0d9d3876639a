import type { SubjectBatch } from './batch.ts';

/**
 * Definitions a stage works with (rules, journeys), loaded once per workspace and definition version. A batch whose
 * version went stale meanwhile is taken back by its cursor update, so a cached definition is never applied too late.
 */
export function createConfigCache<T>(load: (batch: SubjectBatch) => Promise<T>): (batch: SubjectBatch) => Promise<T> {
  const cached = new Map<number, { version: number; value: T }>();
  return async (batch) => {
    const hit = cached.get(batch.workspaceId);
    if (hit !== undefined && hit.version === batch.configVersion) return hit.value;
    const value = await load(batch);
    cached.set(batch.workspaceId, { version: batch.configVersion, value });
    return value;
  };
}
