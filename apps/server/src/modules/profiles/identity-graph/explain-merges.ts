import { open, seal } from '../../../platform/crypto/index.ts';
import type { EventBatch, Merge } from '../../../platform/eventlog/index.ts';
import { joinTraits, openPersonal, profileSection, type TimedTraits } from '../profile-section.ts';
import { explainMerge, findMergesFrom, type KeptMergeRow, type MergeExplanation } from './merge-store.ts';
import { type TraitOutcome, traitOutcomes } from './trait-outcome.ts';

/** What became of the traits in one merge, and whose keys seal what is known of it. */
interface Outcome {
  readonly merge: Merge;
  readonly traits: readonly TraitOutcome[];
  readonly fromAnchor: number;
  readonly intoAnchor: number;
}

/** What becomes of the traits of two profiles; asked before they are joined. Pure. */
export function outcomeOf(merge: Merge, keys: ReadonlyMap<number, Buffer>): Outcome {
  const theirs = merge.from.get(profileSection)!;
  const ours = merge.into.get(profileSection)!;
  const whole = (state: typeof ours): TimedTraits =>
    joinTraits(state.traits, openPersonal(state, keys.get(state.anchor)));
  return {
    merge,
    traits: traitOutcomes(whole(ours), whole(theirs)),
    fromAnchor: theirs.anchor,
    intoAnchor: ours.anchor,
  };
}

/** Writes down why the merges of a batch happened and what became of the traits. One query a merge: they are rare. */
export async function explainMerges(
  batch: EventBatch,
  outcomes: readonly Outcome[],
  keys: ReadonlyMap<number, Buffer>,
): Promise<void> {
  if (outcomes.length === 0) return;
  const fromIds = outcomes.map(({ merge }) => merge.from.id);
  for (const row of await findMergesFrom(batch.sql, batch.workspaceId, fromIds)) {
    const explanation = explain(row, { batch, steps: stepsOf(row, outcomes), keys });
    await explainMerge(batch.sql, batch.workspaceId, explanation);
  }
}

/** A profile may have gone into one that lived only within the batch, and with that one into the profile of the row. */
function stepsOf(row: KeptMergeRow, outcomes: readonly Outcome[]): Outcome[] {
  const steps: Outcome[] = [];
  let current = row.from_profile;
  for (const outcome of outcomes) {
    if (outcome.merge.from.id !== current) continue;
    steps.push(outcome);
    current = outcome.merge.into.id;
    if (current === row.into_profile) break;
  }
  return steps;
}

function explain(
  row: KeptMergeRow,
  of: { batch: EventBatch; steps: readonly Outcome[]; keys: ReadonlyMap<number, Buffer> },
): MergeExplanation {
  const { batch, steps, keys } = of;
  const event =
    row.cause_kind === 'event'
      ? batch.entries.find((entry) => entry.event.id === row.cause_message_id)?.event
      : undefined;
  const traits = steps.flatMap((step) => step.traits);
  const outcomeNode = steps[0]?.fromAnchor ?? null;
  const outcomeInto = steps.at(-1)?.intoAnchor ?? null;
  const fromKey = outcomeNode === null ? undefined : keys.get(outcomeNode);
  const intoKey = outcomeInto === null ? undefined : keys.get(outcomeInto);
  const outcome =
    traits.length === 0 || fromKey === undefined || intoKey === undefined
      ? null
      : seal(intoKey, seal(fromKey, JSON.stringify(traits)));
  return {
    id: row.id,
    cause: event && { type: event.type, name: event.name, at: new Date(event.occurredAt) },
    matched: event?.nodes.map(({ id }) => id).filter((id) => row.from_nodes.includes(id)) ?? [],
    // What came in the same batch after the merge counts as the other's: it stays where it is.
    intoNodes: intoNodesOf(row, steps.at(-1)),
    outcome,
    outcomeNode,
    outcomeInto,
  };
}

function intoNodesOf(row: KeptMergeRow, last: Outcome | undefined): number[] {
  const held = last?.merge.into.get(profileSection)?.nodes ?? [];
  return held.map(([, id]) => id).filter((id) => !row.from_nodes.includes(id));
}

/** The outcome of a kept merge; undefined when there is none, or a key of one of the two was destroyed. */
export function openOutcome(
  row: Pick<KeptMergeRow, 'outcome' | 'outcome_node' | 'outcome_into'>,
  keys: ReadonlyMap<number, Buffer>,
): TraitOutcome[] | undefined {
  if (row.outcome === null) return undefined;
  const intoKey = keys.get(row.outcome_into!);
  const fromKey = keys.get(row.outcome_node!);
  if (intoKey === undefined || fromKey === undefined) return undefined;
  return JSON.parse(open(fromKey, open(intoKey, row.outcome)).toString('utf8')) as TraitOutcome[];
}
