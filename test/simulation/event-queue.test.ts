import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { EventQueue } from '../../src/simulation/event-queue.ts';

test('events happen by time, and those of one time in the order of arrival', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 200 }), (delays) => {
      const queue = new EventQueue();
      const seen: (readonly [number, number])[] = [];
      for (const [number, delay] of delays.entries()) {
        queue.after(delay, () => {
          expect(queue.nowUs).toBe(delay);
          seen.push([delay, number]);
        });
      }
      while (queue.step(100));
      const expected = delays.map((delay, number) => [delay, number] as const);
      expect(seen).toEqual(expected.sort(([a, i], [b, j]) => a - b || i - j));
      expect(queue.nowUs).toBe(100);
    }),
  );
});

test('an event may bring others, and what is not due waits', () => {
  const queue = new EventQueue();
  const seen: number[] = [];
  const again = (): void => {
    seen.push(queue.nowUs);
    queue.after(10, again);
  };
  queue.after(10, again);
  while (queue.step(35));
  expect(seen).toEqual([10, 20, 30]);
  expect(queue.size).toBe(1);
});
