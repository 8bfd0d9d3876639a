import type { Ctx } from '../../../platform/context.ts';
import { type CodeRow, type CodeState, pageCodes } from '../codes/code-store.ts';

const PAGE_ROWS = 2_000;
const HEAD = 'code,state,redeemed,per_code,expires_at\r\n';

/** The codes of a campaign as CSV (RFC 4180), page by page. */
export async function* writeCodeFile(
  ctx: Ctx,
  asked: { campaignId: string; poolId: string | null; state: CodeState | null },
): AsyncIterable<string> {
  const now = new Date(ctx.clock.now());
  yield HEAD;
  for (let afterId: string | null = null; ;) {
    const page = { ...asked, now, afterId, limit: PAGE_ROWS };
    const rows: CodeRow[] = await pageCodes(ctx.sql, ctx.workspaceId, page);
    if (rows.length > 0) yield rows.map(lineOf).join('');
    if (rows.length < PAGE_ROWS) return;
    afterId = rows.at(-1)?.id ?? null;
  }
}

function lineOf(row: CodeRow): string {
  const { code, state, redeemed, per_code: perCode, expires_at: expiresAt } = row;
  const counted = perCode === null ? '' : String(redeemed);
  return `${[cell(code), state, counted, perCode ?? '', expiresAt?.toISOString() ?? ''].join(',')}\r\n`;
}

/** A text that a spreadsheet would run begins with an apostrophe (CWE-1236). Pure. */
export function cell(text: string): string {
  const guarded = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]|^\s|\s$/.test(guarded) ? `"${guarded.replaceAll('"', '""')}"` : guarded;
}
