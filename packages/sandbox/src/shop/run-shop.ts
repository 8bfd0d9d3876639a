import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Mailbox } from '../mail/mailbox.ts';
import { unsubscribe } from '../mail/unsubscribe.ts';
import type { SandboxClock } from '../sandbox-clock.ts';
import { advanceWorld, type WorldEffect } from './advance-world.ts';
import { ApiRefusal, createApiClient } from './api-client.ts';
import { furnishShop } from './furnish-shop.ts';
import { newestMail, senderPictures } from './read-mail.ts';
import type { ShopEvent } from './shop-event.ts';
import { createTracker, type Tracker } from './tracker.ts';
import { beginWorld, moveWorld, type World } from './world.ts';
import { loadWorld, saveWorld } from './world-file.ts';

const HOUR_MS = 3_600_000;
const HISTORY_MS = 48 * HOUR_MS;
const HISTORY_VISITS_PER_HOUR = 1.5;
const CLOCK_BACK_MS = 60_000;
/** Each step is acknowledged before the next; the SDK takes 0.3 s for that, however small the step. */
const STEP_MS = HOUR_MS;
const HISTORY_STEP_MS = 12 * HOUR_MS;
const TICK_REAL_MS = 500;
const RETRY_REAL_MS = 2_000;
/** Shoppers are people; who calls itself a program is counted as one. */
const BROWSER = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36';
const FETCH_TIMEOUT_MS = 10_000;

export interface ShopOptions {
  readonly server: string;
  readonly writeKey: string;
  /** Without it the shop is not furnished with templates, segments and journeys. */
  readonly apiKey: string | undefined;
  readonly mailbox: Mailbox;
  /** Where the shop's pages are; ends in a slash. */
  readonly shopUrl: string;
  readonly clock: SandboxClock;
  readonly dataDir?: string | undefined;
  /** By the shop's clock. */
  readonly visitsPerHour: number;
  readonly seed: number;
  /** Ends the shop. */
  readonly signal: AbortSignal;
  readonly log: (line: string) => void;
}

