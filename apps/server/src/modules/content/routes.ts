import { createTemplateSchema, previewTemplateSchema, updateTemplateSchema } from '@segue/contract';
import { z } from 'zod';
import type { Ctx } from '../../platform/context.ts';
import { readSubjects } from '../../platform/eventlog/index.ts';
import {
  decodeCursor,
  PAGE_LIMIT_DEFAULT,
  PAGE_LIMIT_MAX,
  parseInput,
  type Routes,
  toPage,
} from '../../platform/http/index.ts';
import { publicId, requirePublicId } from '../../platform/ids/index.ts';
import type { JsonObject } from '../../platform/json.ts';
import { openTraits, requireProfileId } from '../profiles/index.ts';
import { type RenderedEmail, renderEmail, templateScope } from './render-email.ts';
import { createTemplate, requireTemplate, updateTemplate } from './save-template.ts';
import { pageTemplates, type TemplateRow } from './template-store.ts';

const pageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(PAGE_LIMIT_MAX).default(PAGE_LIMIT_DEFAULT),
  cursor: z.string().optional(),
});

/** Management of templates. */
export const templateRoutes: Routes = (app, deps) => {
  app.post('/api/v1/templates', { config: { scope: 'templates:write' } }, async (request, reply) => {
    const row = await createTemplate(deps.contextOf(request), parseInput(createTemplateSchema, request.body));
    return reply.code(201).send(presentTemplate(row));
  });

  app.get('/api/v1/templates', { config: { scope: 'templates:read' } }, async (request) => {
    const ctx = deps.contextOf(request);
    const { limit, cursor } = parseInput(pageQuery, request.query);
    const rows = await pageTemplates(ctx.sql, ctx.workspaceId, {
      limit,
      after: decodeCursor(cursor, ['instant', 'uuid']),
    });
    return toPage(rows, { limit, keyOf: (row) => [row.created_at.toISOString(), row.id], present: presentTemplate });
  });

  app.get<IdParams>('/api/v1/templates/:id', { config: { scope: 'templates:read' } }, async (request) => {
    return presentTemplate(await requireTemplate(deps.contextOf(request), requirePublicId('tpl', request.params.id)));
  });

  app.put<IdParams>('/api/v1/templates/:id', { config: { scope: 'templates:write' } }, async (request) => {
    const id = requirePublicId('tpl', request.params.id);
    return presentTemplate(
      await updateTemplate(deps.contextOf(request), id, parseInput(updateTemplateSchema, request.body)),
    );
  });

  /** The mail as it would look now; nothing is sent and no link is tracked. */
  app.post<IdParams>('/api/v1/templates/:id/preview', { config: { scope: 'templates:read' } }, async (request) => {
    const id = requirePublicId('tpl', request.params.id);
    return previewTemplate(deps.contextOf(request), id, parseInput(previewTemplateSchema, request.body ?? {}));
  });
};

interface IdParams {
  Params: { id: string };
}

async function previewTemplate(
  ctx: Ctx,
  id: string,
  body: { variables: JsonObject; profileId?: string | undefined },
): Promise<RenderedEmail> {
  const row = await requireTemplate(ctx, id);
  const variables =
    body.profileId === undefined ? body.variables : templateScope(await traitsOf(ctx, body.profileId), body.variables);
  const version = { id: row.version_id, templateId: row.id, number: row.number, content: row.content };
  return renderEmail({ version, variables, links: {}, now: ctx.clock.now() });
}

async function traitsOf(ctx: Ctx, publicProfileId: string): Promise<JsonObject> {
  const profileId = await requireProfileId(ctx, publicProfileId);
  const subjects = await readSubjects(ctx.sql, ctx.workspaceId, [profileId]);
  return (await openTraits(ctx, subjects.values())).get(profileId) ?? {};
}

function presentTemplate(row: TemplateRow) {
  const { subject, html, text = null, preheader = null } = row.content;
  return {
    id: publicId('tpl', row.id),
    channel: row.channel,
    name: row.name,
    version: row.number,
    subject,
    html,
    text,
    preheader,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
  };
}
