import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createKv } from '../../src/machine/kv/kv.ts';
import { RecordTree } from '../../src/machine/record-tree.ts';
import { registry } from '../../src/machine/registry/registry.ts';
import { shop } from '../../src/machine/shop/shop.ts';
import { all, reload, Store } from './store.ts';

const MACHINES = [createKv(), registry, shop];

const keys = fc.constantFrom('a', 'b', 'a/b');
const ids = fc.integer({ min: 1, max: 12 });
const commands = fc.oneof(
  fc
    .record({ kind: fc.constant('put'), key: keys, value: fc.uint8Array({ maxLength: 3 }) })
    .map((body) => ['kv', body] as const),
  fc.record({ kind: fc.constant('delete'), key: keys }).map((body) => ['kv', body] as const),
  fc
    .record({
      kind: fc.constant('register'),
      service: keys.map((key) => key.replace('/', '.')),
      id: fc.constantFrom('1', '2'),
      address: fc.constant('::1'),
      port: fc.constant(80),
      ttlMs: fc.constant(1000),
      deregisterAfterMs: fc.constant(1000),
    })
    .map((body) => ['registry', body] as const),
  fc
    .record({ kind: fc.constant('heartbeat'), service: fc.constant('a'), id: fc.constant('1') })
    .map((body) => ['registry', body] as const),
  fc
    .record({
      kind: fc.constant('add-product'),
      name: fc.constant('Cup'),
      priceMinor: fc.nat(9),
      stock: fc.nat(9),
    })
    .map((body) => ['shop', body] as const),
  fc
    .record({ kind: fc.constantFrom('pay-order', 'cancel-order'), orderId: ids })
    .map((body) => ['shop', body] as const),
  fc
    .record({ kind: fc.constant('open'), ttlMs: fc.constant(1000) })
    .map((body) => ['sessions', body] as const),
  fc.record({ kind: fc.constant('keep-alive'), id: ids }).map((body) => ['sessions', body] as const),
);
const steps = fc.array(fc.record({ command: commands, passMs: fc.oneof(fc.constant(0), fc.nat(900)) }), {
  maxLength: 50,
});

test('whatever way a node came to its records, it holds the same and goes on the same', () => {
  fc.assert(
    fc.property(steps, fc.nat(7), (list, every) => {
      const steady = new Store(MACHINES);
      const restarting = new Store(MACHINES);
      const stored = new RecordTree();
      list.forEach(({ command: [machine, body], passMs }, at) => {
        for (const store of [steady, restarting]) store.timeMs += passMs;
        const outcome = steady.outcome(machine, body);
        // Its state is now what a disk, written change by change, gives back.
        if (at % (every + 1) === 0) restarting.tree = new RecordTree(reload(all(stored)));
        expect(restarting.outcome(machine, body)).toEqual(outcome);
        const changes = Array.from(steady.tree.takeChanges(), ({ key, value: after }) => ({
          key,
          value: after,
        }));
        for (const { key, value } of reload(changes)) {
          if (value === undefined || value === null) stored.delete(key);
          else stored.put(key, value);
        }
        expect(all(stored)).toEqual(all(steady.tree));
        expect(stored.bytes).toBe(steady.tree.bytes);
      });
      expect(all(restarting.tree)).toEqual(all(steady.tree));
    }),
  );
});
