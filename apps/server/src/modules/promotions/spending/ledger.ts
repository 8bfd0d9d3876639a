import type { Money } from '@segue/contract';

/** One use of a code: held for a cart, or redeemed. */
export interface Use {
  readonly codeId: string;
  readonly campaignId: string;
  readonly profileId: string | null;
  readonly amountMinor: number;
  readonly currency: string;
}

export type LimitRefusal = 'used_up' | 'held' | 'profile_limit' | 'campaign_limit' | 'budget';
type Kind = 'held' | 'redeemed';

export interface CodeCount {
  readonly id: string;
  readonly perCode: number;
  readonly held: number;
  readonly redeemed: number;
}

export interface CampaignCount {
  readonly id: string;
  readonly total: number | null;
  readonly budget: Money | null;
  readonly held: number;
  readonly redeemed: number;
  readonly budgetHeld: number;
  readonly budgetUsed: number;
}

export interface ProfileCount {
  readonly campaignId: string;
  readonly profileId: string;
  readonly allowed: number;
  readonly used: number;
  /** Beyond what is allowed: what two had used who turned out to be one. */
  readonly over: number;
}

/** Every count that has a limit; what is not here is not counted. */
export interface Counts {
  readonly codes: readonly CodeCount[];
  readonly campaigns: readonly CampaignCount[];
  readonly profiles: readonly ProfileCount[];
}

/** What redemptions of a campaign came to, in one currency. */
export interface Tally {
  readonly campaignId: string;
  readonly currency: string;
  readonly redeemed: number;
  readonly amountMinor: number;
}

type Open<T> = { -readonly [Key in keyof T]: T[Key] };

/**
 * The counts of coupons while uses are taken and given back: says what still fits, and in the end what changed. Pure; whoever
 * makes one has locked the rows it is made of.
 */
export class Ledger {
  readonly #codes: ReadonlyMap<string, Open<CodeCount>>;
  readonly #campaigns: ReadonlyMap<string, Open<CampaignCount>>;
  readonly #profiles: ReadonlyMap<string, Open<ProfileCount>>;
  readonly #before: Counts;
  readonly #tallies: Tally[] = [];

  constructor(counts: Counts) {
    this.#before = counts;
    this.#codes = new Map(counts.codes.map((one) => [one.id, { ...one }]));
    this.#campaigns = new Map(counts.campaigns.map((one) => [one.id, { ...one }]));
    this.#profiles = new Map(counts.profiles.map((one) => [keyOf(one), { ...one }]));
  }

