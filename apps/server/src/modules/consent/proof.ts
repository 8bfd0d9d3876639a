import { deriveKey, open, seal, type WorkspaceKeys } from '../../platform/crypto/index.ts';

/** Evidence of what a customer agreed to: the wording she saw, the page it stood on, where she came from, by which mail. */
export interface ConsentProof {
  readonly text?: string | undefined;
  readonly url?: string | undefined;
  readonly ip?: string | undefined;
  /** Public id of the message whose link she used. */
  readonly message?: string | undefined;
  readonly language?: string | undefined;
}

/** First byte of a sealed proof: sealed with the key derived from the workspace's for this purpose. */
const UNDER_WORKSPACE_KEY = 1;

/** Undefined when there is nothing to keep. */
export function sealProof(keys: Pick<WorkspaceKeys, 'wrapping'>, proof: ConsentProof | undefined): Buffer | undefined {
  const kept = Object.entries(proof ?? {}).filter(([, value]) => value !== undefined && value !== '');
  if (kept.length === 0) return undefined;
  const sealed = seal(proofKey(keys), JSON.stringify(Object.fromEntries(kept)));
  return Buffer.concat([Buffer.of(UNDER_WORKSPACE_KEY), sealed]);
}

export function openProof(keys: Pick<WorkspaceKeys, 'wrapping'>, sealed: Buffer | null): ConsentProof {
  if (sealed === null) return {};
  if (sealed[0] !== UNDER_WORKSPACE_KEY) throw new Error(`a consent proof is sealed in the unknown way ${sealed[0]}`);
  return JSON.parse(open(proofKey(keys), sealed.subarray(1)).toString('utf8')) as ConsentProof;
}

function proofKey(keys: Pick<WorkspaceKeys, 'wrapping'>): Buffer {
  return deriveKey(keys.wrapping, 'consent proof');
}
