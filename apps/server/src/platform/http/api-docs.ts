import { createOpenApi } from '@segue/contract';
import type { FastifyInstance } from 'fastify';
import { renderDocsPage } from './docs-page.ts';

/** The API's version is that of its path: what would break a caller gets a new one. */
const API_VERSION = '1';

/** `/api/openapi.json` for machines and `/api/docs` for people, both made from the contract the server itself obeys. */
export function registerApiDocs(app: FastifyInstance, options: { publicUrl: string }): void {
  const document = createOpenApi({ version: API_VERSION, url: options.publicUrl });
  const json = JSON.stringify(document);
  const page = renderDocsPage(document);
  app.get('/api/openapi.json', async (_request, reply) =>
    reply
      .type('application/json; charset=utf-8')
      .header('access-control-allow-origin', '*')
      .header('cache-control', 'no-cache')
      .send(json),
  );
  app.get('/api/docs', async (_request, reply) =>
    reply
      .type('text/html; charset=utf-8')
      .header(
        'content-security-policy',
        "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'",
      )
      .header('x-content-type-options', 'nosniff')
      .header('cache-control', 'no-cache')
      .send(page),
  );
}
