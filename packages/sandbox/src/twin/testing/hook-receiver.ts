import type { IncomingHttpHeaders } from 'node:http';
import { serveApi } from '../serve-api.ts';

export interface ReceivedHook {
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly text: string;
}

export interface HookReceiver {
  readonly url: string;
  readonly hooks: readonly ReceivedHook[];
  /** What is answered from now on. */
  answer(status: number): void;
  /** Those not taken yet. */
  take(): ReceivedHook[];
  close(): Promise<void>;
}

/** Somebody who listens to webhooks, over real HTTP. */
export async function startHookReceiver(): Promise<HookReceiver> {
  const hooks: ReceivedHook[] = [];
  let status = 200;
  let taken = 0;
  const api = await serveApi({ port: 0, clock: { now: () => 0 } }, ({ headers, body }) => {
    hooks.push({ headers, body, text: body.toString('utf8') });
    return { status, body: '' };
  });
  return {
    ...{ url: `${api.url}/hooks`, hooks },
    answer: (next) => {
      status = next;
    },
    take: () => {
      const some = hooks.slice(taken);
      taken = hooks.length;
      return some;
    },
    close: () => api.close(),
  };
}
