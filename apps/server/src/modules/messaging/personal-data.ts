import type { Ctx } from '../../platform/context.ts';
import { open } from '../../platform/crypto/index.ts';
import { publicId } from '../../platform/ids/index.ts';
import { isJsonObject, type Json, type JsonObject } from '../../platform/json.ts';
import { createTableKeeper, type PersonalDataKeeper } from '../../platform/personal-data/index.ts';
import { brandVariables, readBrand } from '../consent/index.ts';
import { loadTemplateVersions, renderEmail, type TemplateVersion, type VersionContent } from '../content/index.ts';
import { openNodeKeys } from '../profiles/index.ts';

const tables = createTableKeeper({
  name: 'messaging',
  tables: [
    {
      table: 'cap_window',
      kind: 'countedMessage',
      profiles: ['profile_id'],
      order: ['channel', 'counted_at', 'message_id'],
    },
    {
      table: 'message',
      kind: 'message',
      profiles: ['profile_id'],
      nodes: ['node_id', 'address_node', 'to_node'],
      order: ['id'],
      sealed: ['variables', 'shown', 'inline'],
      hidden: ['content_hash', 'address_hash', 'lane_marks', 'owner', 'intent_key'],
    },
  ],
  async open(ctx, _column, rows) {
    const keys = await ctx.keysOf(ctx.workspaceId);
    const nodes = rows.map(({ row }) => Number(row['node_id']));
    const nodeKeys = await openNodeKeys({ sql: ctx.sql, workspaceId: ctx.workspaceId, keys }, nodes);
    return rows.map(({ sealed }, at) => {
      const key = nodeKeys.get(nodes[at]!);
      if (sealed === null || key === undefined) return undefined;
      return JSON.parse(open(key, sealed).toString('utf8')) as Json;
    });
  },
});

/** Messages to her, sent or waiting, with what stood in them as far as that is kept. */
export const messagingPersonalData: PersonalDataKeeper = {
  ...tables,
  async *export(ctx, subject) {
    const read = createContentReader(ctx);
    for await (const item of tables.export(ctx, subject)) {
      if (item.kind !== 'message' || !isJsonObject(item.data)) yield item;
      else yield { kind: item.kind, data: { ...item.data, content: await read(item.data) } };
    }
  },
};

const VERSIONS_MAX = 50;

/** Renders messages once more. The versions of templates that were last needed are remembered. */
function createContentReader(ctx: Ctx): (message: JsonObject) => Promise<JsonObject> {
  const versions = new Map<string, TemplateVersion | undefined>();
  let brand: JsonObject | undefined;
  const versionOf = async (id: string): Promise<TemplateVersion | undefined> => {
    if (!versions.has(id)) {
      if (versions.size === VERSIONS_MAX) versions.clear();
      versions.set(id, (await loadTemplateVersions(ctx.sql, ctx.workspaceId, [id])).get(id));
    }
    return versions.get(id);
  };
  return async ({ id, sendingAt, templateVersionId, inline, shown }) => {
    if (typeof sendingAt !== 'string') return { notKept: 'it was not sent: nothing was written yet' };
    const version = isJsonObject(inline)
      ? { id: '', templateId: '', number: 1, content: inline as unknown as VersionContent }
      : typeof templateVersionId === 'string'
        ? await versionOf(templateVersionId)
        : undefined;
    if (version === undefined) return { notKept: 'its template is gone' };
    if (!isJsonObject(shown)) {
      return {
        notKept: 'what it named of her is not kept',
        subject: version.content.subject,
      };
    }
    brand ??= brandVariables(await readBrand(ctx.sql, ctx.workspaceId));
    const variables = { ...shown, brand, message_id: typeof id === 'string' ? publicId('msg', id) : '' };
    // Links lead where they were meant to: one that is tracked would count whoever reads the file.
    return { ...renderEmail({ version, variables, links: {}, now: Date.parse(sendingAt) }) };
  };
}
