import { deriveKey, newDataKey, open, seal } from './seal.ts';

/** The keys of one workspace, held in memory only. */
export interface WorkspaceKeys {
  /** Wraps the data key of every identity node. */
  readonly wrapping: Buffer;
  /** Keys the blind index. */
  readonly blind: Buffer;
  /** Signs tokens and links this workspace hands out. */
  readonly signing: Buffer;
}

/** A fresh workspace key, wrapped by the installation's secret: this is what is stored. */
export function newWrappedWorkspaceKey(secret: Buffer): Buffer {
  return seal(deriveKey(secret, 'segue workspace wrapping'), newDataKey());
}

export function openWorkspaceKeys(secret: Buffer, wrapped: Buffer): WorkspaceKeys {
  const key = open(deriveKey(secret, 'segue workspace wrapping'), wrapped);
  return {
    wrapping: deriveKey(key, 'wrap'),
    blind: deriveKey(key, 'blind'),
    signing: deriveKey(key, 'sign'),
  };
}
