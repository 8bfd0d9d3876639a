import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from '../../../platform/errors.ts';
import { accept, type AcceptDeps, findSource, unknownKey } from './accept.ts';
import { RejectionLog } from '../sources/rejection-log.ts';
import { originHeaders, preflightHeaders } from './cors.ts';
import type { LocateIp } from './geo-ip.ts';
import { MemoryBound } from './memory-bound.ts';
import { intakeMetrics } from './intake-metrics.ts';
import { RateLimit } from './rate-limit.ts';
import { type Body, BODY_BYTES_MAX, limitsOf, readBody } from './read-body.ts';
import { readForm } from './read-form.ts';
import { type IntakeCall, readPath } from './read-path.ts';
import { rudderSourceConfig, segmentSettings, trackingHost } from './sdk-settings.ts';
import { createSender, type Sender } from './sender.ts';
import { writeKeyOf } from './write-key.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** What a request of the tracking API asks for. */
    intakeCall?: IntakeCall | undefined;
  }
}

/** What an operator decides about intake. */
export interface IntakeSettings {
  /** Where browsers reach this server; undefined: by the host they asked. */
  readonly publicUrl?: string | undefined;
  /** Events per second that one workspace may send to this process; 0 or undefined: any number. */
  readonly eventsPerSecondMax?: number | undefined;
  readonly locate?: LocateIp | undefined;
}

/** Text of requests not answered yet; as objects it takes three to four times as much. Seconds of full load. */
const HELD_CHARS_MAX = 48_000_000;
const POST_PATHS = ['/v1/*', '/batch', '/batch/*', '/b', '/b/*', '/beacon/*', '/pixel/*', '/rsaMetrics'];
const GET_PATHS = ['/v1/*', '/pixel/*', '/sourceConfig', '/sourceConfig/'];
const GIF = Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64');
/** A key that was turned off is heard of within the hour. */
const SETTINGS_CACHE = 'public, max-age=3600';

type Deps = Omit<AcceptDeps, 'rateLimit' | 'rejections'> & { readonly settings?: IntakeSettings | undefined };

/**
 * Segment's HTTP tracking API, and what RudderStack's clients ask beyond it. Bad JSON, an oversize body or too many items:
 * 400. An unknown key: 401. A disabled source: 404. A bad item: 200 with `errors` naming it, so that no client repeats the
 * good ones. Too many events: 429; not written: 503; both with Retry-After. A pixel is always 200.
 */
export function registerIntake(app: FastifyInstance, deps: Deps): void {
  const settings = deps.settings ?? {};
  const counted = intakeMetrics(deps.services);
  const intake: Intake = {
    ...deps,
    settings,
    bound: new MemoryBound(HELD_CHARS_MAX),
    rateLimit: new RateLimit(settings.eventsPerSecondMax ?? 0),
    rejections: new RejectionLog(deps.services),
  };
  app.register(async (scope) => {
    scope.decorateRequest('intakeCall', undefined);
    scope.addHook('onRequest', async (request, reply) => begin(intake, request, reply));
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser(
      '*',
      { parseAs: 'buffer', bodyLimit: BODY_BYTES_MAX },
      async (request: FastifyRequest, body: Buffer) => parse(request, body),
    );
    scope.addHook('onResponse', async ({ method }, { statusCode: status }) => {
      if (method !== 'OPTIONS') counted.requests.inc({ status });
    });
    scope.addHook('onClose', async () => intake.rejections.flush());
    scope.setErrorHandler((error: FastifyError, request, reply) => {
      if (request.body === undefined) void noteUnread(intake, request, error);
      return refuse(error, request, reply);
    });
    const handler = (request: FastifyRequest, reply: FastifyReply) => answer(intake, request, reply);
    for (const url of POST_PATHS) scope.route({ method: 'POST', url, handler });
    for (const url of GET_PATHS) scope.route({ method: 'GET', url, handler });
    for (const url of new Set([...POST_PATHS, ...GET_PATHS])) {
      scope.options(url, async (request, reply) =>
        reply.code(204).headers(preflightHeaders(request.headers)).removeHeader('content-type').send(),
      );
    }
  });
}

interface Intake extends AcceptDeps {
  readonly settings: IntakeSettings;
  readonly bound: MemoryBound;
}

/** Says who may read the answer, whatever it will be, and refuses before a body is read what need not be read. */
function begin(intake: Intake, request: FastifyRequest, reply: FastifyReply): void {
  reply.headers(originHeaders(request.headers));
  if (request.method === 'OPTIONS') return;
  request.intakeCall = readPath(request.method, request.url);
  if (request.intakeCall === undefined) {
    throw new AppError('not_found', `There is nothing at ${request.method} ${request.url.split('?')[0]}`);
  }
  if (request.method !== 'POST') return;
  if (request.intakeCall.kind === 'event' || request.intakeCall.kind === 'batch') intake.bound.refuseWhenFull();
  // Browsers send text/plain to avoid a preflight, beacons nothing at all, others worse: nothing depends on it but forms.
  const { headers } = request.raw;
  headers['content-type'] = isForm(request) ? 'application/x-www-form-urlencoded' : 'application/json';
}

