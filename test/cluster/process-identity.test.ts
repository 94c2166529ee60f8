import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, expect, test } from 'vitest';
import { identify, signal, stateOf } from '../../cluster/process-identity.ts';
import type { ProcessIdentity } from '../../cluster/process-identity.ts';
import { waitUntil } from '../../cluster/wait-until.ts';

let child: ChildProcess | undefined;

afterEach(() => {
  child?.kill('SIGKILL');
});

function startSleeper(): ProcessIdentity {
  child = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1000)'], { stdio: 'ignore' });
  const identity = identify(child.pid ?? 0);
  if (identity === undefined) throw new Error('no such process');
  return identity;
}

test('a process is seen to run, to pause, to go on and to end', async () => {
  const identity = startSleeper();
  const wait = (state: string): Promise<true> =>
    waitUntil({ what: state, timeoutMs: 5_000 }, () => (stateOf(identity) === state ? true : undefined));
  await wait('running');
  expect(signal(identity, 'SIGSTOP')).toBe(true);
  await wait('paused');
  signal(identity, 'SIGCONT');
  await wait('running');
  signal(identity, 'SIGKILL');
  await wait('stopped');
  expect(signal(identity, 'SIGKILL')).toBe(false);
});

test('a pid that now belongs to another process is left alone', async () => {
  const { pid } = startSleeper();
  const former: ProcessIdentity = { pid, startedAt: 'before' };
  expect(stateOf(former)).toBe('stopped');
  expect(signal(former, 'SIGKILL')).toBe(false);
  const living = child;
  if (living === undefined) throw new Error('no child');
  living.kill('SIGTERM');
  const [, cause]: readonly unknown[] = await once(living, 'exit');
  expect(cause).toBe('SIGTERM'); // and not SIGKILL
});

test('a pid that nobody has is nobody', () => {
  expect(identify(2 ** 22 + 1)).toBeUndefined();
});
