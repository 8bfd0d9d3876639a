import { Readable } from 'node:stream';
import { type Endpoint, problemSchema } from '@segue/contract';
import type { FastifyInstance } from 'fastify';
import type { z } from 'zod';

/** Makes a server answer 500 wherever it would break the contract: every test that calls it then tests the contract too. */
export function checkAnswers(app: FastifyInstance): void {
  app.addHook('onSend', async (request, reply, payload) => {
    const { endpoint } = request.routeOptions.config;
    if (endpoint === undefined || request.method === 'HEAD' || reply.statusCode === 500) return payload;
    const answer = { status: reply.statusCode, type: String(reply.getHeader('content-type')), payload };
    if (payload instanceof Readable) return Readable.from(checkAtEnd(endpoint, answer, payload), { objectMode: false });
    requireKept(endpoint, answer);
    return payload;
  });
}

interface Sent {
  readonly status: number;
  readonly type: string;
  readonly payload: unknown;
}

/** What was sent cannot be taken back: a stream that breaks the contract breaks the connection. */
async function* checkAtEnd(endpoint: Endpoint, sent: Sent, payload: Readable): AsyncIterable<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of payload as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    yield chunk;
  }
  requireKept(endpoint, { ...sent, payload: Buffer.concat(chunks).toString('utf8') });
}

function requireKept(endpoint: Endpoint, sent: Sent): void {
  const fault = findContractFault(endpoint, sent);
  if (fault !== undefined) throw new Error(`${endpoint.method} ${endpoint.path} breaks the contract: ${fault}`);
}

/** What an answer has that the contract does not promise, or lacks; undefined when it is as promised. */
function findContractFault(endpoint: Endpoint, answer: Sent): string | undefined {
  if (answer.status >= 400) {
    if (!answer.type.startsWith('application/problem+json')) return `a problem left as ${answer.type}`;
    return misfit(problemSchema.strict(), answer.payload);
  }
  const promised = endpoint.status ?? 200;
  if (answer.status !== promised) return `answered ${answer.status} instead of ${promised}`;
  if (endpoint.file !== undefined)
    return endpoint.file.some((type) => answer.type.startsWith(type)) ? undefined : `a file left as ${answer.type}`;
  if (endpoint.answer !== undefined) return misfit(endpoint.answer, answer.payload);
  const isEmpty = answer.payload === undefined || answer.payload === null || answer.payload === '';
  return isEmpty ? undefined : 'answered a body where none is promised';
}

function misfit(schema: z.ZodType, payload: unknown): string | undefined {
  if (typeof payload !== 'string') return `sent a ${typeof payload} instead of JSON`;
  const issues = schema.safeParse(JSON.parse(payload)).error?.issues ?? [];
  if (issues.length === 0) return undefined;
  return issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ');
}
