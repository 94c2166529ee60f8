import { expect, test } from 'vitest';
import { setUp, until } from '../client/fixture.ts';
import { run, start } from './run-cli.ts';

test('a service is registered, listed, kept alive and deregistered', async () => {
  const { cluster } = await setUp(1);
  const { endpoints } = cluster;
  const register = [
    'service',
    'register',
    'api',
    '10.0.0.7:80',
    '--id',
    'one',
    '--tag',
    'v2',
    '--meta',
    'zone=a',
  ];
  expect(await run(register, { endpoints })).toEqual({ status: 0, stdout: 'one\n', stderr: '' });
  expect((await run(['service', 'list'], { endpoints })).stdout).toBe(
    'SERVICE  PASSING  CRITICAL  TAGS\napi      1        0         v2\n',
  );
  expect((await run(['service', 'list', 'api', '--passing'], { endpoints })).stdout).toBe(
    'ID   ADDRESS      STATUS   TAGS  META\none  10.0.0.7:80  passing  v2    zone=a\n',
  );
  expect(await run(['service', 'list', 'api', '--tag', 'v1'], { endpoints })).toMatchObject({ status: 1 });
  expect(await run(['service', 'heartbeat', 'api', 'one'], { endpoints })).toMatchObject({ status: 0 });
  expect(await run(['service', 'deregister', 'api', 'one'], { endpoints })).toMatchObject({ status: 0 });
  expect(await run(['service', 'heartbeat', 'api', 'one'], { endpoints })).toMatchObject({ status: 1 });
  expect(await run(['service', 'deregister', 'api', 'one'], { endpoints })).toMatchObject({ status: 1 });
});

test('a kept registration ends with Ctrl-C, and a watch sees it come and go', async () => {
  const { cluster, client } = await setUp(1);
  const { endpoints } = cluster;
  const watch = start(['service', 'watch', 'api'], { endpoints });
  await until('the watch', () => cluster.node(1).watches === 1);
  const keep = start(['service', 'register', 'api', '[::1]:80', '--id', 'one', '--keep'], { endpoints });
  await until('the registration', () => keep.stderr().includes('until Ctrl-C'));
  expect(await client.registry.lookup('api')).toMatchObject([{ address: '::1', port: 80 }]);
  keep.process.kill('SIGINT');
  expect(await keep.ended).toMatchObject({ stdout: 'one\n' });
  await until('both events', () => watch.stdout().includes('DEREGISTER'));
  watch.process.kill('SIGINT');
  const { status, stdout } = await watch.ended;
  expect(status).toBe(130);
  expect(stdout).toBe('REGISTER api/one rev=1 [::1]:80\nDEREGISTER api/one rev=2 [::1]:80 (requested)\n');
});
