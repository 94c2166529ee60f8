/** Each check passes what is right and finds what is wrong: a checker that cannot fail proves nothing. */
import { expect, test } from 'vitest';
import type { Order, Product } from '../../src/machine/shop/shop-types.ts';
import { CANARIES } from './canaries.ts';
import { CHECKS } from './checks/all-checks.ts';
import type { Evidence, FinalKey } from './checks/evidence.ts';
import type { Operation } from './history.ts';
import type { SeenEvent } from './workloads/watchers.ts';

const MS = 1e6;
let clockNs = 0;

type Given = Partial<Operation> & Pick<Operation, 'workload' | 'op' | 'key'>;

/** A call of 1 ms, 1 ms after the one before. */
function call(given: Given): Operation {
  clockNs += 2 * MS;
  return { client: 'a', outcome: 'ok', callNs: clockNs, returnNs: clockNs + MS, ...given };
}

const key = (text: string, modRevision: number, version = 1): FinalKey => ({ text, version, modRevision });
const put = (revision: number, key: string, text: string, version = 1): SeenEvent => ({
  revision,
  kind: 'put',
  key,
  version,
  text,
});

const PRODUCT: Product = {
  productId: 1,
  name: 'p',
  description: '',
  priceMinor: 1,
  stock: 48,
  reserved: 0,
  sold: 2,
  supplied: 50,
};
const ORDER: Order = {
  orderId: 2,
  userId: 9,
  productId: 1,
  productName: 'p',
  priceMinor: 1,
  quantity: 2,
  totalMinor: 2,
  state: 'confirmed',
  createdWallMs: 0,
};

/** A short run in which every promise was kept. */
function good(): Evidence {
  const events = [
    put(1, 'register/0', 'x'),
    put(2, 'append/0', 'e1'),
    put(3, 'append/0', 'e1 e2', 2),
    put(4, 'set/1', 'v:0'),
    put(5, 'counter/1', 'c1'),
    put(6, 'counter/1', 'c2', 2),
    put(7, 'counter/1', 'c3', 3),
  ];
  return {
    operations: [
      call({ workload: 'register', op: 'put', key: 'register/0', value: 'x', index: 11, revision: 1 }),
      call({ workload: 'register', op: 'get', key: 'register/0', output: 'x', index: 11, revision: 1 }),
      call({ workload: 'append', op: 'append', key: 'append/0', value: 'e1', index: 12, revision: 2 }),
      call({ workload: 'append', op: 'list', key: 'append/0', output: 'e1', index: 12, revision: 2 }),
      call({ workload: 'append', op: 'append', key: 'append/0', value: 'e2', index: 13, revision: 3 }),
      call({ workload: 'append', op: 'append', key: 'append/0', value: 'e3', outcome: 'fail' }),
      call({ workload: 'set', op: 'add', key: 'set/1', value: 'v:0', index: 14, revision: 4 }),
      call({
        workload: 'counter',
        op: 'increment',
        key: 'counter/1',
        value: 'c1',
        output: 1,
        index: 15,
        revision: 5,
      }),
      call({
        workload: 'counter',
        op: 'increment',
        key: 'counter/1',
        value: 'c2',
        output: 2,
        index: 16,
        revision: 6,
      }),
      call({
        workload: 'counter',
        op: 'increment',
        key: 'counter/1',
        value: 'c3',
        output: 3,
        index: 200,
        revision: 7,
      }),
      call({
        workload: 'register',
        op: 'stale',
        key: 'register/0',
        output: 'x',
        index: 200,
        revision: 7,
        maxStaleMs: 0,
      }),
      call({ workload: 'registry', op: 'register', key: 'i' }),
      call({ workload: 'registry', op: 'heartbeat', key: 'i', output: true }),
      call({ workload: 'registry', op: 'lookup', key: 's', output: ['i passing'] }),
      call({
        workload: 'shop',
        op: 'create-order',
        key: 'product/1',
        value: { userId: 9, quantity: 2 },
        output: 2,
      }),
      call({ workload: 'shop', op: 'pay', key: 'order/2', output: 'paid' }),
      call({ workload: 'shop', op: 'confirm', key: 'order/2', output: 'confirmed' }),
    ],
    final: {
      keys: new Map([
        ['register/0', key('x', 1)],
        ['append/0', key('e1 e2', 3, 2)],
        ['set/1', key('v:0', 4)],
        ['counter/1', key('c3', 7, 3)],
      ]),
      products: [PRODUCT],
      orders: [ORDER],
      instances: [],
    },
    watches: [[{ fromRevision: 1, events }], [{ fromRevision: 1, events }]],
  };
}

function complaints(evidence: Evidence): readonly string[] {
  return Object.values(CHECKS).flatMap((check) => check(evidence));
}

