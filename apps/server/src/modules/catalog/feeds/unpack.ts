import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { FeedFault } from './feed-fault.ts';

type Bytes = AsyncIterable<Buffer>;

/** Gzip, told by its first bytes (RFC 1952 §2.3.1), is unpacked while it comes: as an encoding of the answer and as a file alike. */
export async function* unpack(body: Bytes): AsyncGenerator<Buffer> {
  const { head, rest } = await peek(body, 2);
  if (head[0] !== 0x1f || head[1] !== 0x8b) {
    yield* rest();
    return;
  }
  const gunzip = createGunzip();
  const feeding = pipeline(rest, gunzip);
  feeding.catch(() => undefined);
  try {
    yield* gunzip as Bytes;
    await feeding;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code?.startsWith('Z_') === true) throw new FeedFault(`breaks off, or is no whole gzip file (${code})`);
    throw error;
  }
}

/** The text of it, by the charset its server names, else its XML declaration, else UTF-8. */
export async function* decode(body: Bytes, contentType: string | undefined): AsyncGenerator<string> {
  const { head, rest } = await peek(body, 128);
  const declared = /^<\?xml[^>]*encoding=["']([\w-]+)["']/i.exec(head.toString('latin1'))?.[1];
  const charset = /charset="?([\w-]+)/i.exec(contentType ?? '')?.[1] ?? declared ?? markOf(head);
  const decoder = decoderOf(charset);
  try {
    for await (const chunk of rest()) yield decoder.decode(chunk, { stream: true });
    yield decoder.decode();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_ENCODING_INVALID_ENCODED_DATA') throw error;
    throw new FeedFault(`is not written in ${charset}; let its server name the charset in Content-Type`);
  }
}

function markOf(head: Buffer): string {
  if (head[0] === 0xff && head[1] === 0xfe) return 'utf-16le';
  return head[0] === 0xfe && head[1] === 0xff ? 'utf-16be' : 'utf-8';
}

function decoderOf(charset: string) {
  try {
    return new TextDecoder(charset, { fatal: true });
  } catch {
    throw new FeedFault(`is written in "${charset}", which is no known charset; use UTF-8`);
  }
}

/** The first bytes, and all of them again. */
async function peek(body: Bytes, bytes: number): Promise<{ head: Buffer; rest: () => AsyncGenerator<Buffer> }> {
  const chunks = body[Symbol.asyncIterator]();
  let head = Buffer.alloc(0);
  let next = await chunks.next();
  while (next.done !== true) {
    head = Buffer.concat([head, next.value]);
    if (head.length >= bytes) break;
    next = await chunks.next();
  }
  async function* rest(): AsyncGenerator<Buffer> {
    try {
      if (head.length > 0) yield head;
      for (let more = await chunks.next(); more.done !== true; more = await chunks.next()) yield more.value;
    } finally {
      await chunks.return?.();
    }
  }
  return { head, rest };
}
