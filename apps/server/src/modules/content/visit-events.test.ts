import { describe, expect, it } from 'vitest';
import { visitEvent } from './visit-events.ts';

const message = { workspaceId: 1, profileId: 'p', node: { kind: 30, id: 7 }, messageId: 'msg_1', templateId: 'tpl_1' };

describe('what a machine did', () => {
  it('has no name that a segment or journey means a person by, and says what gave it away', () => {
    for (const kind of ['open', 'click'] as const) {
      const person = visitEvent({ kind, message }, { at: 1, machine: undefined });
      const machine = visitEvent({ kind, message }, { at: 1, machine: 'scanner' });
      expect(['Email Opened', 'Email Link Clicked']).toContain(person.name);
      expect(machine.name).not.toBe(person.name);
      expect(['Email Opened', 'Email Link Clicked']).not.toContain(machine.name);
      const whose = { message_id: 'msg_1', channel: 'email', template_id: 'tpl_1' };
      expect(person.properties).toEqual({ ...whose, machine: false });
      expect(machine.properties).toEqual({ ...whose, machine: true, reason: 'scanner' });
    }
  });
});
