import { randomBytes } from 'node:crypto';
import { createEmailChannel, runDueMessages, type SendDeps } from '../../modules/messaging/index.ts';
import { startMailbox } from '../../modules/messaging/testing/world.ts';
import { createSendGuard } from '../send-guard.ts';
import type { LanguageShop, LanguageWorld } from './language-world.ts';

/** How soon a message that waits for its profile's events is looked at again. */
const LOOKED_AGAIN_MS = 60;
const ROUNDS_MAX = 50;

/** The sender at work on its own demand, and the mailbox that everything it sends arrives in. */
export interface MailRoom {
  /** Until none of the shop's messages is on its way; the clock goes on a little. */
  deliver(shop: LanguageShop): Promise<void>;
  /** The HTML of all that came to an address. */
  mailsTo(address: string): string[];
  close(): Promise<void>;
}

export async function openMailRoom({ api, clock }: Pick<LanguageWorld, 'api' | 'clock'>): Promise<MailRoom> {
  const { services } = api;
  const box = await startMailbox();
  const channel = createEmailChannel({ smtpUrl: box.smtpUrl, from: 'Shop <hello@shop.example>' });
  const deps: SendDeps = {
    processId: randomBytes(6).toString('hex'),
    channels: new Map([['email', channel]]),
    guard: createSendGuard(services.clock),
    publicUrl: 'https://shop.example',
    inFlight: new Set(),
  };
  const isAnyUnderWay = async (shop: LanguageShop): Promise<boolean> => {
    for (const status of ['queued', 'sending']) {
      if ((await shop.call<{ items: object[] }>('listMessages', { query: { status } })).items.length > 0) return true;
    }
    return false;
  };
  return {
    async deliver(shop) {
      for (let round = 0; round < ROUNDS_MAX; round++) {
        await api.settle();
        while ((await runDueMessages(services, deps)) > 0);
        await api.settle();
        if (!(await isAnyUnderWay(shop))) return;
        clock.advance(LOOKED_AGAIN_MS);
      }
      throw new Error('messages still wait to be sent');
    },
    mailsTo(address) {
      return box.mails.flatMap(({ to, html }) =>
        [to].flat().some((one) => one?.text.includes(address)) && typeof html === 'string' ? [html] : [],
      );
    },
    async close() {
      await channel.close();
      await box.close();
    },
  };
}
