import type { Consent } from '@segue/contract';
import type { WorkspaceKeys } from '../../platform/crypto/index.ts';
import type { RecordRow } from './consent-store.ts';
import { openProof } from './proof.ts';

/** A record as the API shows it, with its proof opened. */
export function presentConsent(
  keys: WorkspaceKeys,
  row: RecordRow,
  { isCurrent }: { readonly isCurrent: boolean },
): Consent {
  return {
    id: row.id,
    channel: row.channel,
    topic: row.topic,
    status: row.status,
    occurredAt: new Date(row.occurred_ms).toISOString(),
    recordedAt: new Date(row.recorded_ms).toISOString(),
    source: row.source,
    isConfirmed: row.confirmed,
    isCurrent,
    legalBasis: row.legal_basis,
    addressHash: row.address_hash,
    wording: row.wording === null ? null : { id: row.wording, version: row.wording_version ?? 1 },
    ...openProof(keys, row.proof),
  };
}
