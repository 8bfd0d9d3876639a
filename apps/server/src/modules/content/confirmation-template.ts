import { newUuid } from '../../platform/ids/index.ts';
import type { Sql } from '../../platform/postgres/index.ts';
import { confirmationContent } from './confirmation-template.data.ts';
import { findTemplateOfPurpose, insertTemplateOfPurpose, insertVersion } from './template-store.ts';
import { toVersionContent } from './to-version-content.ts';

const PURPOSE = 'confirmation';

/** The template that asks for a confirmation: the workspace's own, made in its language when it is first needed. */
export async function ensureConfirmationTemplate(
  sql: Sql,
  workspaceId: number,
  { language, now }: { language: string; now: number },
): Promise<string> {
  const known = await findTemplateOfPurpose(sql, workspaceId, PURPOSE);
  if (known !== undefined) return known;
  const { name, content } = confirmationContent(language);
  const id = newUuid(now);
  const versionId = newUuid(now);
  const template = { id, name, versionId, nowMs: now, purpose: PURPOSE };
  if (!(await insertTemplateOfPurpose(sql, workspaceId, template))) {
    const made = await findTemplateOfPurpose(sql, workspaceId, PURPOSE);
    if (made === undefined) throw new Error('the template for confirmations is neither there nor can it be made');
    return made;
  }
  const version = { id: versionId, templateId: id, number: 1, content: await toVersionContent(content), nowMs: now };
  await insertVersion(sql, workspaceId, version);
  return id;
}
