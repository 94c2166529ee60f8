import { expect, test } from 'vitest';
import { RecordTree } from '../../../src/machine/record-tree.ts';
import { createRoot } from '../../../src/machine/root.ts';
import type { CommandOutcome } from '../../../src/machine/command.ts';
import { bank, checkBankRecords } from '../../../src/simulation/workloads/bank.ts';
import { BankWorkload } from '../../../src/simulation/workloads/bank-workload.ts';
import { stamp } from '../checkers/committed.ts';

const transfer = (amount: number, from = 'a', to = 'b') => ({ kind: 'transfer', from, to, amount });

/** Transfers as the log holds them, and what it says came of them. */
function check(...told: readonly (readonly [amount: number, outcome: 'failed' | number])[]): void {
  const entries = told.map(([amount, result], at) => {
    const index = at + 1;
    const outcome: CommandOutcome =
      result === 'failed'
        ? { kind: 'refused', code: 'MACHINE_FAILED', message: '' }
        : { kind: 'applied', result, revision: 0, index };
    const logged = { machine: 'bank', body: transfer(amount), session: stamp(index), timeMs: 0, wallMs: 0 };
    return [index, { index, logged, outcome, effective: result !== 'failed' }] as const;
  });
  new BankWorkload().check({ reference: { entries: new Map(entries), tree: new RecordTree() } });
}

test('a transfer of more than there is fails, and leaves no trace', () => {
  const root = createRoot([bank]);
  const tree = new RecordTree();
  const open = { kind: 'open', ttlMs: 60_000 };
  const times = { timeMs: 0, wallMs: 0 };
  root.apply(tree, { machine: 'sessions', session: undefined, body: open, ...times }, { index: 1, term: 1 });
  const apply = (sequence: number, body: unknown) =>
    root.apply(
      tree,
      { machine: 'bank', session: stamp(sequence), body, ...times },
      { index: sequence + 1, term: 1 },
    );
  expect(apply(1, transfer(60)).kind).toBe('applied');
  expect(apply(2, transfer(60)).kind).toBe('refused');
  expect([tree.get('bank/a'), tree.get('bank/b')]).toEqual([40, 160]);
  checkBankRecords(tree);
  tree.put('bank/a', 39);
  expect(() => checkBankRecords(tree)).toThrow('the accounts hold -1 more');
});

test('a transfer that fails with enough money, or does not without, is found', () => {
  check([60, 40], [60, 'failed'], [40, 0]);
  expect(() => check([60, 'failed'])).toThrow('60 from a, which held 100, gave refused');
  expect(() => check([60, 40], [60, -20])).toThrow('60 from a, which held 40, gave applied');
});
