import { api } from './api.ts';
import type { AnswerOf, BodyInputOf, Endpoint, ParamsOf, QueryInputOf } from './endpoint.ts';
import { isChange } from './endpoint.ts';
import { type Problem, problemSchema } from './problem.ts';

type Api = typeof api;
export type OperationId = keyof Api;

/** A field of the input that is there only when the endpoint has it, and may be left out when all of it may. */
type Field<Name extends string, Value> = Value extends undefined
  ? { readonly [N in Name]?: undefined }
  : Record<never, never> extends Value
    ? { readonly [N in Name]?: Value }
    : { readonly [N in Name]: Value };
type PathField<E extends Endpoint> = keyof ParamsOf<E> extends never ? Record<never, never> : ParamsOf<E>;

/** What a call takes: path parameters by their names, `query`, `body`, and for changes an `idempotencyKey`. */
export type InputOf<E extends Endpoint> = PathField<E> &
  Field<'query', QueryInputOf<E>> &
  Field<'body', ClientBodyOf<E>> & {
    /** Made when left out: a repeat after a lost answer does the same thing once. */
    readonly idempotencyKey?: string;
    readonly signal?: AbortSignal;
  };
type ClientBodyOf<E extends Endpoint> = E['bytes'] extends true
  ? Uint8Array<ArrayBuffer>
  : E['bodyOptional'] extends true
    ? BodyInputOf<E> | undefined
    : BodyInputOf<E>;
/** What a call answers; a file as it is. */
type ClientAnswerOf<E extends Endpoint> = E['file'] extends readonly string[] ? Uint8Array : AnswerOf<E>;
type Arguments<E extends Endpoint> =
  Record<never, never> extends InputOf<E> ? [input?: InputOf<E>] : [input: InputOf<E>];

type Calls = { readonly [Id in OperationId]: (...input: Arguments<Api[Id]>) => Promise<ClientAnswerOf<Api[Id]>> };
type ListId = { [Id in OperationId]: AnswerOf<Api[Id]> extends { items: unknown[] } ? Id : never }[OperationId];
type ItemOf<Id extends ListId> = AnswerOf<Api[Id]> extends { items: (infer Item)[] } ? Item : never;

export interface ClientOptions {
  /** Where Segue is: `https://segue.shop.example`. */
  readonly url: string;
  readonly apiKey: string;
  /** Default: the platform's. */
  readonly fetch?: typeof fetch;
  /** Tries of one call in all, when the server says "come back" or the line breaks. Default 4. */
  readonly attemptsMax?: number;
  /** Longest wait for one answer. Default 30 s. */
  readonly timeoutMs?: number;
}

/** Every call of the API by its operation id, and `each` to walk a whole list. */
export type Client = Calls & {
  /** Every item of a list, page by page, as it is asked for. */
  each<Id extends ListId>(id: Id, ...input: Arguments<Api[Id]>): AsyncGenerator<ItemOf<Id>>;
};

/** An answer that says no: `problem` holds the fields at fault and what to do about each. */
export class ApiError extends Error {
  readonly status: number;
  readonly problem: Problem;

  constructor(problem: Problem) {
    const fields = (problem.errors ?? []).map(({ field, message }) =>
      field === '' ? message : `${field}: ${message}`,
    );
    super([problem.title, ...fields].join('; '));
    this.name = 'ApiError';
    this.status = problem.status;
    this.problem = problem;
  }
}

type QueryValue = string | number | boolean;

interface AnyInput {
  readonly query?: Readonly<Record<string, QueryValue | readonly QueryValue[] | undefined>>;
  readonly body?: unknown;
  readonly idempotencyKey?: string;
  readonly signal?: AbortSignal;
  readonly [param: string]: unknown;
}

/**
 * A client of the management API, typed by the contract it was published with:
 * `await createClient({ url, apiKey }).getProfile({ id: 'prf_…' })`.
 */
export function createClient(options: ClientOptions): Client {
  const call = (id: string, input: AnyInput = {}) => request(options, (api as Record<string, Endpoint>)[id]!, input);
  const calls = Object.fromEntries(Object.keys(api).map((id) => [id, (input?: AnyInput) => call(id, input)]));
  return { ...calls, each: (id: string, input?: AnyInput) => walk(call, id, input) } as unknown as Client;
}

