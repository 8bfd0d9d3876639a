import { describe, expect, it } from 'vitest';

import {
  type EmittedEvent,
  type EventBatch,
  type EventType,
  type RebuildBatch,
  Subject,
} from '../../../platform/eventlog/index.ts';
import type { JsonObject } from '../../../platform/json.ts';
import { sessionsStage, visitsSection } from './sessions-stage.ts';

const START = Date.UTC(2026, 10, 22, 9);
const MINUTE_MS = 60_000;

interface Done {
  readonly minute: number;
  readonly type?: EventType;
  readonly context?: JsonObject;
}

const eventsOf = (done: readonly Done[]) =>
  done.map(({ minute, type = 'page', context = {} }) => ({
    id: `m${minute}`,
    type,
    name: '',
    occurredAt: START + minute * MINUTE_MS,
    nodes: [{ kind: 10, id: 1 }],
    payload: { context },
  }));

/** One batch over one subject; answers what it told and the subject's bytes afterwards. */
async function runOn(bytes: Buffer | undefined, done: readonly Done[]) {
  const subject = new Subject('s1', bytes);
  const told: EmittedEvent[] = [];
  const entries = eventsOf(done).map((event) => ({ subject, event }));
  await sessionsStage.run({
    workspaceId: 1,
    merges: [],
    entries,
    emit: (event: EmittedEvent) => told.push(event),
  } as unknown as EventBatch);
  return { subject, told, bytes: subject.encode() };
}

describe('the sessions stage', () => {
  it('tells the same sessions under the same ids when a batch is taken back and processed again', async () => {
    const before = await runOn(undefined, [{ minute: 0 }]);
    const once = await runOn(before.bytes, [
      { minute: 10 },
      { minute: 60 },
      { minute: 61, context: { campaign: { source: 'news' } } },
    ]);
    const again = await runOn(before.bytes, [
      { minute: 10 },
      { minute: 60 },
      { minute: 61, context: { campaign: { source: 'news' } } },
    ]);
    expect(once.told).toHaveLength(2);
    expect(again.told).toEqual(once.told);
    expect(again.bytes).toEqual(once.bytes);
    expect(new Set(once.told.map(({ id }) => id)).size).toBe(2);
    expect(once.told.map(({ occurredAt }) => occurredAt)).toEqual([START + 60 * MINUTE_MS, START + 61 * MINUTE_MS]);
  });

  it('makes anew from history what it said as the events came, and tells nothing again', async () => {
    const done: Done[] = [{ minute: 0 }, { minute: 20, context: { campaign: { source: 'news' } } }, { minute: 90 }];
    const live = await runOn(undefined, done);
    const disturbed = new Subject('s1', (await runOn(live.bytes, [{ minute: 400 }, { minute: 500 }])).bytes);
    const told: EmittedEvent[] = [];
    await sessionsStage.rebuild!({
      workspaceId: 1,
      rebuilds: [disturbed],
      handovers: [],
      emit: (event: EmittedEvent) => told.push(event),
      async *history() {
        yield* eventsOf(done);
      },
    } as unknown as RebuildBatch);
    expect(disturbed.get(visitsSection)).toEqual(live.subject.get(visitsSection));
    expect(told).toEqual([]);
  });

  it('writes nothing for what happens within the same minute of a session, nor for what is no behaviour', async () => {
    const before = await runOn(undefined, [{ minute: 0 }, { minute: 1 }]);
    const after = await runOn(before.bytes, [
      { minute: 0.5 },
      { minute: 1.9 },
      { minute: 90, type: 'track' },
      { minute: 90, type: 'internal' },
      { minute: 90, type: 'identify' },
    ]);
    expect(after.subject.dirty).toBe(false);
    expect(after.told).toEqual([]);
  });

  it('keeps nothing of profiles that never did anything in front of a screen', async () => {
    const { subject } = await runOn(undefined, [
      { minute: 0, type: 'track' },
      { minute: 1, type: 'group' },
    ]);
    expect(subject.get(visitsSection)).toBeUndefined();
    expect(subject.dirty).toBe(false);
  });
});