test('a run in which every promise was kept passes every check', () => {
  expect(complaints(good())).toEqual([]);
});

test.each(CANARIES)('$check: finds $tells', ({ check, lie }) => {
  const lied = lie(good());
  expect(lied).toBeDefined();
  expect(CHECKS[check]?.(lied!)).not.toEqual([]);
});

function withOperation(change: (operations: Operation[]) => void): Evidence {
  const evidence = good();
  const operations = [...evidence.operations];
  change(operations);
  return { ...evidence, operations };
}

function withFinal(change: Partial<Evidence['final']>): Evidence {
  const evidence = good();
  return { ...evidence, final: { ...evidence.final, ...change } };
}

function withKey(name: string, state: FinalKey): Evidence {
  return withFinal({ keys: new Map([...good().final.keys, [name, state]]) });
}

test('an acknowledged write that is gone in the end is found', () => {
  const keys = new Map(good().final.keys);
  keys.delete('register/0');
  expect(complaints(withFinal({ keys })).join()).toContain('register/0 is not linearizable');
});

test('a stale read is found, even of a value that was right before', () => {
  const evidence = withOperation((operations) => {
    operations.push(
      call({ workload: 'register', op: 'get', key: 'register/0', output: undefined, index: 10, revision: 0 }),
    );
  });
  const found = complaints(evidence);
  expect(found.join()).toContain('register/0 is not linearizable');
  expect(found.join()).toContain('had returned, but stands before it');
});

test('a refused write that took effect is found', () => {
  const failed = withOperation((operations) => {
    operations[0] = { ...operations[0]!, outcome: 'fail' };
    operations[6] = { ...operations[6]!, outcome: 'fail' };
  });
  expect(complaints(failed).join()).toContain('took no effect, as it was told, and yet it did');
  expect(complaints(failed).join()).toContain('failed, and is there');
});

test('a list whose elements changed places, or came twice, is found', () => {
  expect(complaints(withKey('append/0', key('e2 e1', 3, 2))).join()).toContain('is no beginning of');
  expect(complaints(withKey('append/0', key('e1 e2 e1', 3, 2))).join()).toContain('holds an element twice');
  expect(complaints(withKey('append/0', key('e1 e2 e9', 3, 2))).join()).toContain('nobody appended e9');
});

test('a set element that is not whole is found', () => {
  expect(complaints(withKey('set/1', key('v', 4))).join()).toContain('not as it was added');
});

test('a retry that was counted twice is found, and so is one that was not counted', () => {
  expect(complaints(withKey('counter/1', key('c3', 7, 4))).join()).toContain('was counted to 4');
  expect(complaints(withKey('counter/1', key('c3', 7, 2))).join()).toContain('was counted to 2');
});

test('a watch that repeats, reorders or changes an event is found', () => {
  const evidence = good();
  const events = evidence.watches[0]![0]!.events;
  const seen = (events: SeenEvent[]): Evidence => ({
    ...evidence,
    watches: [evidence.watches[0]!, [{ fromRevision: 1, events }]],
  });
  expect(complaints(seen([...events, events[6]!])).join()).toContain('once more');
  expect(complaints(seen(events.toSorted((a, b) => b.revision - a.revision))).join()).toContain('was due');
  expect(complaints(seen(events.with(2, { ...events[2]!, text: 'else' }))).join()).toContain(
    'two watches differ',
  );
  expect(
    complaints({ ...evidence, watches: [[{ fromRevision: 1, events: events.toSpliced(2, 1) }]] }),
  ).not.toEqual([]);
});

test('an instance that outlives the end, or that nobody registered, is found', () => {
  expect(complaints(withFinal({ instances: ['i passing'] })).join()).toContain('still there');
  const evidence = withOperation((operations) => {
    operations.push(
      call({ workload: 'registry', op: 'lookup', key: 's', output: ['i passing', 'ghost passing'] }),
    );
  });
  expect(complaints(evidence).join()).toContain('nobody had registered');
});

test('a piece that was sold twice, or a step that was taken back, is found', () => {
  expect(complaints(withFinal({ products: [{ ...PRODUCT, stock: 49 }] })).join()).toContain('product 1');
  expect(complaints(withFinal({ products: [{ ...PRODUCT, stock: 49, sold: 1 }] })).join()).toContain(
    'confirmed orders hold 2',
  );
  expect(complaints(withFinal({ orders: [{ ...ORDER, state: 'paid' }] })).join()).toContain(
    'but the order is paid',
  );
  expect(complaints(withFinal({ orders: [ORDER, { ...ORDER, orderId: 3 }] })).join()).toContain(
    'has 2 orders',
  );
});
