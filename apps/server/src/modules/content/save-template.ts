import type { CreateTemplateBody, EmailContent, UpdateTemplateBody } from '@segue/contract';
import type { Ctx } from '../../platform/context.ts';
import { AppError } from '../../platform/errors.ts';
import { inTransaction, type TxCtx } from '../../platform/eventlog/index.ts';
import { newUuid, publicId } from '../../platform/ids/index.ts';
import { recordAudit } from '../accounts/index.ts';
import { requireValidEmail } from './compile-email.ts';
import { renderEmail } from './render-email.ts';
import {
  findTemplate,
  insertTemplate,
  insertVersion,
  lockTemplate,
  type TemplateRow,
  updateTemplateRow,
} from './template-store.ts';
import { toVersionContent } from './to-version-content.ts';
import type { VersionContent } from './version-content.ts';

/** Makes a template with its first version. A template that could not be rendered is refused, naming line and remedy. */
export async function createTemplate(ctx: Ctx, body: CreateTemplateBody): Promise<TemplateRow> {
  const { name, channel, ...given } = body;
  const content = await requireRenderable(given, ctx.clock.now());
  return inTransaction(ctx, async (ctx) => {
    const nowMs = ctx.clock.now();
    const id = newUuid(nowMs);
    const versionId = newUuid(nowMs);
    await insertVersion(ctx.sql, ctx.workspaceId, { id: versionId, templateId: id, number: 1, content, nowMs });
    await insertTemplate(ctx.sql, ctx.workspaceId, { id, channel, name, versionId, nowMs });
    await recordAudit(ctx, { action: 'template.created', subject: publicId('tpl', id) });
    return requireTemplate(ctx, id);
  });
}

/** Changed content becomes a new version; messages queued before keep theirs. The same content again adds none. */
export async function updateTemplate(ctx: Ctx, id: string, body: UpdateTemplateBody): Promise<TemplateRow> {
  const { name, ...given } = body;
  const content = await requireRenderable(given, ctx.clock.now());
  return inTransaction(ctx, (ctx) => updateTemplateIn(ctx, { id, name, content }));
}

async function updateTemplateIn(
  ctx: TxCtx,
  change: { id: string; name: string; content: VersionContent },
): Promise<TemplateRow> {
  const { id, name, content } = change;
  await lockTemplate(ctx.sql, ctx.workspaceId, id);
  const before = await requireTemplate(ctx, id);
  const nowMs = ctx.clock.now();
  let versionId = before.version_id;
  if (!isSameContent(before.content, content)) {
    versionId = newUuid(nowMs);
    await insertVersion(ctx.sql, ctx.workspaceId, {
      id: versionId,
      templateId: id,
      number: before.number + 1,
      content,
      nowMs,
    });
  }
  await updateTemplateRow(ctx.sql, ctx.workspaceId, { id, name, versionId, nowMs });
  await recordAudit(ctx, {
    action: 'template.updated',
    subject: publicId('tpl', id),
    detail: { version: versionId === before.version_id ? before.number : before.number + 1 },
  });
  return requireTemplate(ctx, id);
}

export async function requireTemplate(ctx: Ctx, id: string): Promise<TemplateRow> {
  const row = await findTemplate(ctx.sql, ctx.workspaceId, id);
  if (row === undefined) throw new AppError('not_found', `There is no template ${publicId('tpl', id)}`);
  return row;
}

function isSameContent(a: VersionContent, b: VersionContent): boolean {
  const isSameBody = b.mjml === undefined ? a.mjml === undefined && a.html === b.html : a.mjml === b.mjml;
  return (
    isSameBody &&
    a.subject === b.subject &&
    a.text === b.text &&
    a.preheader === b.preheader &&
    utmText(a) === utmText(b)
  );
}

/** The database keeps no order of keys. */
function utmText({ utm = {} }: VersionContent): string {
  return JSON.stringify(Object.entries(utm).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/**
 * Compiles and parses, then renders once for a customer of whom nothing is known: what fails there would fail at sending.
 */
export async function requireRenderable(given: EmailContent, now: number): Promise<VersionContent> {
  const content = await toVersionContent(given);
  requireValidEmail(content);
  const version = { id: '', templateId: '', number: 0, content };
  renderEmail({ version, variables: {}, links: {}, now, isDraft: true });
  return content;
}
