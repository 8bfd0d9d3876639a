import { createHash } from 'node:crypto';
import type { Services } from '../context.ts';
import { newUuid } from '../ids/index.ts';
import type { Transaction } from '../postgres/index.ts';
import { appendLines, internalLane } from './append.ts';
import type { EmittedEvent, SubjectBatch } from './batch.ts';
import type { Block } from './block.ts';
import { cleanText } from './clean-text.ts';
import { encodeEvent, INTERNAL_LOG, type LoggedEvent, type StoredEvent } from './event.ts';
import { isInTransaction } from './tx-ctx.ts';
import { readConfigVersion } from './lease.ts';
import { deleteSubjects, insertSubjects, lockSubjects, saveSubjects } from './subject-state.ts';
import { Subject } from './subject.ts';

/** A batch that can be written: what changed is known, what was emitted is kept until the end. */
export class OpenBatch implements SubjectBatch {
  readonly workspaceId: number;
  readonly sql: Transaction;
  readonly clock: Services['clock'];
  readonly keysOf: Services['keysOf'];
  now: number;
  configVersion: number;
  readonly subjects = new Map<string, Subject>();
  readonly emitted: EmittedEvent[] = [];
  readonly #created = new Set<Subject>();
  readonly #removed: string[] = [];

  constructor(services: Services, options: { workspaceId: number; sql: Transaction; configVersion: number }) {
    this.workspaceId = options.workspaceId;
    this.sql = options.sql;
    this.clock = services.clock;
    this.keysOf = (workspaceId) => services.keysOf(workspaceId);
    this.now = services.clock.now();
    this.configVersion = options.configVersion;
  }

  async lock(ids: readonly string[]): Promise<ReadonlyMap<string, Subject>> {
    const missing = [...new Set(ids)].filter((id) => !this.subjects.has(id) && !this.#removed.includes(id)).sort();
    if (missing.length === 0) return this.subjects;
    for (const [id, subject] of await lockSubjects(this.sql, this.workspaceId, missing)) this.subjects.set(id, subject);
    // Whoever held them meanwhile decided later than this batch began: time must not run backwards for a subject.
    this.now = Math.max(this.now, this.clock.now());
    return this.subjects;
  }

  create(id: string): Subject {
    const subject = new Subject(id);
    this.subjects.set(id, subject);
    this.#created.add(subject);
    return subject;
  }

  remove(id: string): void {
    const subject = this.subjects.get(id);
    if (subject === undefined) return;
    this.subjects.delete(id);
    if (!this.#created.delete(subject)) this.#removed.push(id);
  }

  emit(event: EmittedEvent): void {
    this.emitted.push(event);
  }

  /** Writes every changed subject: one statement each for new, changed and removed ones. */
  async save(): Promise<void> {
    const changed = [...this.subjects.values()].filter((s) => s.dirty && !this.#created.has(s));
    await insertSubjects(this.sql, this.workspaceId, [...this.#created]);
    await saveSubjects(this.sql, this.workspaceId, changed);
    await deleteSubjects(this.sql, this.workspaceId, this.#removed);
  }
}

/**
 * Appends what batches emitted to the internal log. The last statement of a transaction: lanes are locked last. With `hears`
 * what no stage hears is marked, so that the processor of this process passes it by without a look.
 */
export async function appendEmitted(
  sql: Transaction,
  batches: readonly OpenBatch[],
  hears?: (batch: OpenBatch, event: LoggedEvent) => boolean,
): Promise<Block[]> {
  const lines = new Map<number, string[]>();
  const events = new Map<number, (StoredEvent | undefined)[]>();
  const unheard = new Map<number, (number | undefined)[]>();
  for (const batch of batches) {
    for (const emitted of batch.emitted) {
      const lane = internalLane(emitted.subjectId);
      const event = toLogged(batch, emitted, lane);
      const written = encodeEvent(event);
      const line = cleanText(written);
      // What had to be cleaned is read anew, as it was written.
      const asWritten = line === written ? event : undefined;
      const passedAt = hears?.(batch, event) === false ? batch.configVersion : undefined;
      const laneLines = lines.get(lane);
      if (laneLines === undefined) {
        lines.set(lane, [line]);
        events.set(lane, [asWritten]);
        unheard.set(lane, [passedAt]);
      } else {
        laneLines.push(line);
        events.get(lane)!.push(asWritten);
        unheard.get(lane)!.push(passedAt);
      }
    }
  }
  return lines.size === 0 ? [] : appendLines(sql, INTERNAL_LOG, { lines, events, unheard });
}

/** Its number in the lane is given when it is appended: 0 till then. */
function toLogged(batch: OpenBatch, event: EmittedEvent, lane: number): LoggedEvent {
  return {
    workspaceId: batch.workspaceId,
    id: event.id ?? newUuid(batch.now),
    type: event.type ?? 'internal',
    name: event.name,
    occurredAt: event.occurredAt,
    receivedAt: batch.now,
    nodes: [event.node],
    sealed: '',
    payload: { properties: event.properties },
    log: INTERNAL_LOG,
    lane,
    seq: 0,
  };
}

/**
 * One transaction over the subjects `ids`: locks and loads them, lets `work` decide, saves what changed, appends what
 * was emitted. Use it wherever something other than the log's processor changes a subject: a timer, a send, an API call.
 * Inside a transaction it joins that one.
 */
export async function inSubjects<T>(
  services: Services,
  options: { workspaceId: number; ids: readonly string[] },
  work: (batch: SubjectBatch) => Promise<T>,
): Promise<T> {
  if (isInTransaction(services)) {
    const { result, batch } = await workOnSubjects(services, services.sql, { ...options, work });
    // The outer transaction appends: lanes are locked last.
    for (const event of batch.emitted) services.emit(event);
    return result;
  }
  const { result, blocks } = await services.postgres.transaction(async (sql) => {
    const { result: answer, batch } = await workOnSubjects(services, sql, { ...options, work });
    return { result: answer, blocks: await appendEmitted(sql, [batch]) };
  });
  services.log.appended(blocks);
  return result;
}

async function workOnSubjects<T>(
  services: Services,
  sql: Transaction,
  options: { workspaceId: number; ids: readonly string[]; work: (batch: SubjectBatch) => Promise<T> },
): Promise<{ result: T; batch: OpenBatch }> {
  const batch = new OpenBatch(services, { workspaceId: options.workspaceId, sql, configVersion: 0 });
  await batch.lock(options.ids);
  // Read once the subjects are locked: whoever wrote a definition earlier and touched them since is seen.
  batch.configVersion = await readConfigVersion(sql);
  const result = await options.work(batch);
  await batch.save();
  return { result, batch };
}

/** A message id that is the same for the same cause, so that a repeat is recognised. */
export function causedId(...parts: readonly (string | number)[]): string {
  return createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 32);
}