/** Opens the demo shop once the server is healthy, and lets its shoppers come and go until the signal. */
export async function runShop(options: ShopOptions): Promise<void> {
  const { signal } = options;
  const tracker = createTracker(options);
  try {
    await untilHealthy(options);
    const shop = new Shop(options, tracker);
    await shop.open();
    if (options.apiKey !== undefined) await furnish(options, options.apiKey);
    while (!signal.aborted) {
      await shop.liveUntil(options.clock.now());
      await delay(TICK_REAL_MS, undefined, { signal });
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    await tracker.close();
  }
}

async function furnish(options: ShopOptions, apiKey: string): Promise<void> {
  try {
    await persist(options, () => furnishShop(createApiClient(options.server, apiKey), options.shopUrl));
  } catch (error) {
    if (!(error instanceof ApiRefusal)) throw error;
    options.log(`The shop opens unfurnished: ${error.message}`);
  }
}

async function untilHealthy({ server, signal }: ShopOptions): Promise<void> {
  for (;;) {
    const response = await fetch(new URL('/api/health', server), { signal }).catch(() => undefined);
    await response?.arrayBuffer().catch(() => undefined);
    if (response?.status === 200) return;
    await delay(TICK_REAL_MS, undefined, { signal });
  }
}

/** Does it again until it succeeds: a server that restarts is back soon. What it refuses for good is thrown. */
async function persist(options: Pick<ShopOptions, 'signal' | 'log'>, act: () => Promise<void>): Promise<void> {
  for (;;) {
    try {
      await orAbort(options.signal, act());
      return;
    } catch (error) {
      options.signal.throwIfAborted();
      if (error instanceof ApiRefusal && error.status >= 400 && error.status < 500 && error.status !== 429) throw error;
      options.log(
        `The server does not answer as it should; trying again: ${error instanceof Error ? error.message : String(error)}`,
      );
      await delay(RETRY_REAL_MS, undefined, { signal: options.signal });
    }
  }
}

/** Whoever is told to stop does not wait for a server that may be gone. */
function orAbort(signal: AbortSignal, work: Promise<void>): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(new Error('The shop was told to close'));
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

class Shop {
  private readonly options: ShopOptions;
  private readonly tracker: Tracker;
  private readonly file: string | undefined;
  private current: World | undefined;

  constructor(options: ShopOptions, tracker: Tracker) {
    this.options = options;
    this.tracker = tracker;
    this.file = options.dataDir === undefined ? undefined : join(options.dataDir, 'shop.json');
  }

  /** Goes on from the saved world; a new one begins with two days of history. */
  async open(): Promise<void> {
    const { clock, seed, shopUrl } = this.options;
    const nowMs = clock.now();
    const saved = this.file === undefined ? undefined : await loadWorld(this.file);
    const world = saved ?? beginWorld({ seed, beganAtMs: nowMs - HISTORY_MS, shopUrl });
    const isElsewhere = world.toldUntilMs > nowMs + CLOCK_BACK_MS || world.toldUntilMs < nowMs - HISTORY_MS;
    this.current = { ...(isElsewhere ? moveWorld(world, nowMs) : world), shopUrl };
    if (saved === undefined)
      await this.liveUntil(nowMs, { visitsPerHour: HISTORY_VISITS_PER_HOUR, stepMs: HISTORY_STEP_MS });
  }

  async liveUntil(
    untilMs: number,
    pace = { visitsPerHour: this.options.visitsPerHour, stepMs: STEP_MS },
  ): Promise<void> {
    while (this.current !== undefined && this.current.toldUntilMs < untilMs && !this.options.signal.aborted) {
      const world = structuredClone(this.current);
      const effects = advanceWorld(world, Math.min(untilMs, world.toldUntilMs + pace.stepMs), {
        visitsPerHour: pace.visitsPerHour,
        newestMail: (address, sinceMs) => newestMail(this.options.mailbox, address, sinceMs),
      });
      await this.act(effects);
      // Saved after the effects: a kill in between tells them again, under the same messageIds.
      if (effects.length > 0 && this.file !== undefined) await saveWorld(this.file, world);
      this.current = world;
    }
  }

  private async act(effects: readonly WorldEffect[]): Promise<void> {
    let events: ShopEvent[] = [];
    const flush = async (): Promise<void> => {
      const batch = events;
      events = [];
      if (batch.length > 0) await persist(this.options, () => this.tracker.send(batch));
    };
    for (const effect of effects) {
      if (effect.kind === 'send') events.push(effect.event);
      else {
        await flush();
        await this.handleMail(effect);
      }
    }
    await flush();
  }

  private async handleMail(effect: Exclude<WorldEffect, { kind: 'send' }>): Promise<void> {
    const mail = this.options.mailbox.get(effect.mailId);
    if (mail === undefined) return;
    switch (effect.kind) {
      case 'openMail':
        for (const url of senderPictures(mail, this.options.server)) await this.visit(url);
        return;
      case 'follow':
        await this.visit(effect.link);
        return;
      case 'unsubscribe': {
        const { kind } = await unsubscribe(mail);
        if (kind === 'done')
          await this.options.mailbox.markUnsubscribed(mail.id, new Date(this.options.clock.now()).toISOString());
      }
    }
  }

  /** Follows a link of a mail as a browser does; one that leads nowhere disappoints the shopper, not the shop. */
  private async visit(url: string): Promise<void> {
    const signal = AbortSignal.any([this.options.signal, AbortSignal.timeout(FETCH_TIMEOUT_MS)]);
    const headers = { 'user-agent': BROWSER };
    const response = await fetch(url, { signal, headers }).catch(() => undefined);
    await response?.arrayBuffer().catch(() => undefined);
  }
}
