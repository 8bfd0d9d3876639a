import { type Entry, type Moment, type Opening, SESSION_PAUSE_MINUTES, type Source } from '../visits.ts';

/** A moment as plain data. */
export interface SaidMoment {
  readonly atMs: number;
  readonly campaign?: string | undefined;
  readonly source?: Source | undefined;
  readonly referral?: Source | undefined;
  readonly entry: Entry;
}

export function asMoment(said: SaidMoment): Moment {
  return {
    atMs: said.atMs,
    campaign: said.campaign,
    entry: () => said.entry,
    source: () => said.source ?? {},
    referral: () => said.referral,
  };
}

export interface NaiveSession {
  readonly atMs: number;
  readonly opening: Opening;
}

const minuteOf = (atMs: number) => Math.floor(atMs / 60_000);

/** The sessions of a whole history, found by sorting it: slow, and plainly what is meant. */
export function naiveSessions(history: readonly SaidMoment[]): NaiveSession[] {
  const sorted = [...history].sort(
    (a, b) =>
      a.atMs - b.atMs ||
      Number(a.campaign === undefined) - Number(b.campaign === undefined) ||
      compare(a.campaign ?? '', b.campaign ?? '') ||
      compare(JSON.stringify(a.entry), JSON.stringify(b.entry)),
  );
  const visits: SaidMoment[][] = [];
  for (const moment of sorted) {
    const visit = visits.at(-1);
    const paused = visit === undefined || minuteOf(moment.atMs) - minuteOf(visit.at(-1)!.atMs) > SESSION_PAUSE_MINUTES;
    if (paused) visits.push([moment]);
    else visit.push(moment);
  }
  return visits.flatMap(sessionsOfVisit);
}

function sessionsOfVisit(visit: readonly SaidMoment[]): NaiveSession[] {
  const sessions: { atMs: number; campaign: string | undefined; moments: SaidMoment[] }[] = [];
  const seen = new Set<string>();
  for (const moment of visit) {
    const isNewCampaign = moment.campaign !== undefined && !seen.has(moment.campaign);
    if (sessions.length === 0 || isNewCampaign) {
      sessions.push({ atMs: moment.atMs, campaign: moment.campaign, moments: [] });
    }
    if (moment.campaign !== undefined) seen.add(moment.campaign);
    sessions.at(-1)!.moments.push(moment);
  }
  return sessions.map(({ atMs, campaign, moments }) => {
    const [first] = moments;
    if (campaign !== undefined) return { atMs, opening: { ...first!.source, ...first!.entry } };
    const linked = moments
      .filter(({ referral, campaign: later }) => referral !== undefined && later === undefined)
      .sort((a, b) => a.atMs - b.atMs || compare(JSON.stringify(a.referral), JSON.stringify(b.referral)))[0];
    return { atMs, opening: { ...(linked?.referral ?? { c: 'direct' }), ...first!.entry } };
  });
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
