import type { WebhookAttempt } from '@segue/contract';
import { open, seal } from '../../../platform/crypto/index.ts';

/** An attempt as it is kept. What answers a call that carried personal values may repeat them: it is sealed like they are. */
export interface StoredAttempt extends WebhookAttempt {
  readonly sealedBody?: string;
}

export function sealAttempt(attempt: WebhookAttempt, key: Buffer | undefined): StoredAttempt {
  if (key === undefined || attempt.responseBody === null) return attempt;
  return { ...attempt, responseBody: null, sealedBody: seal(key, attempt.responseBody).toString('base64') };
}

/** Without the key the answer's body stays closed. */
export function openAttempt({ sealedBody, ...attempt }: StoredAttempt, key: Buffer | undefined): WebhookAttempt {
  if (sealedBody === undefined || key === undefined) return attempt;
  return { ...attempt, responseBody: open(key, Buffer.from(sealedBody, 'base64')).toString('utf8') };
}
