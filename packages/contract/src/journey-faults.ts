import type { JourneyGraph, JourneyStep } from './journey.ts';

/** One thing that keeps a graph from being published: where, and what to do about it. */
export interface GraphFault {
  readonly field: string;
  readonly message: string;
}

/** One way out of a step; `next` undefined ends the path. */
export interface StepEdge {
  readonly field: string;
  readonly next: string | undefined;
}

export function stepEdges(step: JourneyStep): StepEdge[] {
  switch (step.kind) {
    case 'delay':
    case 'send':
      return [{ field: 'next', next: step.next }];
    case 'waitForEvent':
      return [
        ...step.events.map((listened, index) => ({ field: `events[${index}].next`, next: listened.next })),
        { field: 'onTimeout', next: step.onTimeout },
      ];
    case 'branch':
      return [
        ...step.branches.map((branch, index) => ({ field: `branches[${index}].next`, next: branch.next })),
        { field: 'otherwise', next: step.otherwise },
      ];
    case 'exit':
      return [];
  }
}

/** Everything that keeps a well-formed graph from being published; each fault names its step. */
export function findGraphFaults(graph: JourneyGraph): GraphFault[] {
  const faults = [...entryFaults(graph), ...graph.steps.flatMap((step, index) => stepFaults(graph, step, index))];
  const ids = new Set(graph.steps.map((step) => step.id));
  if (!ids.has(graph.start)) {
    faults.push({ field: 'start', message: `there is no step "${graph.start}"; start with one of ${list(ids)}` });
    return faults;
  }
  for (const [index, step] of graph.steps.entries()) {
    for (const edge of stepEdges(step)) {
      if (edge.next === undefined || ids.has(edge.next)) continue;
      faults.push({
        field: `steps[${index}].${edge.field}`,
        message: `step "${step.id}" leads to "${edge.next}", which does not exist; add that step, or leave "${edge.field}" out to end there`,
      });
    }
  }
  return [...faults, ...walkFaults(graph)];
}

function list(ids: ReadonlySet<string>): string {
  return [...ids]
    .slice(0, 5)
    .map((id) => `"${id}"`)
    .join(', ');
}

/** What Segue itself does because of a journey would start the journey again, without end. */
const OWN_EFFECTS = /^(Journey|Message) /;

function entryFaults({ entry, key, goal, exits }: JourneyGraph): GraphFault[] {
  const faults: GraphFault[] = [];
  if (key !== undefined && entry.kind !== 'event') {
    faults.push({ field: 'key', message: 'a key is read from the entry event; remove it, or enter by an event' });
  }
  if (entry.kind === 'event' && typeof entry.event === 'string' && OWN_EFFECTS.test(entry.event)) {
    faults.push({
      field: 'entry.event',
      message: `"${entry.event}" is an effect of journeys, so this one could start itself without end; enter by what the customer does`,
    });
  }
  const keyed = [
    ...(goal === undefined ? [] : [{ field: 'goal', listened: goal }]),
    ...(exits ?? []).map((listened, index) => ({ field: `exits[${index}]`, listened })),
  ];
  for (const { field, listened } of keyed) {
    if (key === undefined && 'key' in listened && listened.key !== undefined) {
      faults.push({
        field: `${field}.key`,
        message: 'the journey has no key to compare with; set "key" on the journey, or remove it here',
      });
    }
  }
  return faults;
}

function stepFaults(graph: JourneyGraph, step: JourneyStep, index: number): GraphFault[] {
  const faults: GraphFault[] = [];
  const fault = (field: string, message: string): void => {
    faults.push({ field: `steps[${index}]${field}`, message: `step "${step.id}" ${message}` });
  };
  if (graph.steps.findIndex((other) => other.id === step.id) !== index)
    fault('.id', 'has the name of an earlier step; rename one of them');
  const hasEntryEvent = graph.entry.kind === 'event';
  if (step.kind === 'waitForEvent') {
    for (const [at, listened] of step.events.entries()) {
      if (listened.key !== undefined && graph.key === undefined)
        fault(`.events[${at}].key`, 'compares a key, but the journey has none; set "key" on the journey');
    }
  }
  if (step.kind === 'branch' && !hasEntryEvent) {
    for (const [at, branch] of step.branches.entries()) {
      if (branch.when.some((condition) => 'property' in condition))
        fault(
          `.branches[${at}].when`,
          'asks for a property of the entry event, but runs start by a segment; ask for a trait',
        );
    }
  }
  if (step.kind === 'send' && !hasEntryEvent) {
    for (const [variable, source] of Object.entries(step.variables ?? {})) {
      if ('property' in source)
        fault(
          `.variables.${variable}`,
          'uses a property of the entry event, but runs start by a segment; use a trait in the template',
        );
    }
  }
  return faults;
}

/** Steps nobody can reach, and paths that lead back to where they were. */
function walkFaults(graph: JourneyGraph): GraphFault[] {
  const steps = new Map(graph.steps.map((step) => [step.id, step]));
  const faults: GraphFault[] = [];
  const seen = new Map<string, 'open' | 'done'>();
  const walk = (id: string): void => {
    const step = steps.get(id);
    if (step === undefined || seen.has(id)) return;
    seen.set(id, 'open');
    for (const { field, next } of stepEdges(step)) {
      if (next === undefined) continue;
      if (seen.get(next) === 'open') {
        faults.push({
          field: `steps[${graph.steps.indexOf(step)}].${field}`,
          message: `step "${id}" leads back to "${next}", a loop; end the path here and let the profile enter again`,
        });
      } else walk(next);
    }
    seen.set(id, 'done');
  };
  walk(graph.start);
  for (const [index, step] of graph.steps.entries()) {
    if (!seen.has(step.id))
      faults.push({
        field: `steps[${index}]`,
        message: `step "${step.id}" cannot be reached; lead to it, or remove it`,
      });
  }
  return faults;
}
