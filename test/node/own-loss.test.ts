import { expect, test } from 'vitest';
import { OwnLoss } from '../../src/node/own-loss.ts';

test('a loss is believed when it was told five times, whatever else is said wrong', () => {
  const loss = new OwnLoss();
  const told = { from: 1, what: 'it ends at 3', isOwnLoss: true };
  const wrong = { from: 2, what: 'another leader', isOwnLoss: false };
  expect([1, 2].map(() => loss.among([told, wrong, told]))).toEqual([undefined, undefined]);
  expect(loss.among([wrong])).toBeUndefined();
  expect(loss.among([told])).toBe('it ends at 3');
});
