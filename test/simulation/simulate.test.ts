import { expect, test } from 'vitest';
import type { AnyMachine } from '../../src/machine/machine.ts';
import { machineRecords, simulate, type SimulateOptions } from '../../src/simulation/simulate.ts';

/** Money that goes from one account to another; `leak` of it gets lost on the way. */
function bank(leak: number): AnyMachine {
  return {
    name: 'bank',
    parseCommand: (value) => ({ kind: 'parsed', value }),
    parseQuery: (value) => ({ kind: 'parsed', value }),
    apply: (records, command) => {
      const { from, to, amount } = command as { from: string; to: string; amount: number };
      const balance = (account: string): number => records.get<number>(account) ?? 100;
      if (from === to || balance(from) < amount) return { result: false, events: [] };
      records.put(from, balance(from) - amount);
      records.put(to, balance(to) + amount - (amount === 7 ? leak : 0));
      return { result: true, events: [{ kind: 'moved', key: from, value: amount }] };
    },
    query: (records, account) => records.get<number>(String(account)) ?? 100,
  };
}

function options(machine: AnyMachine): SimulateOptions {
  return {
    seed: Number(process.env['SEED']),
    nodes: 3,
    seconds: 20,
    machines: [machine],
    workload: {
      name: 'transfers',
      next: (random, submit) => {
        const accounts = ['a', 'b', 'c'];
        const body = { from: random.pick(accounts), to: random.pick(accounts), amount: random.integer(1, 9) };
        for (let times = 0; times < 3; times++)
          submit({
            kind: 'command',
            machine: 'bank',
            body: { ...body, amount: 1 + ((body.amount + times) % 9) },
          });
        submit({ kind: 'query', machine: 'bank', body: 'a', consistency: 'linearizable' });
      },
    },
    invariants: [
      {
        name: 'money is kept',
        check: (records) => {
          const accounts = machineRecords(records, 'bank');
          const total = ['a', 'b', 'c'].reduce(
            (sum, account) => sum + (accounts.get<number>(account) ?? 100),
            0,
          );
          if (total !== 300) throw new Error(`the accounts hold ${total}`);
        },
      },
    ],
  };
}

test("a user's own machine keeps its invariant under every fault", () => {
  const { failure, operations } = simulate(options(bank(0)));
  expect(failure).toBeUndefined();
  expect(operations).toBeGreaterThan(0);
});

test("a user's own machine that breaks its invariant is found", () => {
  const found = [1, 2, 3].map((seed) => simulate({ ...options(bank(1)), seed }).failure?.property);
  expect(found).toContain('money is kept');
});
