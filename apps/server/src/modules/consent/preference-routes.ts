import { api } from '@segue/contract';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Services } from '../../platform/context.ts';
import type { Routes } from '../../platform/http/index.ts';
import type { Sql } from '../../platform/postgres/index.ts';
import { getWorkspaceRow } from '../accounts/index.ts';
import { requireProfileId } from '../profiles/index.ts';
import { readBrand } from './brand.ts';
import {
  chooseProfiling,
  pauseMessages,
  saveChoices,
  stopEverything,
  unsubscribe,
  unsubscribeFromAll,
} from './change-preferences.ts';
import { chooseWording, type Spoken } from './choose-wording.ts';
import { confirmConsent, readConfirmation } from './confirm-consent.ts';
import { readConfirmToken } from './confirm-link.ts';
import { confirmPage, confirmQuestion } from './confirm-page.ts';
import { createPreferenceLink } from './create-preference-link.ts';
import { readChoices } from './preference-choices.ts';
import { fillDate, type Pace, preferencePage, unknownLinkPage } from './preference-page.ts';
import type { ConsentProof } from './proof.ts';
import { readUnsubscribeToken, toCurrentOwner, type UnsubscribeLink } from './unsubscribe-link.ts';

const BODY_BYTES_MAX = 16_384;

/** What the page needs of those above. */
export interface PreferencePorts {
  /** What "less often" comes to in a workspace. */
  readLessOften(sql: Sql, workspaceId: number): Promise<Pace>;
  /** Where the public pages of a workspace begin, like `https://mail.shop.example`. */
  findHome(sql: Sql, workspaceId: number): Promise<string>;
}

const USUAL_PORTS: PreferencePorts = {
  readLessOften: async () => ({ limitMax: 1, windowMs: 7 * 86_400_000 }),
  findHome: async () => 'http://127.0.0.1:4100',
};

/**
 * The public pages under `/p/`. `POST /p/u/<token>` unsubscribes at once (RFC 8058: no confirmation, no redirect, no
 * cookie); `GET /p/u/<token>` shows the preference page and changes nothing, since mail scanners follow links;
 * `POST /p/topics/<token>` is that page's form. `GET /p/c/<token>` shows what is to be confirmed, `POST` confirms it.
 */
