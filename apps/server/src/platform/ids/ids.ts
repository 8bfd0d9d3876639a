import { createHash, randomFillSync } from 'node:crypto';
import { AppError } from '../errors.ts';

const POOL_BYTES = 4096;
const pool = Buffer.allocUnsafe(POOL_BYTES);
let poolOffset = POOL_BYTES;

function random10(target: Buffer): void {
  if (poolOffset + 10 > POOL_BYTES) {
    randomFillSync(pool);
    poolOffset = 0;
  }
  pool.copy(target, 6, poolOffset, poolOffset + 10);
  poolOffset += 10;
}

/** A UUID version 7 (RFC 9562 §5.7): sorts by the millisecond `nowMs`, then random. */
export function newUuid(nowMs: number): string {
  const bytes = Buffer.allocUnsafe(16);
  random10(bytes);
  return version7(bytes, nowMs);
}

/** The uuid of version 7 that an instant and a name always have: in the order of instants, and the same again. Pure. */
export function placedUuid(atMs: number, name: string): string {
  return version7(createHash('sha256').update(name).digest().subarray(0, 16), atMs);
}

function version7(bytes: Buffer, atMs: number): string {
  bytes.writeUIntBE(Math.max(0, Math.floor(atMs)), 0, 6);
  bytes[6] = 0x70 | (bytes[6]! & 0x0f);
  bytes[8] = 0x80 | (bytes[8]! & 0x3f);
  return uuidText(bytes);
}

/** 16 bytes as the canonical text of a uuid. */
export function uuidText(bytes: Buffer): string {
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20, 32)}`;
}

/** What an id points at, as the prefix of its public form. */
export type IdPrefix =
  | 'wsp'
  | 'mbr'
  | 'inv'
  | 'ssn'
  | 'key'
  | 'src'
  | 'wky'
  | 'aud'
  | 'prq'
  | 'sac'
  | 'prf'
  | 'mrg'
  | 'cfl'
  | 'cmp'
  | 'rej'
  | 'ddl'
  | 'drf'
  | 'imp'
  | 'exp'
  | 'tst'
  | 'whk'
  | 'dlv'
  | 'seg'
  | 'lst'
  | 'ctr'
  | 'jrn'
  | 'run'
  | 'tpl'
  | 'msg'
  | 'prd'
  | 'var'
  | 'col'
  | 'pfd'
  | 'pfr'
  | 'loc'
  | 'rsv'
  | 'mov'
  | 'ord'
  | 'ful'
  | 'rfd'
  | 'crt'
  | 'wsh'
  | 'alt'
  | 'cpc'
  | 'cpl'
  | 'cpn'
  | 'rdm'
  | 'lac'
  | 'lot'
  | 'lrl'
  | 'cnc'
  | 'dlr';

/** The public form of an internal uuid: `prf_` and 32 hex digits. */
export function publicId(prefix: IdPrefix, uuid: string): string {
  return `${prefix}_${uuid.replaceAll('-', '')}`;
}

const HEX32 = /^[0-9a-f]{32}$/;

/** The uuid behind a public id, or undefined when the text is not one of this prefix. */
export function parsePublicId(prefix: IdPrefix, text: string): string | undefined {
  const hex = text.startsWith(`${prefix}_`) ? text.slice(prefix.length + 1) : '';
  if (!HEX32.test(hex)) return undefined;
  return uuidText(Buffer.from(hex, 'hex'));
}

/** As `parsePublicId`, but a malformed id is a `not_found` naming the field. */
export function requirePublicId(prefix: IdPrefix, text: string): string {
  const uuid = parsePublicId(prefix, text);
  if (uuid === undefined) {
    throw new AppError('not_found', `"${text}" is not an id of the form ${prefix}_<32 hex digits>`);
  }
  return uuid;
}