async function* walk(
  call: (id: string, input: AnyInput) => Promise<unknown>,
  id: string,
  input: AnyInput = {},
): AsyncGenerator {
  let cursor: string | null | undefined;
  do {
    const page = (await call(
      id,
      typeof cursor === 'string' ? { ...input, query: { ...input.query, cursor } } : input,
    )) as {
      items: unknown[];
      nextCursor: string | null;
    };
    yield* page.items;
    cursor = page.nextCursor;
  } while (cursor !== null);
}

const ATTEMPTS_MAX = 4;
const TIMEOUT_MS = 30_000;
const BACK_OFF_MS = 500;

async function request(options: ClientOptions, endpoint: Endpoint, input: AnyInput): Promise<unknown> {
  const key = isChange(endpoint) ? (input.idempotencyKey ?? crypto.randomUUID()) : undefined;
  for (let attempt = 1; ; attempt++) {
    const outcome = await attemptOnce(options, { endpoint, input, key });
    if (outcome.kind === 'answer') return outcome.value;
    if (attempt >= (options.attemptsMax ?? ATTEMPTS_MAX) || input.signal?.aborted === true) throw outcome.error;
    await pause(outcome.afterMs ?? BACK_OFF_MS * 2 ** (attempt - 1), input.signal);
  }
}

type Outcome = { kind: 'answer'; value: unknown } | { kind: 'again'; error: unknown; afterMs?: number };

async function attemptOnce(
  options: ClientOptions,
  { endpoint, input, key }: { endpoint: Endpoint; input: AnyInput; key: string | undefined },
): Promise<Outcome> {
  const timeout = AbortSignal.timeout(options.timeoutMs ?? TIMEOUT_MS);
  const { body } = input;
  const isBytes = body instanceof Uint8Array;
  let response: Response;
  let bytes: Uint8Array;
  try {
    response = await (options.fetch ?? fetch)(urlOf(options.url, endpoint, input), {
      method: endpoint.method,
      headers: {
        authorization: `Bearer ${options.apiKey}`,
        ...(body !== undefined && { 'content-type': isBytes ? 'application/octet-stream' : 'application/json' }),
        ...(key !== undefined && { 'idempotency-key': key }),
      },
      ...(body !== undefined && { body: isBytes ? (body as Uint8Array<ArrayBuffer>) : JSON.stringify(body) }),
      signal: input.signal === undefined ? timeout : AbortSignal.any([timeout, input.signal]),
    });
    bytes = new Uint8Array(await response.arrayBuffer());
  } catch (error) {
    // The line broke: whether it was done is not known, so the repeat carries the same key.
    return { kind: 'again', error };
  }
  if (response.ok && endpoint.file !== undefined) return { kind: 'answer', value: bytes };
  const text = new TextDecoder().decode(bytes);
  if (response.ok) return { kind: 'answer', value: text === '' ? undefined : (JSON.parse(text) as unknown) };
  const error = new ApiError(readProblem(response, text));
  if (response.status !== 429 && response.status !== 503) throw error;
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
  return { kind: 'again', error, ...(Number.isFinite(seconds) && { afterMs: seconds * 1_000 }) };
}

function urlOf(base: string, endpoint: Endpoint, input: AnyInput): string {
  const path = endpoint.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(input[name])));
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(input.query ?? {}))
    for (const one of [value].flat()) if (one !== undefined) query.append(name, String(one));
  const search = query.toString();
  return `${base.replace(/\/$/, '')}${path}${search === '' ? '' : `?${search}`}`;
}

/** What stands between may answer with a page of its own. */
function readProblem(response: Response, text: string): Problem {
  try {
    return problemSchema.parse(JSON.parse(text));
  } catch {
    const title = `The server answered ${response.status} without saying why`;
    const requestId = response.headers.get('x-request-id') ?? '';
    return { type: 'about:blank', title, status: response.status, code: 'internal', requestId };
  }
}

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
