import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';

const triesMax = 6;

/** The API of a workspace, at this address, with this key. A call that fails throws what is wrong, in words. */
export function createApi(url, key) {
  const open = (path, options = {}) =>
    ask(`${url.replace(/\/$/, '')}/api/v1${path}`, {
      ...options,
      headers: { authorization: `Bearer ${key}`, ...options.headers },
    });
  const read = async (path, options) => (await open(path, options)).json();
  return {
    open,
    get: (path) => read(path),
    // Named, so that a call whose answer was lost is done once; a piece of a file is by its place.
    post: (path, body) =>
      read(path, {
        method: 'POST',
        headers: {
          'idempotency-key': randomUUID(),
          ...(body !== undefined && { 'content-type': 'application/json' }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      }),
    send: (path, body) => read(path, { method: 'POST', body, headers: { 'content-type': 'application/octet-stream' } }),
  };
}

/** Tries again while the server is away or asks for patience. */
async function ask(url, options) {
  for (let tries = 1; ; tries++) {
    const answer = await fetch(url, options).catch((error) => error);
    if (answer instanceof Error || [429, 502, 503, 504].includes(answer.status)) {
      if (tries === triesMax)
        throw new Error(
          answer instanceof Error
            ? `${url} cannot be reached: ${answer.cause?.code ?? answer.message}`
            : `${url} answers ${answer.status}`,
        );
      await pause(200 * 2 ** tries);
      continue;
    }
    if (answer.ok) return answer;
    const problem = await answer.json().catch(() => ({}));
    const fields = (problem.errors ?? []).map(
      ({ field, message }) => `  ${field === '' ? '' : `${field}: `}${message}`,
    );
    throw new Error([problem.title ?? `${url} answers ${answer.status}`, ...fields].join('\n'));
  }
}
