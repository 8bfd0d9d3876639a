import type { Mail } from './mail.ts';

export type UnsubscribeOutcome =
  | { readonly kind: 'done'; readonly status: number }
  | { readonly kind: 'refused'; readonly status: number }
  | { readonly kind: 'unreachable'; readonly reason: string }
  | { readonly kind: 'impossible'; readonly reason: string };

const TIMEOUT_MS = 10_000;

/** What a mail client does when its reader presses "Unsubscribe": the POST of RFC 8058, without cookies or redirects. */
export async function unsubscribe(mail: Mail): Promise<UnsubscribeOutcome> {
  if (mail.unsubscribe === null) return { kind: 'impossible', reason: 'The mail has no List-Unsubscribe address' };
  if (!mail.unsubscribe.oneClick)
    return { kind: 'impossible', reason: 'The mail does not offer one-click unsubscribing (List-Unsubscribe-Post)' };
  try {
    const response = await fetch(mail.unsubscribe.url, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: 'List-Unsubscribe=One-Click',
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    await response.arrayBuffer();
    return { kind: response.ok ? 'done' : 'refused', status: response.status };
  } catch (error) {
    return { kind: 'unreachable', reason: error instanceof Error ? error.message : String(error) };
  }
}
