/** `kvorum node` as a process: its exit codes, and what it says. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { until } from './raw-client.ts';
import { freePorts } from './test-cluster.ts';

let directory: string;
let port: number;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kvorum-command-'));
  [port = 0] = await freePorts(1);
});

afterAll(async () => {
  await rm(directory, { recursive: true, force: true });
});

interface Run {
  /** All that it wrote on stderr. */
  text: string;
  code: number | undefined;
  kill(signal: 'SIGTERM' | 'SIGINT' | 'SIGKILL'): void;
}

function run(flags: readonly string[], env: Readonly<Record<string, string>> = {}): Run {
  const program = new URL('../../dist/cli/kvorum.js', import.meta.url).pathname;
  const child = spawn(process.execPath, [program, 'node', ...flags], { env: { ...process.env, ...env } });
  const state: Run = { text: '', code: undefined, kill: (signal) => void child.kill(signal) };
  child.stderr.on('data', (data: Buffer) => (state.text += data.toString()));
  child.on('close', (code, signal) => (state.code = code ?? (signal === null ? -1 : 128)));
  return state;
}

const ended = (child: Run): Promise<number> => until(`the end, after ${child.text}`, () => child.code);
const flags = (): readonly string[] => [
  '--id=1',
  `--members=1=127.0.0.1:${port}`,
  '--cluster-id=c',
  `--dir=${join(directory, 'n1')}`,
];

test('a node starts by its flags, logs JSON, and a signal ends it with 0', async () => {
  const node = run(flags());
  await until('it leads', () => node.text.includes('"role":"leader"') || undefined);
  const second = run(flags());
  expect(await ended(second)).toBe(4);
  expect(second.text).toContain('DIRECTORY_LOCKED');
  const other = run([...flags().slice(0, 3), `--dir=${join(directory, 'n2')}`]);
  expect(await ended(other)).toBe(5);
  expect(other.text).toContain('PORT_IN_USE');
  node.kill('SIGTERM');
  expect(await ended(node)).toBe(0);
  const lines = node.text.trimEnd().split('\n');
  const events = lines.map((line) => (JSON.parse(line) as { event: string }).event);
  expect(events.slice(0, 1)).toEqual(['node started']);
  expect(events.at(-1)).toBe('stopped');
});

test('variables do as well as flags, and flags win', async () => {
  const env = {
    KVORUM_ID: '9',
    KVORUM_MEMBERS: `1=127.0.0.1:${port}`,
    KVORUM_CLUSTER_ID: 'c',
    KVORUM_DIR: join(directory, 'n3'),
    KVORUM_LOG: 'text',
  };
  const wrong = run([], env);
  expect(await ended(wrong)).toBe(3);
  expect(wrong.text).toContain('CONFIG_INVALID');
  const right = run(['--id=1'], env);
  await until('it leads', () => right.text.includes('role=leader') || undefined);
  right.kill('SIGINT');
  expect(await ended(right)).toBe(0);
});

test('a command line that makes no sense ends with 2', async () => {
  for (const wrong of [['--nonsense'], ['--id=x'], ['--members=nothing'], ['--id=1']]) {
    expect(await ended(run(wrong))).toBe(2);
  }
});
