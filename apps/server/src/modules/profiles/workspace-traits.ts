import type { Subject } from '../../platform/eventlog/index.ts';
import type { JsonObject } from '../../platform/json.ts';
import type { ReaderNow } from './profile-reader.ts';

/** Traits by profile that follow from what the workspace defined, at this instant. */
type Compute = (
  reader: ReaderNow,
  subjects: readonly Subject[],
  nowMs: number,
) => Promise<ReadonlyMap<string, JsonObject>>;

const computations: Compute[] = [];

/**
 * Says once, where a module is loaded, which traits follow from a workspace's definitions and the clock. Nothing is stored:
 * they are made whenever somebody asks. They stand before what anybody said under the same name.
 */
export function defineWorkspaceTraits(compute: Compute): void {
  computations.push(compute);
}

/** Only those that the workspace defined. */
export async function computeTraits(reader: ReaderNow, subjects: Iterable<Subject>): Promise<Map<string, JsonObject>> {
  const all = [...subjects];
  const nowMs = 'now' in reader ? reader.now : reader.clock.now();
  const traits = new Map<string, JsonObject>();
  for (const compute of computations) {
    for (const [id, found] of await compute(reader, all, nowMs)) traits.set(id, { ...traits.get(id), ...found });
  }
  return traits;
}
