import type { Answers } from '@segue/contract';
import type { Ctx } from '../../platform/context.ts';
import { readSubjects, type Subject } from '../../platform/eventlog/index.ts';
import { publicId } from '../../platform/ids/index.ts';
import { findOwnSource, getWorkspaceRow, listNumberedSources } from '../accounts/index.ts';
import { readReachability } from '../consent/index.ts';
import { listNextSteps } from '../journeys/index.ts';
import type { OrderName } from '../orders/index.ts';
import { clearTraits, computeTraits, isRestricted, nodeIdsOf, profilingObjectedAt } from '../profiles/index.ts';
import { knownZone, listListsOfProfile, listSegmentsOfProfile, loadPlaces } from '../segments/index.ts';
import { answerShopping } from './answer-shopping.ts';
import type { Asked } from './fold-purchases.ts';
import type { OrderSources } from './order-source.ts';
import { readBooks } from './read-books.ts';
import { type Past, readPast } from './read-past.ts';
import { readShopEvent } from './shop-event.ts';
import { type Guess, readReply, weighReplies } from './weigh-replies.ts';

export interface Question {
  readonly profileId: string;
  readonly asked: readonly Asked[];
  /** The channels Segue can send on. */
  readonly senders: readonly string[];
}

const SEGMENTS_MAX = 1_000;
const TOO_MANY = ['segments'] as const;
const NOTHING_READ: Past = { events: [], truncated: [], isUpToDate: true };

/**
 * What can be answered about a customer now. Who is restricted (Art. 18 GDPR) is told nothing of her history; who objected to
 * profiling (Art. 21) what she bought and has open, but nothing that is a profile of her.
 */
export async function readAnswers(ctx: Ctx, question: Question): Promise<Answers> {
  const { sql, workspaceId } = ctx;
  const { profileId, asked, senders } = question;
  const now = ctx.clock.now();
  const subject = (await readSubjects(sql, workspaceId, [profileId])).get(profileId);
  const withheldFor = withheldOf(subject);
  const isProfiled = withheldFor === null;
  const past =
    subject === undefined || withheldFor === 'restricted' ? NOTHING_READ : await readPast(ctx, nodeIdsOf(subject));
  const books = withheldFor === 'restricted' ? undefined : await readBooks(ctx, { profileId, asked, now });
  const sources = await readOrderSources(ctx, books?.orderNames ?? []);
  const shop = past.events.flatMap((event) => readShopEvent(event, sources) ?? []);
  const shopping = books && answerShopping({ events: shop, books }, books.asked, now);
  const isEveryOrderRead = past.isUpToDate && !past.truncated.includes('orders') && books?.isEveryOrderRead !== false;
  const segments = isProfiled ? await answerSegments(ctx, profileId) : null;
  const truncated = [...past.truncated, ...(segments !== null && segments.length > SEGMENTS_MAX ? TOO_MANY : [])];
  return {
    profileId: publicId('prf', profileId),
    history: {
      readAt: new Date(now).toISOString(),
      isUpToDate: past.isUpToDate,
      isWhole: truncated.length === 0,
      truncated,
    },
    withheldFor,
    bought: shopping?.bought.map((one) => (isEveryOrderRead ? one : withoutNo(one))) ?? null,
    interests: isProfiled ? (shopping?.interests ?? null) : null,
    replies: isProfiled ? await answerReplies(ctx, subject, past) : null,
    carts: shopping?.carts ?? null,
    orders: shopping?.orders ?? null,
    points: books?.points ?? null,
    segments: segments?.slice(0, SEGMENTS_MAX) ?? null,
    lists: (await listListsOfProfile(sql, workspaceId, profileId)).map(({ id, name }) => ({
      id: publicId('lst', id),
      name,
    })),
    lifecycleStage: isProfiled && subject !== undefined ? await stageOf(ctx, subject) : null,
    journeys: await listNextSteps(ctx, profileId),
    place: isProfiled && subject !== undefined ? await answerPlace(ctx, subject) : null,
    reachability: await readReachability(ctx, profileId, senders),
  };
}

async function readOrderSources({ sql, workspaceId }: Ctx, orderNames: readonly OrderName[]): Promise<OrderSources> {
  const book = await findOwnSource(sql, workspaceId, 'shop');
  const file = await findOwnSource(sql, workspaceId, 'import');
  const shops = (await listNumberedSources(sql, workspaceId)).filter(
    ({ number, isTrusted }) => isTrusted && number !== book && number !== file,
  );
  return {
    book,
    shops: new Set(shops.map(({ number }) => number)),
    booked: new Set(orderNames.flatMap(({ source }) => source ?? [])),
  };
}

/** What is not among the orders that were read may be among the others. */
function withoutNo(one: NonNullable<Answers['bought']>[number]): NonNullable<Answers['bought']>[number] {
  return one.isBought === true ? one : { ...one, isBought: null };
}

function withheldOf(subject: Subject | undefined): Answers['withheldFor'] {
  if (isRestricted(subject)) return 'restricted';
  return profilingObjectedAt(subject) === undefined ? null : 'objected';
}

async function answerReplies(
  { sql, workspaceId }: Ctx,
  subject: Subject | undefined,
  past: Past,
): Promise<Answers['replies']> {
  const own = subject === undefined ? undefined : knownZone(clearTraits(subject)['timezone']);
  const timeZone = own ?? (await getWorkspaceRow(sql, workspaceId)).time_zone;
  const { channel, hour } = weighReplies(
    past.events.flatMap((event) => readReply(event) ?? []),
    timeZone,
  );
  return { timeZone, channel: presentGuess(channel), hour: presentGuess(hour) };
}

function presentGuess<T>({ value, evidence, counts }: Guess<T>) {
  return { value: value ?? null, evidence, counts: { ...counts } };
}

async function answerSegments({ sql, workspaceId }: Ctx, profileId: string) {
  const rows = await listSegmentsOfProfile(sql, workspaceId, { profileId, afterId: null, limit: SEGMENTS_MAX + 1 });
  return rows.map((row) => ({
    id: publicId('seg', row.id),
    name: row.name,
    enteredAt: row.entered_at.toISOString(),
  }));
}

async function stageOf(ctx: Ctx, subject: Subject): Promise<string | null> {
  const stage = (await computeTraits(ctx, [subject])).get(subject.id)?.['lifecycle_stage'];
  return typeof stage === 'string' ? stage : null;
}

async function answerPlace(ctx: Ctx, subject: Subject): Promise<Answers['place']> {
  const place = (await loadPlaces(ctx, [subject])).get(subject.id);
  if (place === undefined) return null;
  const { country = null, region = null, city = null, latitude = null, longitude = null } = place;
  return { country, region, city, latitude, longitude };
}
