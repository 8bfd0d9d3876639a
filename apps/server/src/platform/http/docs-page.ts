import type { OpenApiDocument } from '@segue/contract';
import { escapeHtml } from '../html.ts';

interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly format?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly additionalProperties?: Schema | boolean;
  readonly minimum?: number;
  readonly maximum?: number;
}

interface Operation {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly summary: string;
  readonly description?: string;
  readonly 'x-scope': string;
  readonly 'x-also-scopes'?: readonly string[];
  readonly parameters: readonly Parameter[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly description: string; readonly content?: Content }>>;
}

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required: boolean;
  readonly description?: string;
  readonly schema: Schema;
}
type Content = Readonly<Record<string, { readonly schema: Schema; readonly 'x-event'?: Schema }>>;
type Schemas = Readonly<Record<string, Schema>>;
interface Entry {
  readonly method: string;
  readonly path: string;
  readonly operation: Operation;
}

/** The API as a page for people: no script, one file, made once from the OpenAPI document. */
export function renderDocsPage(document: OpenApiDocument): string {
  const entries = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]): Entry => {
      return { method: method.toUpperCase(), path, operation: operation as unknown as Operation };
    }),
  );
  const schemas = document.components.schemas as Schemas;
  const groups = document.tags.map(({ name }) => ({
    name,
    entries: entries.filter(({ operation }) => operation.tags.includes(name)),
  }));
  const url = document.servers[0]?.url ?? '';
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>Segue API</title><link rel="stylesheet" href="/style.css"><link rel="stylesheet" href="/docs.css"></head><body class="docs">
<a class="skip" href="#main">Skip to the calls</a>
<nav aria-label="Calls"><p class="brand">Segue API</p><ul><li><a href="#start">Getting started</a></li></ul>${groups.map(renderGroupLinks).join('')}</nav>
<main id="main">${renderStart(url)}${groups.map((group) => renderGroup(group, { schemas, url })).join('')}
<section id="schemas"><h2>Schemas</h2>${Object.entries(schemas)
    .filter(([name]) => isNoun(name))
    .map(
      ([name, schema]) =>
        `<details id="schema-${escapeHtml(name)}"><summary>${escapeHtml(name)}</summary>${renderFields(schema, schemas)}</details>`,
    )
    .join('')}</section></main></body></html>`;
}

/** Bodies and answers stand with their calls. */
function isNoun(name: string): boolean {
  return !/(Body|Answer|Event|Part\d+)$/.test(name) || name === 'Event';
}

function renderGroupLinks({ name, entries }: { name: string; entries: readonly Entry[] }): string {
  const links = entries.map(
    ({ operation }) => `<li><a href="#${operation.operationId}">${escapeHtml(operation.summary)}</a></li>`,
  );
  return `<details open><summary>${escapeHtml(name)}</summary><ul>${links.join('')}</ul></details>`;
}

function renderStart(url: string): string {
  const curl = `curl ${url}/api/v1/profiles \\\n  -H 'Authorization: Bearer sk_…'`;
  const client = `import { createClient } from '@segue/contract';\n\nconst segue = createClient({ url: '${url}', apiKey: 'sk_…' });\nconst { items } = await segue.listProfiles({ query: { limit: 10 } });\nfor await (const segment of segue.each('listSegments')) console.log(segment.name);`;
  return `<section id="start"><h1>Segue API</h1>
<p>Send events with Segment's or RudderStack's own SDKs; manage everything else here. The same description for machines: <a href="/api/openapi.json">OpenAPI 3.1</a>.</p>
<pre><code>${escapeHtml(curl)}</code></pre><pre><code>${escapeHtml(client)}</code></pre>
<dl><dt>Who may call</dt><dd>An API key as Bearer, with every scope named at the call. Keys are made, limited and revoked in the workspace.</dd>
<dt>Errors</dt><dd>Every error is <code>application/problem+json</code> with a <code>code</code>, and in <code>errors</code> each field at fault with what to do about it.</dd>
<dt>Lists</dt><dd>Follow <code>nextCursor</code> until it is null. No item is skipped or repeated, even while new ones come in.</dd>
<dt>Doing things once</dt><dd>Send <code>Idempotency-Key</code> with a change. A repeat with the same key answers what the first call answered and does nothing again; the same key with another request is refused.</dd>
<dt>Coming back</dt><dd>429 and 503 carry <code>Retry-After</code> in seconds.</dd></dl></section>`;
}

interface Around {
  readonly schemas: Schemas;
  readonly url: string;
}

function renderGroup(group: { name: string; entries: readonly Entry[] }, around: Around): string {
  return `<section><h2>${escapeHtml(group.name)}</h2>${group.entries.map((entry) => renderEntry(entry, around)).join('')}</section>`;
}

function renderEntry({ method, path, operation }: Entry, { schemas, url }: Around): string {
  const sent = operation.requestBody?.content ?? {};
  const body = sent['application/json']?.schema;
  const [status = '200', answer] = Object.entries(operation.responses)[0] ?? [];
  const content = Object.entries(answer?.content ?? {})[0];
  const parts = [
    operation.parameters.length === 0 ? '' : `<h4>Parameters</h4>${renderParameters(operation.parameters, schemas)}`,
    body === undefined ? '' : `<h4>Body</h4>${renderFields(body, schemas)}`,
    `<h4>Answer <code>${status}</code></h4>`,
    content === undefined
      ? '<p>Nothing but the status.</p>'
      : renderFields(content[1]['x-event'] ?? content[1].schema, schemas),
  ];
  return `<article id="${operation.operationId}"><h3>${escapeHtml(operation.summary)}</h3>
