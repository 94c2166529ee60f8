/** Nodes that must hold the same, and one that does not. */
import { expect, test } from 'vitest';
import { defineMachine } from '../../src/machine/define-machine.ts';
import type { AnyMachine } from '../../src/machine/machine.ts';
import { Disks, leaderOf, putAndClose } from './disks.ts';
import { RawClient, until } from './raw-client.ts';
import { TestSession } from './test-cluster.ts';

/** A machine that keeps what only this node knows: the mistake that an audit is there to find. */
function partial(value: string): AnyMachine {
  return defineMachine({
    name: 'partial',
    commands: {
      set: {
        parse: () => ({}),
        apply: (records) => {
          records.put('value', value);
          return { result: null };
        },
      },
    },
    queries: {},
  });
}

test('a node whose state differs is named by the others, stops for good, and is rebuilt on request', async () => {
  await using disks = await Disks.create(3);
  const limits = { auditTicks: 20 };
  const start = (id: number, value: string, more = {}): ReturnType<Disks['start']> =>
    disks.start(id, { limits, machines: [partial(value)], ...more });
  const [one, two, three] = await Promise.all([start(1, 'same'), start(2, 'same'), start(3, 'other')]);
  const client = await RawClient.open((await leaderOf([one, two, three])).address);
  const session = await TestSession.open(client);
  expect(await session.ask('partial', { kind: 'set' })).toMatchObject({ kind: 'result' });
  client.close();
  expect(await three.stopped).toMatchObject({ kind: 'failed', code: 'STATE_CORRUPT' });
  for (const node of [one, two]) {
    await until(
      'it is named',
      () => node.status().alarms.some(({ message }) => message.includes('node 3')) || undefined,
    );
  }
  await expect(start(3, 'same')).rejects.toMatchObject({ code: 'STATE_CORRUPT' });
  const rebuilt = await start(3, 'same', { rebuild: true });
  await putAndClose(await leaderOf([one, two, rebuilt]), 5);
  await until(
    'nobody differs',
    () => [one, two, rebuilt].every((node) => node.status().alarms.length === 0) || undefined,
  );
  await rebuilt.stop();
  await (await start(3, 'same')).stop();
});
