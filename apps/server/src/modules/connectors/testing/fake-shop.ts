import type { ServerResponse } from 'node:http';
import { isJsonObject, type Json, type JsonObject } from '../../../platform/json.ts';
import { type Listener, type ReceivedCall, startListener } from '../../../platform/outbound/testing/listener.ts';

/** What a call of a shop's API is answered with. */
export interface Reply {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly body?: Json;
}

export interface Asked extends ReceivedCall {
  readonly route: string;
  readonly query: URLSearchParams;
  readonly json: JsonObject;
}

/** A provider's server on loopback that answers what a test says. */
export interface FakeShop {
  readonly url: string;
  readonly calls: readonly ReceivedCall[];
  answer(reply: (asked: Asked) => Reply | undefined): void;
  close(): Promise<void>;
}

export async function startFakeShop(): Promise<FakeShop> {
  const listener: Listener = await startListener();
  return {
    url: `http://127.0.0.1:${listener.port}`,
    calls: listener.calls,
    answer(reply) {
      listener.answer = (response, call) => {
        const url = new URL(call.path, 'http://shop.example');
        const json = call.body === '' ? {} : (JSON.parse(call.body) as Json);
        const asked = { ...call, route: url.pathname, query: url.searchParams, json: isJsonObject(json) ? json : {} };
        send(response, reply(asked) ?? { status: 404, body: {} });
      };
    },
    close: () => listener.close(),
  };
}

function send(response: ServerResponse, { status = 200, headers = {}, body = {} }: Reply): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}
