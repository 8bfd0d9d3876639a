import { Validator } from '@seriousme/openapi-schema-validator';
import { api, createOpenApi, isChange, scopesOf } from '@segue/contract';
import Fastify from 'fastify';
import { describe, expect, it } from 'vitest';

import { registerApiDocs } from './api-docs.ts';

const document = createOpenApi({ version: '1', url: 'https://segue.shop.example' });
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
);

/** Every `$ref` of the document, wherever it stands. */
function refsOf(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => (key === '$ref' ? [String(inner)] : refsOf(inner)));
}

describe('the OpenAPI document', () => {
  it('is valid OpenAPI 3.1', async () => {
    const result = await new Validator().validate(JSON.parse(JSON.stringify(document)) as Record<string, unknown>);
    expect(result.errors ?? []).toEqual([]);
    expect(result.valid).toBe(true);
  });

  it('has every call of the contract, once, with every scope it asks for', () => {
    expect(operations).toHaveLength(Object.keys(api).length);
    for (const [id, endpoint] of Object.entries(api)) {
      const operation = document.paths[endpoint.path]?.[endpoint.method.toLowerCase()];
      expect(operation, id).toMatchObject({ operationId: id, 'x-scope': endpoint.scope });
      const named = [operation!['x-scope'], ...((operation!['x-also-scopes'] as string[] | undefined) ?? [])];
      expect([id, named]).toEqual([id, scopesOf(endpoint)]);
    }
  });

  it('offers an idempotency key exactly where something changes', () => {
    for (const [id, endpoint] of Object.entries(api)) {
      const operation = document.paths[endpoint.path]![endpoint.method.toLowerCase()]!;
      const names = (operation['parameters'] as { name: string }[]).map(({ name }) => name);
      expect([id, names.includes('Idempotency-Key')]).toEqual([id, isChange(endpoint)]);
    }
  });

  it('points at nothing that is not there', () => {
    const known = new Set(Object.keys(document.components.schemas).map((name) => `#/components/schemas/${name}`));
    expect(refsOf(document).filter((ref) => !known.has(ref))).toEqual([]);
  });

  it('defines nothing that is not used', () => {
    const used = new Set(refsOf(document));
    const names = Object.keys(document.components.schemas).filter((name) => !used.has(`#/components/schemas/${name}`));
    expect(names).toEqual([]);
  });
});

describe('the documentation', () => {
  it('is served to machines and people, and shows every call, its path and its fields', async () => {
    const app = Fastify();
    registerApiDocs(app, { publicUrl: 'https://segue.shop.example' });
    expect((await app.inject('/api/openapi.json')).json()).toEqual(JSON.parse(JSON.stringify(document)));
    const page = await app.inject('/api/docs');
    expect(page.headers['content-type']).toBe('text/html; charset=utf-8');
    for (const { path, operation } of operations) {
      expect(page.body).toContain(`<article id="${String(operation['operationId'])}">`);
      expect(page.body).toContain(path);
    }
    expect(page.body).toContain(
      '<p class="meta">Scopes <code>profiles:read</code> <code>segments:read</code> <code>journeys:read</code> <code>consent:read</code> <code>orders:read</code> <code>baskets:read</code> <code>loyalty:read</code> ·',
    );
    expect(page.body).not.toContain('<script');
  });

  it('ends the sentence about a field before it tells the default', async () => {
    const app = Fastify();
    registerApiDocs(app, { publicUrl: 'https://segue.shop.example' });
    const { body } = await app.inject('/api/docs');
    expect(body).toContain('Default <code>true</code>');
    expect(body.match(/[^.?!> ] Default <code>/g) ?? []).toEqual([]);
  });

  it('links only to what is on the page', async () => {
    const app = Fastify();
    registerApiDocs(app, { publicUrl: 'https://segue.shop.example' });
    const { body } = await app.inject('/api/docs');
    const ids = new Set([...body.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id));
    const targets = [...body.matchAll(/href="#([^"]+)"/g)].map(([, id]) => id);
    expect(targets.filter((target) => !ids.has(target))).toEqual([]);
  });
});
