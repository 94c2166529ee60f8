import { expect, test } from 'vitest';
import { EventRate } from '../../src/simulation/event-rate.ts';

test('a second of 100,000 events passes, one more is a storm, and each second counts for itself', () => {
  const rate = new EventRate();
  for (let second = 1; second <= 3; second++) {
    for (let event = 0; event < 100_000; event++) rate.count(second * 1_000_000 + event);
  }
  expect(() => rate.count(3_999_999)).toThrow('messages beget messages');
});
