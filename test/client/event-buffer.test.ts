import fc from 'fast-check';
import { expect, test } from 'vitest';
import { EventBuffer } from '../../src/client/event-buffer.ts';

test('what was put in comes out in order, and bytes count until the last event of their batch is read', () => {
  const batch = fc.record({
    kind: fc.constant('push' as const),
    count: fc.nat({ max: 5 }),
    from: fc.nat({ max: 6 }),
    bytes: fc.integer({ min: 1, max: 100 }),
  });
  const actions = fc.array(fc.oneof(batch, fc.constantFrom({ kind: 'shift' as const })), { maxLength: 60 });
  fc.assert(
    fc.property(actions, (all) => {
      const buffer = new EventBuffer<{ readonly id: number }>();
      const model: { readonly id: number; readonly batch: number; readonly bytes: number }[] = [];
      let id = 0;
      for (const [at, action] of all.entries()) {
        if (action.kind === 'push') {
          const events = Array.from({ length: action.count }, () => ({ id: ++id }));
          buffer.push(events, action.from, action.bytes);
          for (const event of events.slice(action.from))
            model.push({ ...event, batch: at, bytes: action.bytes });
        } else {
          expect(buffer.shift()?.id).toBe(model.shift()?.id);
        }
        expect(buffer.length).toBe(model.length);
        const held = new Map(model.map((event) => [event.batch, event.bytes]));
        expect(buffer.bytes).toBe([...held.values()].reduce((sum, bytes) => sum + bytes, 0));
      }
      buffer.clear();
      expect([buffer.length, buffer.bytes, buffer.shift()]).toEqual([0, 0, undefined]);
    }),
  );
});
