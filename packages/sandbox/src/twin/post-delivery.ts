/** What became of one call: the status of the answer, or nothing when none came in time. */
export interface PostOutcome {
  readonly status: number | undefined;
  readonly text: string;
}

/** Posts bytes as they are. Never follows a redirect; what does not answer in time has not answered. */
export async function postDelivery(
  url: string,
  sent: { readonly headers: Readonly<Record<string, string>>; readonly body: Buffer; readonly timeoutMs: number },
): Promise<PostOutcome> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: sent.headers,
      body: new Uint8Array(sent.body),
      redirect: 'manual',
      signal: AbortSignal.timeout(sent.timeoutMs),
    });
    return { status: response.status, text: await response.text() };
  } catch {
    return { status: undefined, text: '' };
  }
}
