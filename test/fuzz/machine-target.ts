import { StoreError } from '../../src/base/errors.ts';
import { createKv } from '../../src/machine/kv/kv.ts';
import { RecordTree } from '../../src/machine/record-tree.ts';
import { registry } from '../../src/machine/registry/registry.ts';
import { createRoot } from '../../src/machine/root.ts';
import { shop } from '../../src/machine/shop/shop.ts';
import { encodeLogged } from '../../src/machine/logged-command.ts';
import { msgpackCodec } from '../../src/wire/msgpack-codec.ts';
import type { Target } from './fuzz.ts';
import { mutate } from './mutate.ts';

const root = createRoot([createKv(), registry, shop]);
const user = { kind: 'register-user', name: 'ann', email: 'ann@example.org' };
const passwordHash = {
  algorithm: 'scrypt',
  cost: 16_384,
  blockSize: 8,
  parallelization: 1,
  salt: new Uint8Array(16),
  hash: new Uint8Array(32),
};

/** Commands and queries as clients send them; some are sound. */
const BODIES: readonly (readonly [machine: string, body: unknown])[] = [
  ['kv', { kind: 'put', key: 'a', value: new Uint8Array(3) }],
  ['kv', { kind: 'compare-and-set', key: 'a', value: new Uint8Array(3), expect: { modRevision: 0 } }],
  ['kv', { kind: 'delete', key: 'a', expect: { version: 1 }, previous: true }],
  ['kv', { kind: 'delete-range', from: 'a', to: 'b' }],
  ['kv', { kind: 'delete-prefix', prefix: 'a' }],
  ['kv', { kind: 'get', key: 'a' }],
  ['kv', { kind: 'range', from: 'a', to: 'b', limit: 10, reverse: true, keysOnly: false, countOnly: false }],
  ['sessions', { kind: 'open', ttlMs: 30_000 }],
  ['sessions', { kind: 'keep-alive', id: 1 }],
  ['sessions', { kind: 'close', id: 1 }],
  ['sessions', { kind: 'list', after: 0, limit: 10 }],
  [
    'registry',
    {
      kind: 'register',
      service: 's',
      id: 'i',
      address: 'h',
      port: 1,
      tags: ['x'],
      meta: { m: 'v' },
      ttlMs: 10_000,
      deregisterAfterMs: 60_000,
    },
  ],
  ['registry', { kind: 'heartbeat', service: 's', id: 'i' }],
  ['registry', { kind: 'deregister', service: 's', id: 'i' }],
  ['registry', { kind: 'lookup', service: 's', limit: 5 }],
  ['registry', { kind: 'services', after: '', limit: 5 }],
  ['shop', { ...user, passwordHash }],
  ['shop', { kind: 'add-product', name: 'p', description: 'd', priceMinor: 100, stock: 5 }],
  ['shop', { kind: 'update-product', productId: 3, restock: 5 }],
  ['shop', { kind: 'create-order', userId: 2, productId: 3, quantity: 1 }],
  ['shop', { kind: 'pay-order', orderId: 4, paymentReference: 'r' }],
  ['shop', { kind: 'cancel-order', orderId: 4 }],
  ['shop', { kind: 'list-orders', userId: 2, after: 0, limit: 5 }],
];

/**
 * What clients ask of the machines. A command that passes the parser enters the log, is applied on every
 * node, and again after each restart: it must not stop any.
 */
export const MACHINE_TARGET: Target = {
  name: 'machines',
  attack: (random) => {
    const tree = new RecordTree();
    let outcome: 'taken' | 'refused' = 'refused';
    for (let index = 1; index <= 12; index++) {
      // The first ones open a session, and put a user, a product and an order there.
      const [machine, sound] = index <= PRELUDE.length ? PRELUDE[index - 1]! : random.pick(BODIES);
      const body = index <= PRELUDE.length || random.chance(0.2) ? sound : mutate(sound, random);
      if (attackOnce(tree, machine, body, index) === 'taken' && index > PRELUDE.length) outcome = 'taken';
    }
    return outcome;
  },
};

function attackOnce(tree: RecordTree, machine: string, body: unknown, index: number): 'taken' | 'refused' {
  const query = root.parseQuery(machine, body);
  if (query.kind === 'parsed') root.query(tree, machine, query.value);
  const command = root.parseCommand(machine, body);
  if (command.kind !== 'parsed') return query.kind === 'parsed' ? 'taken' : 'refused';
  const session = machine === 'sessions' ? undefined : { id: 1, sequence: index, ackedBelow: 1 };
  const logged = { machine, session, body: command.value, timeMs: index * 1_000, wallMs: index };
  try {
    encodeLogged(msgpackCodec, logged);
  } catch (error) {
    if (error instanceof StoreError) return 'refused';
    throw error;
  }
  root.apply(tree, logged, { index, term: 1 });
  return 'taken';
}

const PRELUDE: readonly (readonly [machine: string, body: unknown])[] = [
  ['sessions', { kind: 'open', ttlMs: 30_000 }],
  ['shop', { ...user, passwordHash }],
  ['shop', { kind: 'add-product', name: 'p', description: 'd', priceMinor: 100, stock: 5 }],
  ['shop', { kind: 'create-order', userId: 2, productId: 3, quantity: 1 }],
  ['kv', { kind: 'put', key: 'a', value: new Uint8Array(3) }],
];
