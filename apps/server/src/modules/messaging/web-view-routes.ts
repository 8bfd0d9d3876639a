import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Services } from '../../platform/context.ts';
import type { Routes } from '../../platform/http/index.ts';
import { renderWebView } from './render-web-view.ts';
import { readViewToken } from './view-link.ts';

/** Pictures and fonts of the mail, its own styles, and nothing that runs. */
const POLICY =
  "default-src 'none'; img-src https: http: data:; style-src 'unsafe-inline' https:; font-src https:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** `GET /m/<token>`: a message in the browser, as it was sent. It expires, and search engines are told to leave it. */
export function createWebViewRoutes(services: Services, options: { publicUrl: string }): Routes {
  return (_serve, app) => {
    app.get('/m/*', async (request, reply) => {
      asPage(reply);
      const link = await readViewToken(services, tokenOf(request));
      if (link === undefined) return reply.code(404).send(notice('This link does not work.'));
      if (link.expiresAt <= services.clock.now())
        return reply.code(410).send(notice('This message is too old to be shown here.'));
      const view = await renderWebView(services, link, options);
      return view === undefined
        ? reply.code(410).send(notice('This message is no longer kept.'))
        : reply.send(view.html);
    });
  };
}

function tokenOf(request: FastifyRequest): string {
  return (request.params as { '*': string })['*'];
}

function asPage(reply: FastifyReply): void {
  void reply
    .header('cache-control', 'no-store, private')
    .header('referrer-policy', 'no-referrer')
    .header('x-robots-tag', 'noindex, nofollow')
    .header('content-security-policy', POLICY)
    .type('text/html; charset=utf-8');
}

function notice(text: string): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><meta name="robots" content="noindex"><title>${text}</title><style>:root{color-scheme:light dark}body{font:1.125rem/1.5 system-ui,sans-serif;max-width:34rem;margin:4rem auto;padding:0 1rem}</style></head><body><main><p>${text}</p></main></body></html>`;
}
