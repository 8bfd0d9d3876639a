import { api, type Template, type TemplatePreview } from '@segue/contract';
import type { Ctx } from '../../platform/context.ts';
import { readSubjects } from '../../platform/eventlog/index.ts';
import { decodeCursor, type Routes, toPage } from '../../platform/http/index.ts';
import { publicId, requirePublicId } from '../../platform/ids/index.ts';
import type { JsonObject } from '../../platform/json.ts';
import { brandVariables, readBrand } from '../consent/index.ts';
import { openAllTraits, requireProfileId } from '../profiles/index.ts';
import { previewEmail } from './preview-email.ts';
import { templateScope, type TemplateVersion } from './render-email.ts';
import { createTemplate, requireRenderable, requireTemplate, updateTemplate } from './save-template.ts';
import { pageTemplates, type TemplateRow } from './template-store.ts';

/** Management of templates. */
export const templateRoutes: Routes = (serve) => {
  serve(api.createTemplate, async ({ ctx, body }) => presentTemplate(await createTemplate(ctx, body)));

  serve(api.listTemplates, async ({ ctx, query: { limit, cursor } }) => {
    const beforeId = decodeCursor(cursor, ['uuid'])?.[0];
    const rows = await pageTemplates(ctx.sql, ctx.workspaceId, {
      limit,
      beforeId: beforeId === undefined ? undefined : String(beforeId),
    });
    return toPage(rows, { limit, keyOf: (row) => [row.id], present: presentTemplate });
  });

  serve(api.getTemplate, async ({ ctx, params }) =>
    presentTemplate(await requireTemplate(ctx, requirePublicId('tpl', params.id))),
  );

  serve(api.updateTemplate, async ({ ctx, params, body }) =>
    presentTemplate(await updateTemplate(ctx, requirePublicId('tpl', params.id), body)),
  );

  serve(api.previewTemplate, async ({ ctx, params, body }) => {
    const row = await requireTemplate(ctx, requirePublicId('tpl', params.id));
    return preview(ctx, { id: row.version_id, templateId: row.id, number: row.number, content: row.content }, body);
  });

  serve(api.previewDraft, async ({ ctx, body: { variables, profileId, ...given } }) => {
    const content = await requireRenderable(given, ctx.clock.now());
    return preview(ctx, { id: '', templateId: '', number: 0, content }, { variables, profileId });
  });
};

async function preview(
  ctx: Ctx,
  version: TemplateVersion,
  as: { variables: JsonObject; profileId?: string | undefined },
): Promise<TemplatePreview> {
  const traits = as.profileId === undefined ? undefined : await traitsOf(ctx, as.profileId);
  const brand = await readBrand(ctx.sql, ctx.workspaceId);
  const given = { brand: brandVariables(brand), ...as.variables };
  const variables = traits === undefined ? given : templateScope(traits, given);
  return previewEmail({ version, variables, now: ctx.clock.now() });
}

async function traitsOf(ctx: Ctx, publicProfileId: string): Promise<JsonObject> {
  const profileId = await requireProfileId(ctx, publicProfileId);
  const subjects = await readSubjects(ctx.sql, ctx.workspaceId, [profileId]);
  return (await openAllTraits(ctx, subjects.values())).get(profileId) ?? {};
}

function presentTemplate(row: TemplateRow): Template {
  const { subject, html, mjml = null, text = null, preheader = null, utm = null } = row.content;
  return {
    id: publicId('tpl', row.id),
    channel: row.channel,
    name: row.name,
    version: row.number,
    subject,
    html,
    mjml,
    text,
    preheader,
    utm,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
  };
}
