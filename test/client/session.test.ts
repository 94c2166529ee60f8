import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Queue } from '../../src/client/queue.ts';
import { Session } from '../../src/client/session.ts';

test('a session acknowledges exactly what is settled without a gap, and never spans more than its room', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 8 }),
      fc.array(fc.nat(20), { maxLength: 200 }),
      (capacity, steps) => {
        const session = new Session(7, capacity);
        const open: number[] = [];
        let given = 0;
        for (const step of steps) {
          if (step % 2 === 0 && session.hasRoom) {
            const sequence = session.take();
            expect(sequence).toBe(++given);
            open.push(sequence);
          } else if (open.length > 0) {
            const [sequence = 0] = open.splice(step % open.length, 1);
            session.settle(sequence);
          }
          const lowest = open.length === 0 ? given + 1 : Math.min(...open);
          expect(session.stamp(given + 1).ackedBelow).toBe(lowest);
          expect(given + 1 - lowest).toBeLessThanOrEqual(capacity);
          expect(session.hasRoom).toBe(given + 1 - lowest < capacity);
        }
      },
    ),
  );
});

test('a queue gives back what was put in, in order', () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('push' as const), count: fc.integer({ min: 1, max: 2_000 }) }),
    fc.record({ kind: fc.constant('shift' as const), count: fc.integer({ min: 1, max: 2_000 }) }),
    fc.record({ kind: fc.constant('front' as const), count: fc.integer({ min: 0, max: 5 }) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
      const queue = new Queue<number>();
      let model: number[] = [];
      let next = 0;
      for (const { kind, count } of steps) {
        const fresh = Array.from({ length: count }, () => next++);
        if (kind === 'push') {
          for (const item of fresh) queue.push(item);
          model.push(...fresh);
        } else if (kind === 'front') {
          queue.pushFront(fresh);
          model = [...fresh, ...model];
        } else {
          for (let at = 0; at < count; at++) expect(queue.shift()).toBe(model.shift());
        }
        expect(queue.length).toBe(model.length);
        expect(queue.peek()).toBe(model[0]);
      }
      expect(queue.drain()).toEqual(model);
    }),
    { numRuns: 30 },
  );
});
