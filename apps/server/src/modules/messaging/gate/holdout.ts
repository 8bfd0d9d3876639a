import { createHash } from 'node:crypto';

/** Where a customer stands among a hundred, evenly and for good: by workspace and profile alone. */
export function holdoutPlace(workspaceId: number, profileId: string): number {
  const digest = createHash('sha256').update(`holdout ${workspaceId} ${profileId}`).digest();
  return (digest.readUInt32BE(0) / 2 ** 32) * 100;
}
