import { postDelivery } from '../twin/post-delivery.ts';
import { signBody } from '../twin/sign-body.ts';
import type { PosBatchAnswer, SendPosBatch } from './pos-item.ts';

const TIMEOUT_MS = 15_000;

/** Sends to a connector: with the key the device was let in with, and a signature where there is a secret. */
export function createPosSender(of: {
  readonly url: string;
  readonly deviceKey: string;
  readonly signingSecret?: string;
}): SendPosBatch {
  return async (batch) => {
    const body = Buffer.from(JSON.stringify(batch));
    const headers = {
      'Content-Type': 'application/json',
      Authorization: `Bearer ${of.deviceKey}`,
      ...(of.signingSecret !== undefined && { 'X-Segue-Signature': signBody(of.signingSecret, body) }),
    };
    const { status, text } = await postDelivery(of.url, { headers, body, timeoutMs: TIMEOUT_MS });
    return status === 200 ? (JSON.parse(text) as PosBatchAnswer) : undefined;
  };
}
