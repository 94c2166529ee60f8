/** `kvorum cluster` as people and scripts use it. */
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { waitUntil } from '../../cluster/wait-until.ts';
import { kvorum, launch } from './command.ts';
import type { Outcome } from './command.ts';

interface StatusRow {
  readonly id: number;
  readonly process: string;
  readonly role?: string;
}

interface Status {
  readonly endpoints: readonly string[];
  readonly leader?: number;
  readonly partition?: readonly (readonly number[])[];
  readonly nodes: readonly StatusRow[];
}

let dir = '';
let port = '';

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'kvorum-command-'));
  port = String(randomInt(20_000, 30_000));
});

afterEach(async () => {
  await kvorum('cluster', 'stop', '--dir', dir);
  rmSync(dir, { recursive: true, force: true });
});

const cluster = (...args: readonly string[]): Promise<Outcome> => kvorum('cluster', ...args, '--dir', dir);

async function status(): Promise<Status> {
  return JSON.parse((await cluster('status', '--json')).stdout);
}

function statusWhere(what: string, wanted: (status: Status) => boolean): Promise<Status> {
  return waitUntil({ what, timeoutMs: 20_000 }, async () => {
    const found = await status();
    return wanted(found) ? found : undefined;
  });
}

test('start, break, repair, stop, and come back with the data', async () => {
  const started = await cluster('start', '--detach', '--json', '--port', port);
  expect(started).toMatchObject({ status: 0 });
  expect(started.stderr).toMatch(/\[3\/3\] first write\s+ok \(put hello=world/);
  const { endpoints }: Status = JSON.parse(started.stdout);
  expect(endpoints).toHaveLength(3);
  const at = ['--endpoints', endpoints.join(','), '--timeout', '20s'];

  const again = await cluster('start', '--detach', '--port', port);
  expect(again).toMatchObject({ status: 0, stdout: `${endpoints.join(',')}\n` });
  expect(again.stderr).toContain('already running');
  expect(await cluster('start', '--nodes', '5')).toMatchObject({ status: 2, stdout: '' });

  expect(await kvorum('put', 'a', '1', ...at)).toMatchObject({ status: 0 });
  const { leader = 0 } = await status();
  expect(await cluster('kill', 'leader')).toMatchObject({ status: 0 });
  expect(await kvorum('put', 'a', '2', ...at)).toMatchObject({ status: 0 });
  expect(await cluster('kill', String(leader))).toMatchObject({ status: 1 });
  expect(await cluster('kill', '9')).toMatchObject({ status: 2 });
  expect(await cluster('restart', `n${leader}`)).toMatchObject({ status: 0 });
  await statusWhere('three nodes that answer', ({ nodes }) => nodes.every((node) => node.role !== undefined));

  expect(await cluster('pause', '1')).toMatchObject({ status: 0 });
  await statusWhere('a paused node', ({ nodes }) => nodes[0]?.process === 'paused');
  expect(await cluster('resume', '1')).toMatchObject({ status: 0 });
  expect(await cluster('partition', '1/2,3')).toMatchObject({ status: 0 });
  expect((await status()).partition).toEqual([[1], [2, 3]]);
  expect(await cluster('heal')).toMatchObject({ status: 0 });

  expect(await cluster('stop')).toMatchObject({ status: 0 });
  expect(await cluster('status')).toMatchObject({ status: 3 });
  const back = await cluster('start', '--detach');
  expect(back.stderr).toContain('hello=world is still there');
  expect(await kvorum('get', 'a', ...at)).toMatchObject({ status: 0, stdout: '2' });
});

test('in the foreground it shows the nodes until Ctrl-C, and then stops them', async () => {
  const child = launch(['cluster', 'start', '--port', port, '--dir', dir]);
  let shown = '';
  child.stdout?.on('data', (data: Buffer) => (shown += data.toString()));
  child.stderr?.resume();
  await waitUntil({ what: 'a leader on display', timeoutMs: 30_000 }, () =>
    /n\d leader term \d+ 127/.test(shown) ? true : undefined,
  );
  child.kill('SIGINT');
  expect(await once(child, 'exit')).toEqual([0, null]);
  expect((await status()).nodes.map((node) => node.process)).toEqual(['stopped', 'stopped', 'stopped']);
});
