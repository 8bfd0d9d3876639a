import type { OperationId } from '@segue/contract';
import type { Example, Keys } from './api-world.ts';

/** Of a customer of the shops; none of it may ever be found in the audit. */
export const EMAIL = 'ada.secret@customer.example';
export const PERSONAL = ['customer.example', 'Lovelace', '203.0.113.7', 'I agree to the wording'];

/** The public ids of one of everything a workspace can have. */
export interface Furniture {
  readonly profileId: string;
  readonly companyId: string;
  readonly segmentId: string;
  readonly listId: string;
  readonly templateId: string;
  readonly journeyId: string;
  readonly messageId: string;
  readonly sourceId: string;
  readonly rejectedId: string;
  readonly deadLetterId: string;
  readonly driftId: string;
  readonly testEventId: string;
  readonly webhookId: string;
  readonly deliveryId: string;
  readonly importId: string;
}

/** A workspace that can be asked for more of what it has. */
export interface Caller extends Keys {
  /** Calls by its API key, and answers what was answered; throws when it was refused. */
  call<T = { id: string }>(id: OperationId, example?: Example): Promise<T>;
  /** A word nobody has used. */
  word(): string;
  addMember(): Promise<string>;
  addDeadLetter(): Promise<string>;
  addDrift(): Promise<string>;
  /** A customer nobody knows, seen once on a device. */
  addProfile(): Promise<string>;
  addConflict(): Promise<string>;
  addDelivery(webhookId: string): Promise<string>;
  /** A delivery of a connector that was set aside. */
  addSetAside(connectorId: string): Promise<string>;
  /** A privacy request in this state. */
  addPrivacyRequest(kind: string, state: string): Promise<string>;
  /** An export with its file. */
  addExport(): Promise<string>;
  /** What a browser sends of an owner who is signed in. */
  readonly owner: { readonly cookie: string; readonly origin: string };
}

export type Shop = Caller & Furniture;

export const segmentExample = (name: string): Example => ({
  body: { name, rule: { trait: 'plan', op: 'equals', value: 'gold-plan' } },
});
export const templateExample = (name: string): Example => ({ body: { name, subject: 'Hello', html: '<p>Hello</p>' } });
export const journeyExample = (name: string, template: string): Example => {
  const steps = [
    { id: 'mail', kind: 'send', channel: 'email', template, topic: 'marketing', next: 'end' },
    { id: 'end', kind: 'exit' },
  ];
  return { body: { name, graph: { entry: { kind: 'event', event: 'Cart' }, reentry: 'never', start: 'mail', steps } } };
};
/** Nothing listens there. */
export const webhookExample = (): Example => ({
  body: { url: 'http://127.0.0.1:59999/hook', events: [{ type: 'track' }] },
});