  /** A place to come back to with `undoTo`. */
  mark(): Counts {
    return {
      codes: [...this.#codes.values()].map((one) => ({ ...one })),
      campaigns: [...this.#campaigns.values()].map((one) => ({ ...one })),
      profiles: [...this.#profiles.values()].map((one) => ({ ...one })),
    };
  }

  /** Of holds only: what was redeemed since stays counted in the sums of campaigns. */
  undoTo(mark: Counts): void {
    for (const one of mark.codes) Object.assign(this.#codes.get(one.id)!, one);
    for (const one of mark.campaigns) Object.assign(this.#campaigns.get(one.id)!, one);
    for (const one of mark.profiles) Object.assign(this.#profiles.get(keyOf(one))!, one);
  }

  /** Why one more use does not fit; undefined: it does. */
  refusal(use: Use): LimitRefusal | undefined {
    const code = this.#codes.get(use.codeId);
    if (code !== undefined && code.redeemed >= code.perCode) return 'used_up';
    if (code !== undefined && code.held + code.redeemed >= code.perCode) return 'held';
    const profile = this.#profileOf(use);
    if (profile !== undefined && profile.used + profile.over >= profile.allowed) return 'profile_limit';
    const campaign = this.#campaigns.get(use.campaignId);
    if (campaign === undefined) return undefined;
    if (campaign.total !== null && campaign.held + campaign.redeemed >= campaign.total) return 'campaign_limit';
    return this.#fitsBudget(campaign, use, use.amountMinor) ? undefined : 'budget';
  }

  /** Takes a use, or says why not and changes nothing. */
  take(use: Use, kind: Kind): LimitRefusal | undefined {
    const refusal = this.refusal(use);
    if (refusal === undefined) this.#add(use, kind, 1);
    return refusal;
  }

  /** Gives a use back that was taken. */
  giveBack(use: Use, kind: Kind): void {
    this.#add(use, kind, -1);
  }

  /** A use that was held is redeemed, for what was given in the end; refused when that is beyond the budget. */
  redeem(held: Use, amountMinor: number): 'budget' | undefined {
    const campaign = this.#campaigns.get(held.campaignId);
    if (campaign !== undefined && !this.#fitsBudget(campaign, held, amountMinor - held.amountMinor)) return 'budget';
    // To the customer it stays one use, whether within her limit or beyond.
    this.#count(held, 'held', -1);
    this.#count({ ...held, amountMinor }, 'redeemed', 1);
    return undefined;
  }

  /** What became of the counts, as differences; what did not change is left out. */
  changes(): Counts & { readonly tallies: readonly Tally[] } {
    const { codes, campaigns, profiles } = this.#before;
    return {
      codes: codes.flatMap((before) => {
        const after = this.#codes.get(before.id)!;
        const change = { ...before, held: after.held - before.held, redeemed: after.redeemed - before.redeemed };
        return change.held === 0 && change.redeemed === 0 ? [] : [change];
      }),
      campaigns: campaigns.flatMap((before) => {
        const after = this.#campaigns.get(before.id)!;
        const change = {
          ...before,
          held: after.held - before.held,
          redeemed: after.redeemed - before.redeemed,
          budgetHeld: after.budgetHeld - before.budgetHeld,
          budgetUsed: after.budgetUsed - before.budgetUsed,
        };
        const isSame = [change.held, change.redeemed, change.budgetHeld, change.budgetUsed].every((one) => one === 0);
        return isSame ? [] : [change];
      }),
      profiles: profiles.flatMap((before) => {
        const after = this.#profiles.get(keyOf(before))!;
        const change = { ...before, used: after.used - before.used, over: after.over - before.over };
        return change.used === 0 && change.over === 0 ? [] : [change];
      }),
      tallies: this.#tallies,
    };
  }

  #add(use: Use, kind: Kind, by: 1 | -1): void {
    this.#count(use, kind, by);
    const profile = this.#profileOf(use);
    if (profile !== undefined) addTo(profile, by);
  }

  #count(use: Use, kind: Kind, by: 1 | -1): void {
    const code = this.#codes.get(use.codeId);
    if (code !== undefined) code[kind] += by;
    const campaign = this.#campaigns.get(use.campaignId);
    if (campaign !== undefined) {
      campaign[kind] += by;
      const amount = campaign.budget?.currency === use.currency ? by * use.amountMinor : 0;
      campaign[kind === 'held' ? 'budgetHeld' : 'budgetUsed'] += amount;
    }
    if (kind === 'redeemed') this.#tally(use, by);
  }

  #tally({ campaignId, currency, amountMinor }: Use, by: 1 | -1): void {
    this.#tallies.push({ campaignId, currency, redeemed: by, amountMinor: by * amountMinor });
  }

  #profileOf({ campaignId, profileId }: Use): Open<ProfileCount> | undefined {
    return profileId === null ? undefined : this.#profiles.get(keyOf({ campaignId, profileId }));
  }

  #fitsBudget({ budget, budgetHeld, budgetUsed }: CampaignCount, { currency }: Use, moreMinor: number): boolean {
    if (budget === null || budget.currency !== currency || moreMinor <= 0) return true;
    return budgetHeld + budgetUsed + moreMinor <= budget.amountMinor;
  }
}

/** What is over goes first when something is given back. */
function addTo(profile: Open<ProfileCount>, by: 1 | -1): void {
  if (by === 1) profile.used += 1;
  else if (profile.over > 0) profile.over -= 1;
  else profile.used = Math.max(0, profile.used - 1);
}

function keyOf({ campaignId, profileId }: { campaignId: string; profileId: string }): string {
  return `${campaignId} ${profileId}`;
}
