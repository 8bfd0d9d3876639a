import { join } from 'node:path';
import type { Answerer } from '../web/reply.ts';
import { startWeb } from '../web/start-web.ts';
import { Behaviours } from './behaviour.ts';
import { Mailbox } from './mailbox.ts';
import { mailboxRoutes } from './mailbox-routes.ts';
import { startSmtp } from './start-smtp.ts';

export interface SandboxMailOptions {
  /** 0 takes a free port. */
  readonly smtpPort: number;
  readonly webPort: number;
  /** Mails survive a restart in this folder; in memory only when left out. */
  readonly dataDir?: string | undefined;
  readonly mailsMax?: number | undefined;
  /** What time the mails come in; the system's when left out. */
  readonly now?: (() => number) | undefined;
  /** Further pages on the web port. */
  readonly pages?: readonly Answerer[] | undefined;
}

export interface SandboxMail {
  readonly smtpUrl: string;
  readonly mailboxUrl: string;
  readonly mailbox: Mailbox;
  readonly behaviours: Behaviours;
  close(): Promise<void>;
}

/**
 * An SMTP server and its mailbox page, both on loopback.
 *
 * @example
 * const mail = await startSandboxMail({ smtpPort: 0, webPort: 0 });
 * mail.behaviours.add({ kind: 'tempfail', to: 'ada@example.com', times: 1 });
 * const [newest] = await mail.mailbox.waitFor('ada@example.com');
 */
export async function startSandboxMail(options: SandboxMailOptions): Promise<SandboxMail> {
  const now = options.now ?? Date.now;
  const mailbox = await Mailbox.open({
    file: options.dataDir === undefined ? undefined : join(options.dataDir, 'mails.ndjson'),
    mailsMax: options.mailsMax,
  });
  const behaviours = new Behaviours();
  const smtp = await startSmtp({ port: options.smtpPort, mailbox, behaviours, now });
  const routes = [mailboxRoutes({ mailbox, behaviours, now }), ...(options.pages ?? [])];
  const web = await startWeb(options.webPort, routes).catch(async (error: unknown) => {
    await smtp.close();
    throw error;
  });
  return {
    smtpUrl: `smtp://127.0.0.1:${smtp.port}`,
    mailboxUrl: `http://127.0.0.1:${web.port}/`,
    mailbox,
    behaviours,
    close: async () => {
      await Promise.all([smtp.close(), web.close()]);
    },
  };
}
