import { type IdentitySettings, OWN_KINDS_MAX } from '@segue/contract';
import { AppError } from '../../platform/errors.ts';
import { cutLanes, type TxCtx } from '../../platform/eventlog/index.ts';
import type { JsonObject } from '../../platform/json.ts';
import { recordAudit } from '../accounts/index.ts';
import { isIdentifierKind } from './identifier.ts';
import { plainKind, RESERVED_KINDS } from './identifier-reader.ts';
import { insertIdentityKinds, readIdentitySettings, writeIdentitySettings } from './identity-settings-store.ts';
import { forgetIdentifierReader, rulesOf, SEGUE_KINDS, settingsOf } from './load-identity-rules.ts';
import { phoneCountry } from './phone-number.ts';

/** Codes of kinds that workspaces make: given once and never again, since history is stored with them. */
const FIRST_CODE = 100;
const LAST_CODE = 199;
/** Traits that strangers have in common, in `plainKind`: as a kind they would make one customer of everybody called Ada. */
const SHARED_TRAITS: ReadonlySet<string> = new Set(
  `name firstname lastname fullname middlename surname title gender birthday birthdate dateofbirth age avatar address street
  city region state country postcode postalcode zip zipcode language locale timezone currency company companyname`.split(
    /\s+/,
  ),
);

interface Fault {
  readonly field: string;
  readonly message: string;
}

/** Sets how customers are recognised, from this very place in every lane; intake follows within seconds. */
export async function updateIdentitySettings(ctx: TxCtx, settings: IdentitySettings): Promise<IdentitySettings> {
  const { sql, workspaceId } = ctx;
  const faults = findFaults(settings);
  if (faults.length > 0) throw new AppError('invalid', 'The settings do not hold together', { details: faults });
  // Whoever changes rules waits for batches under way, and for whoever changes them at the same time.
  await cutLanes(sql);
  const before = await readIdentitySettings(sql, workspaceId);
  const codes = new Map(Object.entries(before.names).map(([code, name]) => [name, Number(code)]));
  const fresh = newKinds(settings, codes);
  if (fresh.length > 0) await insertIdentityKinds(sql, workspaceId, fresh);
  for (const { name, code } of fresh) codes.set(name, code);
  await writeIdentitySettings(sql, workspaceId, { settings, at: new Date(ctx.clock.now()) });
  await recordAudit(ctx, {
    action: 'identity_settings.updated',
    detail: { changed: changedFields(before.settings, settings), ownKinds: settings.kinds.length - SEGUE_KINDS.length },
  });
  ctx.afterCommit(async () => forgetIdentifierReader(ctx, workspaceId));
  return settingsOf(rulesOf(settings, codes));
}

/** What a schema of each field alone cannot see. Pure. */
export function findFaults({ kinds, country }: IdentitySettings): Fault[] {
  const faults: Fault[] = [];
  const taken = new Set<string>();
  for (const [index, { kind, limit, perDays }] of kinds.entries()) {
    const field = `kinds[${index}]`;
    const isOwn = !isIdentifierKind(kind);
    if (isOwn && RESERVED_KINDS.has(plainKind(kind))) {
      faults.push({ field: `${field}.kind`, message: 'is Segue’s own kind in another spelling; choose another name' });
      continue;
    }
    if (isOwn && SHARED_TRAITS.has(plainKind(kind))) {
      const message = 'is a trait that strangers have in common; name an id that one customer alone has, like crmId';
      faults.push({ field: `${field}.kind`, message });
    }
    if (taken.has(plainKind(kind))) {
      faults.push({
        field: `${field}.kind`,
        message: 'stands twice, perhaps in another spelling; name each kind once',
      });
    }
    taken.add(plainKind(kind));
    if (kind === 'userId' && limit !== 1) {
      faults.push({ field: `${field}.limit`, message: 'is always 1: two user ids are two customers; set 1' });
    }
    if (kind === 'userId' && perDays !== null) {
      faults.push({ field: `${field}.perDays`, message: 'a user id is never one of several in turn; set null' });
    }
  }
  const names = new Set(kinds.map(({ kind }) => kind));
  const missing = SEGUE_KINDS.filter((kind) => !names.has(kind));
  if (missing.length > 0) {
    const message = `Segue’s own kinds may be ranked and limited, never removed; add ${missing.join(', ')}`;
    faults.push({ field: 'kinds', message });
  }
  if (kinds.filter(({ kind }) => !isIdentifierKind(kind)).length > OWN_KINDS_MAX) {
    faults.push({ field: 'kinds', message: `use at most ${OWN_KINDS_MAX} kinds of your own` });
  }
  if (country !== null && phoneCountry(country) === undefined) {
    faults.push({ field: 'country', message: 'is no country with telephones; give ISO 3166-1 like GB, or null' });
  }
  return faults;
}

/** A name that was used before has its code already. */
function newKinds(settings: IdentitySettings, codes: ReadonlyMap<string, number>): { code: number; name: string }[] {
  const known = new Map([...codes.keys()].map((name) => [plainKind(name), name]));
  const names = settings.kinds.map(({ kind }) => kind).filter((kind) => !isIdentifierKind(kind) && !codes.has(kind));
  for (const name of names) {
    const other = known.get(plainKind(name));
    if (other === undefined) continue;
    const message = `was called ${other} before; write it so, or choose another name`;
    throw new AppError('invalid', 'A kind has changed its spelling', { details: [{ field: 'kinds', message }] });
  }
  const first = Math.max(FIRST_CODE - 1, ...codes.values()) + 1;
  if (first + names.length - 1 > LAST_CODE) {
    const message = `${LAST_CODE - FIRST_CODE + 1} kinds are all a workspace can ever make; use names you had before: ${[...codes.keys()].join(', ')}`;
    throw new AppError('conflict', 'There are no more kinds', { details: [{ field: 'kinds', message }] });
  }
  return names.map((name, i) => ({ code: first + i, name }));
}

function changedFields(before: IdentitySettings | null, after: IdentitySettings): string[] {
  const [was, is] = [before ?? {}, after] as [JsonObject, JsonObject];
  return Object.keys(is).filter((field) => JSON.stringify(was[field]) !== JSON.stringify(is[field]));
}
