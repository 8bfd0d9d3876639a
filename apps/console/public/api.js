// The one way to the server: with an API key, which lives in this tab only, or as the member who is signed in.
const KEY = 'segue.apiKey';

export const session = {
  /** Who is signed in by cookie; null without. */
  member: null,
  /** Whether anything can be asked. */
  get isOpen() {
    return Boolean(this.key || this.member);
  },
  /** What a call carries beside the cookie. */
  get headers() {
    return this.key ? { authorization: `Bearer ${this.key}` } : {};
  },
  /** Finds out whether somebody is signed in. */
  async resume() {
    const response = await fetch('/api/auth/session').catch(() => undefined);
    this.member = response?.ok ? await response.json() : null;
  },
  async end() {
    this.key = null;
    if (!this.member) return;
    this.member = null;
    await fetch('/api/auth/sign-out', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' });
  },
  get key() {
    return sessionStorage.getItem(KEY);
  },
  set key(value) {
    if (value) sessionStorage.setItem(KEY, value);
    else sessionStorage.removeItem(KEY);
  },
};

export class ApiError extends Error {
  constructor(status, message, requestId) {
    super(message);
    this.status = status;
    this.requestId = requestId;
  }
}

function explain(status, body) {
  const first = body?.errors?.find((error) => error.message);
  if (status === 401) return session.key ? 'This API key is not known here.' : 'You are not signed in any more.';
  if (status === 403)
    return session.key
      ? 'This API key may not read this. Use a key with the scope for it.'
      : 'Your role may not read this. Ask an owner or admin.';
  if (status === 404) return body?.title ?? 'This does not exist, or no longer.';
  if (status === 429 || status === 503) return 'The server is busy. Nothing is lost; try again in a moment.';
  if (first) return `${body.title ?? 'The request does not fit'}: ${first.message}`;
  return body?.detail ?? body?.title ?? `The server answered ${status}.`;
}

/** GETs a path of the API; `query` leaves out what is empty. */
export async function get(path, query = {}, signal) {
  const url = new URL(path, location.origin);
  for (const [name, value] of Object.entries(query))
    if (value !== undefined && value !== null && value !== '') url.searchParams.set(name, value);
  let response;
  try {
    response = await fetch(url, {
      headers: { ...session.headers, accept: 'application/json' },
      signal,
    });
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    throw new ApiError(0, 'The server cannot be reached. What is shown stays; nothing is lost.');
  }
  const body = await response.json().catch(() => undefined);
  if (!response.ok)
    throw new ApiError(response.status, explain(response.status, body), response.headers.get('x-request-id'));
  return body;
}

/** As `get`, with null instead of an error for what does not exist. */
export async function find(path, query, signal) {
  try {
    return await get(path, query, signal);
  } catch (error) {
    if (error.status === 404) return null;
    throw error;
  }
}

const pause = (ms, signal) =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener(
      'abort',
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });

/** Hands over every server-sent event until the signal; comes back by itself. EventSource cannot carry the key. */
export async function stream(path, { onEvents, onState, signal }) {
  while (!signal.aborted) {
    try {
      const response = await fetch(path, {
        headers: { ...session.headers, accept: 'text/event-stream' },
        signal,
      });
      if (!response.ok) throw new ApiError(response.status, explain(response.status));
      onState('live');
      await readEvents(response.body, onEvents);
    } catch (error) {
      if (signal.aborted) return;
      if (error.status === 401) return onState('signedOut');
    }
    onState('reconnecting');
    await pause(2000, signal);
  }
}

async function readEvents(body, onEvents) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    text += value;
    const parts = text.split('\n\n');
    text = parts.pop();
    for (const part of parts) {
      const data = part
        .split('\n')
        .filter((line) => line.startsWith('data:'))
        .map((line) => line.slice(5))
        .join('\n');
      if (data) onEvents([JSON.parse(data)].flat());
    }
  }
}
