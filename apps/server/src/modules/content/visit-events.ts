import type { EmittedEvent } from '../../platform/eventlog/index.ts';
import type { MachineReason } from './classify-visit.ts';
import type { TrackedMessage } from './tracking-link.ts';

/** A click as it is kept until it is decided, and told. */
export interface TrackedClick {
  readonly message: TrackedMessage;
  /** Without its query: those of shops carry carts, discount codes and addresses. */
  readonly url: string;
}

/**
 * What a person did has the plain name, which segments and journeys ask for. What a machine did has a name of its own, so
 * that nothing mistakes it.
 */
export function visitEvent(
  visit: { readonly kind: 'open' | 'click'; readonly message: TrackedMessage; readonly url?: string | undefined },
  said: { readonly at: number; readonly machine: MachineReason | undefined; readonly id?: string | undefined },
): EmittedEvent {
  const { message } = visit;
  return {
    subjectId: message.profileId,
    node: message.node,
    name: NAMES[visit.kind][said.machine === undefined ? 'person' : 'machine'],
    occurredAt: said.at,
    ...(said.id !== undefined && { id: said.id }),
    properties: {
      message_id: message.messageId,
      channel: 'email',
      ...(message.templateId !== undefined && { template_id: message.templateId }),
      machine: said.machine !== undefined,
      ...(said.machine !== undefined && { reason: said.machine }),
      ...(visit.url !== undefined && { url: visit.url }),
      ...(message.journeyId !== undefined && { journey_id: message.journeyId }),
      ...(message.runId !== undefined && { run_id: message.runId }),
      ...(message.isWebView === true && { from: 'web_view' }),
    },
  };
}

const NAMES = {
  open: { person: 'Email Opened', machine: 'Email Opened By Machine' },
  click: { person: 'Email Link Clicked', machine: 'Email Link Followed By Machine' },
} as const;
