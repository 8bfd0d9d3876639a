import { LIFECYCLE_STAGES, type LifecycleStage } from '@segue/contract';

import { NEVER } from '../flip.ts';
import type { LeafStates } from '../leaf-state.ts';
import { lifecycleStage, type LifecycleTimes } from './lifecycle-stage.ts';

/** How a workspace tells lifecycle stages, ready to ask. */
export interface ActiveLifecycle {
  /** The leaf that keeps the newest orders. */
  readonly leafKey: string;
  readonly times: LifecycleTimes;
  /** Profiles that were looked at under this number know their stage. */
  readonly serial: number;
  /** Not everybody was looked at yet. */
  readonly isSweeping: boolean;
}

export interface StageInput {
  /** As it was when the profile was looked at last; undefined: `visitor`, or it never was. */
  readonly known: LifecycleStage | undefined;
  /** Of profiles merged into this one. */
  readonly merged: readonly LifecycleStage[];
  /** It was not looked at since the settings changed. */
  readonly isBehind: boolean;
  readonly hasAddress: boolean;
  /** What is counted without and with the events at hand. */
  readonly before: LeafStates;
  readonly after: LeafStates;
  readonly nowMs: number;
}

export interface StageOutput {
  readonly stage: LifecycleStage;
  /** Where it came from, when it enters the stage now. A stage that new settings find, or a merged profile had, is not entered. */
  readonly previous: LifecycleStage | undefined;
  readonly nextMs: number;
}

/** What events, merges and the passing of time do to a profile's lifecycle stage. Pure. */
export function advanceStage(lifecycle: ActiveLifecycle, input: StageInput): StageOutput {
  const { leafKey, times } = lifecycle;
  const { hasAddress, nowMs } = input;
  const stageOf = (leaves: LeafStates) =>
    lifecycleStage((leaves[leafKey] ?? []) as number[], { hasAddress, times }, nowMs);
  const { stage, nextChangeAtMs } = stageOf(input.after);
  const own = lifecycle.isSweeping && input.isBehind ? stageOf(input.before).stage : (input.known ?? 'visitor');
  const were: readonly LifecycleStage[] = [own, ...input.merged];
  return {
    stage,
    previous: were.includes(stage) ? undefined : LIFECYCLE_STAGES.filter((one) => were.includes(one)).at(-1),
    nextMs: nextChangeAtMs ?? NEVER,
  };
}
