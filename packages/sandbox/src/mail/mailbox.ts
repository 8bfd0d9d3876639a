import { appendFile, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { summarise, type Mail, type MailSummary } from './mail.ts';

export const MAILS_MAX_DEFAULT = 2000;

export interface MailboxOptions {
  /** Mails are appended here, one JSON document a line, and read back at the next start. */
  readonly file?: string | undefined;
  /** The oldest mails are forgotten beyond this number. */
  readonly mailsMax?: number | undefined;
}

export interface Inbox {
  readonly address: string;
  readonly count: number;
  readonly newestAt: string;
}

type Listener = () => void;

/** The mails of every address, newest kept, bounded. */
export class Mailbox {
  private readonly mails = new Map<string, Mail>();
  private readonly listeners = new Set<Listener>();
  private readonly file: string | undefined;
  private readonly mailsMax: number;
  private writes: Promise<void> = Promise.resolve();

  private constructor(options: MailboxOptions) {
    this.file = options.file;
    this.mailsMax = options.mailsMax ?? MAILS_MAX_DEFAULT;
  }

  /** Opens a mailbox with what its file remembers. A line torn by a crash is left out. */
  static async open(options: MailboxOptions = {}): Promise<Mailbox> {
    const mailbox = new Mailbox(options);
    if (options.file === undefined) return mailbox;
    await mkdir(dirname(options.file), { recursive: true });
    const lines = await readFile(options.file, 'utf8').catch(() => '');
    for (const line of lines.split('\n')) mailbox.recall(line);
    await mailbox.rewrite();
    return mailbox;
  }

  /** Returns once the mail is in the file, so that whoever sent it may be told so. */
  async add(mail: Mail): Promise<void> {
    this.keep(mail);
    await this.append(mail);
    for (const listener of this.listeners) listener();
  }

  get(id: string): Mail | undefined {
    return this.mails.get(id);
  }

  /** Newest first. */
  list(query: { to?: string | undefined; limit?: number | undefined } = {}): MailSummary[] {
    return this.mailsTo(query.to)
      .slice(0, query.limit ?? 200)
      .map(summarise);
  }

  /** The whole mails, newest first. */
  mailsTo(address?: string): Mail[] {
    const all = [...this.mails.values()].reverse();
    const wanted = address?.toLowerCase();
    return wanted === undefined ? all : all.filter((mail) => mail.to.includes(wanted));
  }

  /** One entry per address, the most recently written to first. */
  inboxes(): Inbox[] {
    const inboxes = new Map<string, Inbox>();
    for (const mail of this.mailsTo())
      for (const address of mail.to) {
        const known = inboxes.get(address);
        inboxes.set(address, { address, count: (known?.count ?? 0) + 1, newestAt: known?.newestAt ?? mail.receivedAt });
      }
    return [...inboxes.values()];
  }

  async markUnsubscribed(id: string, at: string): Promise<void> {
    const mail = this.mails.get(id);
    if (mail === undefined) return;
    const marked = { ...mail, unsubscribedAt: at };
    this.mails.set(id, marked);
    await this.append(marked);
  }

  /** Forgets the mails to one address, or all of them; returns how many. */
  async clear(address?: string): Promise<number> {
    const gone = this.mailsTo(address);
    for (const mail of gone) this.mails.delete(mail.id);
    await this.rewrite();
    return gone.length;
  }

  /** Resolves with the mails to `address`, newest first, once there are `count`; rejects after `timeoutMs`. */
  waitFor(address: string, options: { count?: number; timeoutMs?: number } = {}): Promise<Mail[]> {
    const { count = 1, timeoutMs = 10_000 } = options;
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const mails = this.mailsTo(address);
        if (mails.length < count) return;
        stop();
        resolve(mails);
      };
      const timer = setTimeout(() => {
        stop();
        reject(new Error(`${address} has ${this.mailsTo(address).length} mails, not ${count}, after ${timeoutMs} ms`));
      }, timeoutMs);
      const stop = (): void => {
        clearTimeout(timer);
        this.listeners.delete(look);
      };
      this.listeners.add(look);
      look();
    });
  }

  private keep(mail: Mail): void {
    this.mails.set(mail.id, mail);
    for (const id of this.mails.keys()) {
      if (this.mails.size <= this.mailsMax) return;
      this.mails.delete(id);
    }
  }

  private recall(line: string): void {
    if (line === '') return;
    try {
      this.keep(JSON.parse(line) as Mail);
    } catch {
      // The last line of a killed sandbox; its sender was never told that it arrived.
    }
  }

  private append(mail: Mail): Promise<void> {
    const { file } = this;
    if (file === undefined) return Promise.resolve();
    return this.inTurn(() => appendFile(file, `${JSON.stringify(mail)}\n`));
  }

  private rewrite(): Promise<void> {
    const { file } = this;
    if (file === undefined) return Promise.resolve();
    return this.inTurn(async () => {
      await writeFile(`${file}.new`, [...this.mails.values()].map((mail) => `${JSON.stringify(mail)}\n`).join(''));
      await rename(`${file}.new`, file);
    });
  }

  private inTurn(write: () => Promise<void>): Promise<void> {
    const done = this.writes.then(write);
    this.writes = done.catch(() => undefined);
    return done;
  }
}