function isForm(request: FastifyRequest): boolean {
  return (
    request.raw.headers['content-type']?.trim().toLowerCase().startsWith('application/x-www-form-urlencoded') === true
  );
}

async function parse(request: FastifyRequest, body: Buffer): Promise<Body | undefined> {
  if (request.intakeCall?.kind === 'metrics') return undefined;
  const { headers } = request;
  return readBody(body, { headers, isForm: isForm(request), limits: limitsOf(headers, request.url) });
}

/** A body that could not be read: its sender is known where the key stands outside of it. */
async function noteUnread(intake: Intake, request: FastifyRequest, error: FastifyError | AppError): Promise<void> {
  const isTheirs = error instanceof AppError ? error.code === 'invalid' : error.statusCode === 413;
  if (!isTheirs) return;
  const { headers } = request;
  const writeKey = writeKeyOf({ headers, query: request.query as Record<string, unknown> });
  const source = await findSource(intake, writeKey).catch(() => undefined);
  if (source === undefined) intake.rejections.rejectStranger(writeKey === undefined ? 'no_key' : 'unknown_key');
  else intake.rejections.rejectRequest(source, { field: '', reason: reasonOf(error) });
}

/** What a parser says of malformed JSON quotes it, and it may be personal. */
function reasonOf(error: FastifyError | AppError): string {
  const detail = error instanceof AppError && !(error.cause instanceof SyntaxError) ? error.details?.[0] : undefined;
  return detail?.message ?? error.message;
}

/** An oversize body is a 400 here, as Segment's clients expect; a pixel is an image whatever happened. */
function refuse(error: FastifyError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (request.intakeCall?.kind === 'pixel') return sendGif(reply);
  const app = error as unknown;
  if (app instanceof AppError) {
    if (app.code === 'rate_limited') reply.header('x-ratelimit-reset', String(app.retryAfterSeconds));
    throw app;
  }
  if (error.statusCode !== 413) throw error;
  throw new AppError('invalid', error.message, { details: [{ field: '', message: error.message }], cause: error });
}

async function answer(intake: Intake, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const call = request.intakeCall!;
  switch (call.kind) {
    case 'event':
      return reply.send(await submit(intake, request, { form: call.type, isBrowser: call.isBrowser }));
    case 'batch':
      return reply.send(await submit(intake, request, { form: 'batch', isBrowser: call.isBrowser }));
    case 'metrics':
      return reply.send({ success: true });
    case 'pixel':
      await submitPixel(intake, request, call.type);
      return sendGif(reply);
    case 'settings':
      return sendSettings(intake, request, { reply, writeKey: call.writeKey });
    case 'sourceConfig':
      return sendSourceConfig(intake, request, reply);
  }
}

async function submit(intake: Intake, request: FastifyRequest, call: { form: string; isBrowser: boolean }) {
  const { value, chars } = (request.body as Body | undefined) ?? { value: undefined, chars: 0 };
  const { headers } = request;
  return intake.bound.hold(chars, () =>
    accept(intake, {
      form: call.form,
      body: value,
      headers,
      query: request.query as Record<string, unknown>,
      // Only browsers say where a page came from.
      sender: senderOf(intake, request, call.isBrowser || headers.origin !== undefined),
      itemBytesMax: limitsOf(headers, request.url).itemBytesMax,
    }),
  );
}

function senderOf(intake: Intake, request: FastifyRequest, isBrowser: boolean): Sender {
  return createSender({
    isBrowser,
    locate: intake.settings.locate,
    connection: {
      headers: request.headers,
      get ip() {
        return request.ip;
      },
      get isThroughTrustedProxy() {
        return (request.ips?.length ?? 0) > 1;
      },
    },
  });
}

/** What is wrong with a pixel nobody would ever see: it is left to whatever watches rejected events. */
async function submitPixel(intake: Intake, request: FastifyRequest, type: string): Promise<void> {
  const body =
    request.method === 'POST'
      ? (request.body as Body | undefined)?.value
      : readForm(new URL(request.url, 'http://x').searchParams);
  const { headers } = request;
  const query = request.query as Record<string, unknown>;
  await accept(intake, { form: type, body, headers, query, sender: senderOf(intake, request, true) });
}

function sendGif(reply: FastifyReply): FastifyReply {
  return reply.code(200).type('image/gif').header('cache-control', 'no-store, max-age=0').send(GIF);
}

async function sendSettings(
  intake: Intake,
  request: FastifyRequest,
  { reply, writeKey }: { reply: FastifyReply; writeKey: string },
): Promise<FastifyReply> {
  reply.header('access-control-allow-origin', '*');
  const source = await findSource(intake, writeKey);
  const host = trackingHost({ publicUrl: intake.settings.publicUrl, request });
  if (source === undefined || !source.isEnabled || host === undefined) {
    throw new AppError('not_found', 'There are no settings for this write key');
  }
  return reply.header('cache-control', SETTINGS_CACHE).send(segmentSettings(writeKey, host));
}

async function sendSourceConfig(intake: Intake, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const writeKey = writeKeyOf({ headers: request.headers, query: request.query as Record<string, unknown> });
  const source = await findSource(intake, writeKey);
  if (source === undefined) throw unknownKey();
  return reply.header('cache-control', 'no-cache').send(rudderSourceConfig(writeKey!, source));
}