<p class="call"><span class="method ${method.toLowerCase()}">${method}</span> <code>${escapeHtml(path)}</code></p>
<p class="meta">${renderScopes(operation)} · client <code>segue.${operation.operationId}(…)</code></p>
${operation.description === undefined ? '' : `<p>${renderProse(operation.description)}</p>`}
<pre><code>${escapeHtml(curlOf({ method, path, url, sends: Object.keys(sent)[0] }))}</code></pre>${parts.join('')}</article>`;
}

function renderScopes({ 'x-scope': scope, 'x-also-scopes': also = [] }: Operation): string {
  const names = [scope, ...also].map((name) => `<code>${name}</code>`);
  return `${names.length === 1 ? 'Scope' : 'Scopes'} ${names.join(' ')}`;
}

function curlOf(call: { method: string; path: string; url: string; sends: string | undefined }): string {
  const method = call.method === 'GET' ? '' : `-X ${call.method} `;
  const lines = [`curl ${method}'${call.url}${call.path}'`, `-H 'Authorization: Bearer sk_…'`];
  if (call.sends === undefined) return lines.join(' \\\n  ');
  lines.push(
    `-H 'Content-Type: ${call.sends}'`,
    call.sends === 'application/json' ? `-d '{…}'` : `--data-binary @file`,
  );
  return lines.join(' \\\n  ');
}

function renderParameters(parameters: readonly Parameter[], schemas: Schemas): string {
  const rows = parameters.map(({ name, in: place, required, description, schema }) =>
    renderRow({
      name,
      schemas,
      schema: description === undefined ? schema : { ...schema, description },
      note: `${place}${required ? ', required' : ''}`,
    }),
  );
  return renderTable(rows);
}

const DEPTH_MAX = 3;

/** The fields of an object, those inside it indented; a named schema is a link. */
function renderFields(schema: Schema, schemas: Schemas): string {
  const shown = isNoun(nameOf(schema) ?? '') ? schema : resolve(schema, schemas);
  const rows = rowsOf(shown, { schemas, prefix: '', depth: 0 });
  return rows.length === 0 ? `<p><code>${describeType(shown, schemas)}</code></p>` : renderTable(rows);
}

function rowsOf(schema: Schema, place: { schemas: Schemas; prefix: string; depth: number }): string[] {
  const { schemas, prefix, depth } = place;
  const required = new Set(schema.required);
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const row = renderRow({ name: prefix + name, schema: field, schemas, note: required.has(name) ? '' : 'optional' });
    const inner = field.type === 'array' ? field.items : field;
    if (inner?.properties === undefined || depth >= DEPTH_MAX) return [row];
    const below = `${prefix}${name}${field.type === 'array' ? '[]' : ''}.`;
    return [row, ...rowsOf(inner, { schemas, prefix: below, depth: depth + 1 })];
  });
}

function renderRow(field: { name: string; schema: Schema; schemas: Schemas; note: string }): string {
  const { name, schema, schemas, note } = field;
  const { description = '' } = schema;
  const stop = /(^|[.?!])$/.test(description) ? '' : '.';
  const preset =
    schema.default === undefined ? '' : `${stop} Default <code>${escapeHtml(JSON.stringify(schema.default))}</code>.`;
  return `<tr><th scope="row"><code>${escapeHtml(name)}</code></th><td><span class="type">${describeType(schema, schemas)}</span>${note === '' ? '' : ` <span class="note">${note}</span>`}</td><td>${renderProse(description)}${preset}</td></tr>`;
}

function renderTable(rows: readonly string[]): string {
  return `<div class="wide"><table><tbody>${rows.join('')}</tbody></table></div>`;
}

function describeType(schema: Schema, schemas: Schemas): string {
  const name = nameOf(schema);
  if (name !== undefined) {
    return isNoun(name) ? `<a href="#schema-${name}">${name}</a>` : describeType(resolve(schema, schemas), schemas);
  }
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices !== undefined) return choices.map((choice) => describeType(choice, schemas)).join(' or ');
  if (schema.const !== undefined) return escapeHtml(JSON.stringify(schema.const));
  if (schema.enum !== undefined) return schema.enum.map((value) => escapeHtml(JSON.stringify(value))).join(' | ');
  if (schema.type === 'array') return `list of ${describeType(schema.items ?? {}, schemas)}`;
  return escapeHtml(schema.format ?? [schema.type ?? 'any'].flat().join(' or '));
}

function nameOf(schema: Schema): string | undefined {
  return schema.$ref?.replace('#/components/schemas/', '');
}

function resolve(schema: Schema, schemas: Schemas): Schema {
  const name = nameOf(schema);
  return name === undefined ? schema : (schemas[name] ?? {});
}

/** Backticks in descriptions are code. */
function renderProse(text: string): string {
  return escapeHtml(text).replaceAll(/`([^`]+)`/g, '<code>$1</code>');
}
