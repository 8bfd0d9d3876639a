import { createHash } from 'node:crypto';

/** Where a page begins, and what the list is of: a cursor cannot be used with other filters. */
export interface PageInfo {
  readonly lastId: string;
  readonly filters: Readonly<Record<string, string>>;
}

export function writePageInfo(info: PageInfo): string {
  const body = JSON.stringify(info);
  return Buffer.from(JSON.stringify({ body, check: checkOf(body) })).toString('base64url');
}

/** Undefined: it was not made here. */
export function readPageInfo(text: string): PageInfo | undefined {
  try {
    const { body, check } = JSON.parse(Buffer.from(text, 'base64url').toString('utf8')) as Record<string, string>;
    return body === undefined || check !== checkOf(body) ? undefined : (JSON.parse(body) as PageInfo);
  } catch {
    return undefined;
  }
}

const checkOf = (body: string): string => createHash('sha256').update(`page ${body}`).digest('base64url').slice(0, 12);
