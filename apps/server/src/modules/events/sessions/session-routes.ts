import { type AcquisitionRow, api, type Session } from '@segue/contract';
import type { Ctx } from '../../../platform/context.ts';
import { AppError } from '../../../platform/errors.ts';
import { decodeCursor, type Page, type Routes, toPage } from '../../../platform/http/index.ts';
import { listNodeIds, requireProfileId } from '../../profiles/index.ts';
import type { Touch } from './classify-touch.ts';
import { deviceOf } from './device.ts';
import {
  type AcquisitionGroup,
  type AcquisitionQuestion,
  readAcquisition,
  readCreditedLinks,
  readSessions,
  type SessionRow,
  touchOfRow,
  type TouchRow,
} from './history-sql.ts';

const PERIOD_MS_DEFAULT = 30 * 86_400_000;

/** Sessions of one profile, and where all sessions came from. */
export const sessionRoutes: Routes = (serve) => {
  serve(api.listProfileSessions, async ({ ctx, params, query }) =>
    listSessions(ctx, { ...query, profileId: await requireProfileId(ctx, params.id) }),
  );

  serve(api.getAcquisition, async ({ ctx, query }) => {
    const untilMs = query.to === undefined ? ctx.clock.now() : Date.parse(query.to);
    const fromMs = query.from === undefined ? untilMs - PERIOD_MS_DEFAULT : Date.parse(query.from);
    if (fromMs >= untilMs) {
      throw new AppError('invalid', 'The period is empty', {
        details: [{ field: 'from', message: 'give an instant before the end of the period' }],
      });
    }
    const rows = await countAcquisition(ctx, { fromMs, untilMs, touch: query.touch });
    return {
      from: new Date(fromMs).toISOString(),
      to: new Date(untilMs).toISOString(),
      touch: query.touch,
      items: rows.slice(0, query.limit),
    };
  });
};

async function listSessions(
  ctx: Ctx,
  question: { profileId: string; limit: number; cursor?: string | undefined },
): Promise<Page<Session>> {
  const key = decodeCursor(question.cursor, ['number', 'text']);
  const nodes = await listNodeIds(ctx, question.profileId);
  if (nodes.length === 0) return { items: [], nextCursor: null };
  const rows = await readSessions(ctx.history, {
    workspaceId: ctx.workspaceId,
    nodes,
    before: key === undefined ? undefined : { startedMs: Math.trunc(Number(key[0])), sessionId: String(key[1]) },
    limit: question.limit + 1,
  });
  return toPage(rows, {
    limit: question.limit,
    keyOf: (row) => [row.started_ms, row.session_id],
    present: presentSession,
  });
}

/** Counted in two steps: which link is of which source is decided here, and a profile counts once a source. */
async function countAcquisition(ctx: Ctx, period: Omit<AcquisitionQuestion, 'workspaceId'>): Promise<AcquisitionRow[]> {
  const question = { workspaceId: ctx.workspaceId, ...period };
  const links = await readCreditedLinks(ctx.history, question);
  const places = new Map<string, { group: number; place: Place }>();
  const groups = links.map((link) => {
    const place = placeOf(touchOfRow(JSON.parse(link) as TouchRow));
    const key = JSON.stringify(place);
    const known = places.get(key) ?? { group: places.size + 1, place };
    places.set(key, known);
    return known.group;
  });
  const counted = await readAcquisition(ctx.history, { ...question, links, groups });
  const placeOfGroup = new Map([...places.values()].map(({ group, place }) => [group, place]));
  return counted
    .map((row) => presentGroup(row, placeOfGroup.get(row.group) ?? UNTOLD))
    .sort((a, b) => b.sessions - a.sessions || (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}

type Place = Pick<AcquisitionRow, 'referrerClass' | 'source' | 'medium' | 'campaign'>;
const UNTOLD: Place = { referrerClass: 'other', source: null, medium: null, campaign: null };

function placeOf(touch: Touch): Place {
  return {
    referrerClass: touch.class,
    source: orNull(touch.source),
    medium: orNull(touch.medium),
    campaign: orNull(touch.name),
  };
}

function presentGroup(row: AcquisitionGroup, place: Place): AcquisitionRow {
  const { sessions, profiles, orders } = row;
  return { ...place, sessions, profiles, orders, revenue: presentRevenue(row.revenue) };
}

/** A session as the API tells it. */
export function presentSession(row: SessionRow): Session {
  const touch = touchOfRow(row);
  const device = deviceOf({
    id: '',
    type: 'page',
    name: '',
    occurredAt: row.started_ms,
    payload: { context: { userAgent: row.user_agent, os: { name: row.os_name } } },
  });
  return {
    id: row.session_id,
    startedAt: new Date(row.started_ms).toISOString(),
    endedAt: new Date(row.ended_ms).toISOString(),
    events: row.events,
    entryPage: orNull(row.entry_page),
    exitPage: orNull(row.exit_page),
    ...placeOf(touch),
    term: orNull(touch.term),
    content: orNull(touch.content),
    clickIdType: orNull(touch.clickIdType),
    clickId: orNull(touch.clickId),
    referrer: orNull(touch.referrer),
    device: {
      class: orNull(device?.class ?? ''),
      os: orNull(device?.os ?? ''),
      browser: orNull(device?.browser ?? ''),
    },
    country: orNull(row.country),
    region: orNull(row.region),
    orders: row.orders,
    revenue: presentRevenue(row.revenue),
  };
}

const CURRENCY = /^[A-Z]{3}$/;

/** ISO 4217 says how many digits a currency's smaller unit has; two where the shop's word is none. */
function presentRevenue(revenue: Readonly<Record<string, number>>): Session['revenue'] {
  return Object.entries(revenue).map(([code, amount]) => {
    const currency = CURRENCY.test(code) ? code : null;
    const digits =
      currency === null
        ? 2
        : (new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2);
    return { amountMinor: Math.round(amount * 10 ** digits), currency };
  });
}

function orNull(text: string): string | null {
  return text === '' ? null : text;
}
