import type { History } from '../../../platform/clickhouse/index.ts';
import createHistorySessions from '../history-migrations/20261123T1400_create-history-sessions.sql?raw';
import type { Campaign } from './campaign.ts';
import { classifyTouch, type Touch } from './classify-touch.ts';

/** One row of `history_sessions`. Revenue by currency code, '' where the shop did not say it. */
export interface SessionRow extends TouchRow {
  session_id: string;
  started_ms: number;
  ended_ms: number;
  events: number;
  entry_page: string;
  exit_page: string;
  user_agent: string;
  os_name: string;
  country: string;
  region: string;
  orders: number;
  revenue: Record<string, number>;
}

/** What a row says about where its session came from: the link's own words, not judged yet. */
export interface TouchRow {
  has_campaign: number | boolean;
  source: string;
  medium: string;
  campaign: string;
  term: string;
  content: string;
  click_id_type: string;
  click_id: string;
  referrer: string;
}

export function touchOfRow(row: TouchRow): Touch {
  const campaign: Campaign = {
    source: row.source,
    medium: row.medium,
    name: row.campaign,
    term: row.term,
    content: row.content,
    clickIdType: row.click_id_type,
    clickId: row.click_id,
  };
  return classifyTouch(Number(row.has_campaign) === 1 ? campaign : undefined, row.referrer);
}

const VIEW = createHistorySessions.slice(createHistorySessions.indexOf('select workspace_id')).replace(/;\s*$/, '');

/**
 * The view's own text over fewer events: a condition outside would be looked at only when all were counted. First come the
 * events, then the nodes.
 */
function sessionsWhere(conditions: { events: string; nodes: string }): string {
  const [head, middle, tail] = VIEW.split('/* narrow */');
  return `(${head}and ${conditions.events}${middle}and ${conditions.nodes}${tail})`;
}

/** One profile's sessions, newest first. Reads the events of its nodes only. */
export async function readSessions(
  history: History,
  question: {
    workspaceId: number;
    nodes: readonly number[];
    before: { startedMs: number; sessionId: string } | undefined;
    limit: number;
  },
): Promise<SessionRow[]> {
  const { workspaceId, nodes, before, limit } = question;
  const ofNodes = 'workspace_id = {workspaceId: UInt32} and node in ({nodes: Array(UInt64)})';
  const narrowed = sessionsWhere({ events: ofNodes, nodes: ofNodes });
  return history.query<SessionRow>({
    sql: `select * from ${narrowed}
          where workspace_id = {workspaceId: UInt32}
          ${before === undefined ? '' : 'and (started_ms, session_id) < ({startedMs: Int64}, {sessionId: String})'}
          order by started_ms desc, session_id desc limit {limit: UInt32}`,
    params: { workspaceId, nodes, limit, ...(before === undefined ? {} : before) },
  });
}

/** What one group of sessions came to. `said` is what its link said, as `TouchRow` in JSON. */
export interface AcquisitionGroup {
  group: number;
  sessions: number;
  profiles: number;
  orders: number;
  revenue: Record<string, number>;
}

export interface AcquisitionQuestion {
  readonly workspaceId: number;
  readonly fromMs: number;
  readonly untilMs: number;
  readonly touch: 'first' | 'last';
}

/** More distinct links than this in one period are not told apart: the rarest fall to "other". */
const LINKS_MAX = 20_000;
const SAID = `toJSONString(CAST((toUInt8(has_campaign), source, medium, campaign, '', '', click_id_type, '', referrer),
  'Tuple(has_campaign UInt8, source String, medium String, campaign String, term String, content String, click_id_type String, click_id String, referrer String)'))`;
const CREDITED = {
  first: 'first_value(said) over (partition by profile_id order by started_ms, session_id)',
  last: `ifNull(anyLast(if(is_direct, null, said)) over (partition by profile_id order by started_ms, session_id
         rows between unbounded preceding and current row), said)`,
};

/** Sessions of the period, each with the touch it is credited to. Everything before has to be read: a touch may be old. */
function creditedSessions({ touch }: AcquisitionQuestion): string {
  const narrowed = sessionsWhere({
    events: 'workspace_id = {workspaceId: UInt32} and occurred_ms < {untilMs: Int64}',
    nodes: 'workspace_id = {workspaceId: UInt32}',
  });
  return `(select workspace_id, profile_id, started_ms, orders, revenue, ${CREDITED[touch]} as credited from (
             select workspace_id, profile_id, started_ms, session_id, orders, revenue, ${SAID} as said,
               not has_campaign and referrer = '' as is_direct
             from ${narrowed}))`;
}

/** The links credited in the period, as they spoke of themselves. */
export async function readCreditedLinks(history: History, question: AcquisitionQuestion): Promise<string[]> {
  const rows = await history.query<{ credited: string }>({
    sql: `select credited from ${creditedSessions(question)}
          where workspace_id = {workspaceId: UInt32} and started_ms >= {fromMs: Int64}
          group by credited order by count() desc, credited limit ${LINKS_MAX}`,
    params: periodOf(question),
    priority: 'background',
  });
  return rows.map((row) => row.credited);
}

/** The period's sessions by group: `groups` says of each link which it belongs to; those of no link are in group 0. */
export async function readAcquisition(
  history: History,
  question: AcquisitionQuestion & { links: readonly string[]; groups: readonly number[] },
): Promise<AcquisitionGroup[]> {
  return history.query<AcquisitionGroup>({
    sql: `select transform(credited, {links: Array(String)}, {groups: Array(UInt32)}, toUInt32(0)) as group,
            count() as sessions, uniqExact(profile_id) as profiles, sum(orders) as orders, sumMap(revenue) as revenue
          from ${creditedSessions(question)}
          where workspace_id = {workspaceId: UInt32} and started_ms >= {fromMs: Int64} group by group`,
    params: { ...periodOf(question), links: question.links, groups: question.groups },
    priority: 'background',
  });
}

function periodOf({ workspaceId, fromMs, untilMs }: AcquisitionQuestion) {
  return { workspaceId, fromMs, untilMs };
}
