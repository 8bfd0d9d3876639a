// The calls of these pages. The session is a cookie that no script can read.

/** What was refused: a sentence, and what to do about each field. */
export class Refusal extends Error {
  constructor(status, problem) {
    super(problem?.title ?? `The server answered ${status}.`);
    this.status = status;
    this.fields = (problem?.errors ?? []).filter((error) => error.field);
    this.remedy = problem?.errors?.[0]?.message;
  }
}

async function ask(method, path, { body, headers } = {}) {
  let response;
  try {
    response = await fetch(path, {
      method,
      headers: { accept: 'application/json', ...(body && { 'content-type': 'application/json' }), ...headers },
      ...(body && { body: JSON.stringify(body) }),
    });
  } catch {
    throw new Refusal(0, { title: 'The server cannot be reached. Try again in a moment.' });
  }
  const answer = response.status === 204 ? {} : await response.json().catch(() => undefined);
  if (!response.ok) throw new Refusal(response.status, answer);
  return answer;
}

export const read = (path, headers) => ask('GET', path, { headers });
export const send = (path, body = {}) => ask('POST', path, { body });
export const end = (path) => ask('DELETE', path);
