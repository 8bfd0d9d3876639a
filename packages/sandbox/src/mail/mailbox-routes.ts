import { file, json, problem, type Answerer, type Reply, type WebRequest } from '../web/reply.ts';
import { readBehaviour, type Behaviours } from './behaviour.ts';
import { MAIL_DOCUMENT_POLICY, mailDocument } from './mail-document.ts';
import type { Mailbox } from './mailbox.ts';
import { unsubscribe } from './unsubscribe.ts';
import page from '../page/index.html?raw';
import script from '../page/mailbox.js?raw';
import style from '../page/style.css?raw';

export interface MailboxRouteDeps {
  readonly mailbox: Mailbox;
  readonly behaviours: Behaviours;
  readonly now: () => number;
}

/** The mailbox page and its API. */
export function mailboxRoutes(deps: MailboxRouteDeps): Answerer {
  return (request) => pageFile(request) ?? behaviourRoute(deps, request) ?? mailRoute(deps, request);
}

function pageFile({ method, url }: WebRequest): Reply | undefined {
  if (method !== 'GET' && method !== 'HEAD') return undefined;
  switch (url.pathname) {
    case '/':
      return file('text/html', page);
    case '/page/style.css':
      return file('text/css', style);
    case '/page/mailbox.js':
      return file('text/javascript', script);
    case '/api/health':
      return json(200, { status: 'ok' });
    default:
      return undefined;
  }
}

function behaviourRoute({ behaviours }: MailboxRouteDeps, { method, url, body }: WebRequest): Reply | undefined {
  if (url.pathname !== '/api/behaviour') return undefined;
  if (method === 'DELETE') behaviours.clear();
  else if (method === 'POST') {
    const rule = readBehaviour(body);
    if (typeof rule === 'string') return problem(400, rule);
    behaviours.add(rule);
  } else if (method !== 'GET') return problem(405, 'Use GET, POST or DELETE');
  return json(200, { items: behaviours.list() });
}

function mailRoute(deps: MailboxRouteDeps, request: WebRequest): Reply | undefined | Promise<Reply> {
  const { method, url } = request;
  if (method === 'GET' && url.pathname === '/api/inboxes') return json(200, { items: deps.mailbox.inboxes() });
  if (url.pathname === '/api/mails') return mailsRoute(deps, request);
  const [, root, id, verb] = /^\/(api\/mails|mails)\/([^/]+)(?:\/(\w+))?$/.exec(url.pathname) ?? [];
  const mail = id === undefined ? undefined : deps.mailbox.get(id);
  if (id === undefined) return undefined;
  if (mail === undefined) return problem(404, 'There is no such mail');
  if (root === 'mails' && verb === 'body' && method === 'GET')
    return { ...file('text/html', mailDocument(mail)), policy: MAIL_DOCUMENT_POLICY };
  if (root === 'api/mails' && verb === undefined && method === 'GET') return json(200, mail);
  if (root === 'api/mails' && verb === 'unsubscribe' && method === 'POST') return unsubscribeRoute(deps, mail.id);
  return undefined;
}

function mailsRoute({ mailbox }: MailboxRouteDeps, { method, url }: WebRequest): Reply | Promise<Reply> {
  const to = url.searchParams.get('to') ?? undefined;
  if (method === 'DELETE') return mailbox.clear(to).then((deleted) => json(200, { deleted }));
  if (method !== 'GET') return problem(405, 'Use GET or DELETE');
  const limit = Number(url.searchParams.get('limit') ?? 200);
  return json(200, { items: mailbox.list({ to, limit: Number.isInteger(limit) && limit > 0 ? limit : 200 }) });
}

async function unsubscribeRoute({ mailbox, now }: MailboxRouteDeps, id: string): Promise<Reply> {
  const mail = mailbox.get(id);
  if (mail === undefined) return problem(404, 'There is no such mail');
  const outcome = await unsubscribe(mail);
  switch (outcome.kind) {
    case 'done':
      await mailbox.markUnsubscribed(id, new Date(now()).toISOString());
      return json(200, { status: outcome.status });
    case 'refused':
      return problem(502, `The sender answered ${outcome.status} instead of unsubscribing`);
    case 'unreachable':
      return problem(502, `The sender cannot be reached: ${outcome.reason}`);
    case 'impossible':
      return problem(409, outcome.reason);
  }
}
