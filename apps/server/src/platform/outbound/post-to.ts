import { type IncomingHttpHeaders, type IncomingMessage, type RequestOptions, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { rootCertificates } from 'node:tls';

export interface OutboundRequest {
  readonly url: string;
  /** Default POST when there is a body, else GET. */
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** Over everything: looking the name up, connecting, waiting, reading. Real milliseconds. */
  readonly timeoutMs: number;
  /** What comes beyond is not read; the answer then says `isCut`. */
  readonly responseBytesMax: number;
}

export interface ResolvedAddress {
  readonly address: string;
  readonly family: number;
}

export interface Answered {
  readonly kind: 'answered';
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** The body is not whole: it was too long, too slow, or broke off. */
  readonly isCut: boolean;
  readonly tookMs: number;
}

/** It may have arrived all the same: only an answer proves anything. */
export interface Failed {
  readonly kind: 'failed';
  readonly reason: 'timeout' | 'dns' | 'connection' | 'tls';
  /** A code, never what was sent. */
  readonly detail: string;
  readonly tookMs: number;
}

const TLS_FAULT = /^(ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|EPROTO|HOSTNAME_MISMATCH)/;

export interface Call {
  readonly request: OutboundRequest;
  readonly url: URL;
  /** Judged; the connection goes to one of these and nowhere else. */
  readonly addresses: readonly ResolvedAddress[];
  readonly authorities: readonly string[];
  readonly startedAt: number;
}

/** One request over a connection of its own. */
export function postTo(call: Call): Promise<Answered | Failed> {
  return new Promise((resolve) => {
    const { request, url, startedAt } = call;
    const tookMs = () => Math.round(performance.now() - startedAt);
    const send = url.protocol === 'https:' ? requestHttps : requestHttp;
    const outgoing = send(url, requestOptions(call));
    let giveUp = () => end({ kind: 'failed', reason: 'timeout', detail: 'no answer in time', tookMs: tookMs() });
    const timer = setTimeout(() => giveUp(), Math.max(0, request.timeoutMs - tookMs()));
    const end = (result: Answered | Failed) => {
      clearTimeout(timer);
      outgoing.destroy();
      resolve(result);
    };
    // Stays on after the end: a socket that breaks while it is being closed is nobody's fault.
    outgoing.on('error', (error: NodeJS.ErrnoException) => {
      end(failureOf(error, tookMs()));
    });
    outgoing.on('response', (response) => {
      const answerTookMs = tookMs();
      const finish = (body: Buffer, isCut: boolean) =>
        end({
          kind: 'answered',
          status: response.statusCode ?? 0,
          headers: response.headers,
          body,
          isCut,
          tookMs: answerTookMs,
        });
      giveUp = readBody(response, request.responseBytesMax, finish);
    });
    outgoing.end(request.body);
  });
}

/** Of a connection that broke. Pure. */
export function failureOf(error: NodeJS.ErrnoException, tookMs: number): Failed {
  const detail = error.code ?? error.name;
  return { kind: 'failed', reason: TLS_FAULT.test(detail) ? 'tls' : 'connection', detail, tookMs };
}

/** Reads at most so much; answers how to stop reading with what has come. */
function readBody(
  response: IncomingMessage,
  bytesMax: number,
  finish: (body: Buffer, isCut: boolean) => void,
): () => void {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  const cut = () => finish(Buffer.concat(chunks).subarray(0, bytesMax), true);
  response.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    sizeBytes += chunk.length;
    if (sizeBytes > bytesMax) cut();
  });
  response.on('end', () => finish(Buffer.concat(chunks), false));
  response.on('error', cut);
  return cut;
}

export function requestOptions({ request, url, addresses, authorities }: Call): RequestOptions {
  const { body, headers = {} } = request;
  const name = url.hostname.replace(/^\[|\]$/g, '');
  return {
    method: request.method ?? (body === undefined ? 'GET' : 'POST'),
    headers: {
      'accept-encoding': 'identity',
      ...headers,
      ...(body !== undefined && { 'content-length': String(Buffer.byteLength(body)) }),
    },
    // A pool would hand a connection on to whoever asks for the same name later.
    agent: false,
    lookup: answerWith(addresses),
    ...(url.protocol === 'https:' && {
      ...(isIP(name) === 0 && { servername: name.replace(/\.$/, '') }),
      ...(authorities.length > 0 && { ca: [...rootCertificates, ...authorities] }),
    }),
  } as RequestOptions;
}

function answerWith(addresses: readonly ResolvedAddress[]): LookupFunction {
  return (_host, options, done) => {
    if (options.all === true) return done(null, [...addresses]);
    const { address, family } = addresses[0]!;
    return done(null, address, family);
  };
}
