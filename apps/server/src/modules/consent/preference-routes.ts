import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Services } from '../../platform/context.ts';
import type { Routes } from '../../platform/http/index.ts';
import { readTopicChoices, saveTopicChoices, stopEverything, unsubscribe } from './change-preferences.ts';
import { PAGE_WORDING, preferencePage, unknownLinkPage } from './preference-page.ts';
import type { ConsentProof } from './proof.ts';
import { readUnsubscribeToken, type UnsubscribeLink } from './unsubscribe-link.ts';

const BODY_BYTES_MAX = 16_384;

/**
 * The public pages under `/p/`. `POST /p/u/<token>` unsubscribes at once (RFC 8058: no confirmation, no redirect, no
 * cookie); `GET /p/u/<token>` shows the preference page and changes nothing, since mail scanners follow links;
 * `POST /p/topics/<token>` is that page's form.
 */
export function createPreferenceRoutes(services: Services): Routes {
  return (app) => {
    void app.register(async (scope) => {
      takeAnyBody(scope);
      scope.get('/p/u/*', (request, reply) => withLink(services, { request, reply }, async () => undefined));
      scope.post('/p/u/*', (request, reply) =>
        withLink(services, { request, reply }, async (link) => {
          await unsubscribe(services, link, { ip: request.ip });
          return 'Done. You will get no more of these messages.';
        }),
      );
      scope.post('/p/topics/*', (request, reply) =>
        withLink(services, { request, reply }, (link) => submitForm(services, link, request)),
      );
    });
  };
}

/** Mailbox providers post urlencoded, multipart or nothing at all; none of it may stand in the way of an opt-out. */
function takeAnyBody(scope: FastifyInstance): void {
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser('*', { parseAs: 'string', bodyLimit: BODY_BYTES_MAX }, (_request, body, done) =>
    done(null, body),
  );
}

async function submitForm(
  services: Services,
  link: UnsubscribeLink,
  request: FastifyRequest,
): Promise<string | undefined> {
  const form = new URLSearchParams(typeof request.body === 'string' ? request.body : '');
  const proof: ConsentProof = { ip: request.ip, text: PAGE_WORDING };
  if (form.get('action') === 'stop') {
    await stopEverything(services, link, proof);
    return 'Done. This address gets no more messages.';
  }
  if (form.get('action') !== 'save') return undefined;
  await saveTopicChoices(services, link, { wanted: new Set(form.getAll('topic')), proof });
  return 'Saved.';
}

async function withLink(
  services: Services,
  { request, reply }: { request: FastifyRequest; reply: FastifyReply },
  act: (link: UnsubscribeLink) => Promise<string | undefined>,
): Promise<FastifyReply> {
  void reply
    .header('cache-control', 'no-store')
    .header('referrer-policy', 'no-referrer')
    .header('x-robots-tag', 'noindex')
    .header(
      'content-security-policy',
      "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    )
    .type('text/html; charset=utf-8');
  const token = (request.params as { '*': string })['*'];
  const link = await readUnsubscribeToken(services, token);
  if (link === undefined) return reply.code(404).send(unknownLinkPage());
  const done = await act(link);
  return reply.send(preferencePage({ token, done, ...(await readTopicChoices(services, link)) }));
}