export function createPreferenceRoutes(services: Services, ports: PreferencePorts = USUAL_PORTS): Routes {
  return (serve, app) => {
    serve(api.createPreferenceLink, async ({ ctx, params, body }) =>
      createPreferenceLink(ctx, await requireProfileId(ctx, params.id), {
        ...body,
        publicUrl: await ports.findHome(ctx.sql, ctx.workspaceId),
      }),
    );
    void app.register(async (scope) => {
      takeAnyBody(scope);
      scope.get('/p/u/*', (request, reply) => withLink({ services, ports }, { request, reply }, async () => undefined));
      scope.post('/p/u/*', (request, reply) =>
        withLink({ services, ports }, { request, reply }, async (link, { wording }) => {
          await unsubscribe(services, link, { ip: request.ip });
          return wording.oneClickDone;
        }),
      );
      // The page's form leads here: a page that is opened again shows what holds.
      scope.get('/p/topics/*', (request, reply) =>
        withLink({ services, ports }, { request, reply }, async () => undefined),
      );
      scope.post('/p/topics/*', (request, reply) =>
        withLink({ services, ports }, { request, reply }, (link, spoken) =>
          submitForm(services, { link, request, spoken }),
        ),
      );
      scope.get('/p/*', (request, reply) => unknown({ request, reply }));
      scope.get('/p/c/*', (request, reply) => withConfirmation(services, { request, reply, isPressed: false }));
      scope.post('/p/c/*', (request, reply) => withConfirmation(services, { request, reply, isPressed: true }));
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
  { link, request, spoken }: { link: UnsubscribeLink; request: FastifyRequest; spoken: Spoken },
): Promise<string | undefined> {
  const { wording, language } = spoken;
  const form = new URLSearchParams(typeof request.body === 'string' ? request.body : '');
  const proof: ConsentProof = { ip: request.ip, text: wording.legend, language };
  switch (form.get('action')) {
    case 'stop':
      await stopEverything(services, link, { ...proof, text: wording.stop });
      return wording.stopped;
    case 'none':
      await unsubscribeFromAll(services, link, { ...proof, text: wording.unsubscribeAll });
      return wording.unsubscribedAll;
    case 'save':
      await saveChoices(services, link, {
        wanted: new Set(form.getAll('choice')),
        isLessOften: form.has('frequency') ? form.get('frequency') === 'less_often' : undefined,
        proof,
      });
      return wording.saved;
    case 'pause':
      await pauseMessages(services, link, { isPaused: true, proof: { ...proof, text: wording.pause } });
      return wording.paused;
    case 'resume':
      await pauseMessages(services, link, { isPaused: false, proof: { ...proof, text: wording.resume } });
      return wording.resumed;
    case 'profiling_off':
      await chooseProfiling(services, link, { isObjected: true });
      return wording.profilingStopped;
    case 'profiling_on':
      await chooseProfiling(services, link, { isObjected: false });
      return wording.profilingResumed;
    default:
      return undefined;
  }
}

interface Exchange {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

async function withLink(
  { services, ports }: { services: Services; ports: PreferencePorts },
  { request, reply }: Exchange,
  act: (link: UnsubscribeLink, spoken: Spoken) => Promise<string | undefined>,
): Promise<FastifyReply> {
  asPage(reply);
  const token = tokenOf(request);
  const signed = await readUnsubscribeToken(services, token);
  if (signed === undefined) return unknown({ request, reply });
  const link = await toCurrentOwner(services.postgres, signed);
  const brand = await readBrand(services.postgres, link.workspaceId);
  const spoken = chooseWording(request.headers['accept-language'], brand.language);
  const done = await act(link, spoken);
  const choices = await readChoices(services, link);
  const workspace: { time_zone: string } | undefined = await getWorkspaceRow(services.postgres, link.workspaceId);
  const view = {
    ...{ ...spoken, ...choices, token, brand },
    lessOften: await ports.readLessOften(services.postgres, link.workspaceId),
    now: services.clock.now(),
    timeZone: workspace?.time_zone ?? 'UTC',
  };
  return reply.send(preferencePage({ ...view, done: done === undefined ? undefined : fillDate(done, view) }));
}

async function withConfirmation(
  services: Services,
  { request, reply, isPressed }: Exchange & { isPressed: boolean },
): Promise<FastifyReply> {
  asPage(reply);
  const token = tokenOf(request);
  const link = await readConfirmToken(services, token);
  const before = link === undefined ? undefined : await readConfirmation(services, link);
  if (link === undefined || before === undefined) return unknown({ request, reply });
  const brand = await readBrand(services.postgres, link.workspaceId);
  const spoken = chooseWording(request.headers['accept-language'], brand.language);
  if (isPressed) {
    const text = confirmQuestion(spoken, before, brand);
    await confirmConsent(services, link, { ip: request.ip, text, language: spoken.language });
  }
  const state = isPressed ? ((await readConfirmation(services, link)) ?? before) : before;
  return reply.code(state.kind === 'lapsed' ? 410 : 200).send(confirmPage({ ...spoken, token, state, brand }));
}

function unknown({ request, reply }: Exchange): FastifyReply {
  asPage(reply);
  return reply.code(404).send(unknownLinkPage(chooseWording(request.headers['accept-language'], 'en')));
}

function tokenOf(request: FastifyRequest): string {
  return (request.params as { '*': string })['*'];
}

function asPage(reply: FastifyReply): void {
  void reply
    .header('cache-control', 'no-store')
    .header('referrer-policy', 'no-referrer')
    .header('x-robots-tag', 'noindex')
    .header('vary', 'accept-language')
    .header(
      'content-security-policy',
      "default-src 'none'; style-src 'unsafe-inline'; img-src https: data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    )
    .type('text/html; charset=utf-8');
}
