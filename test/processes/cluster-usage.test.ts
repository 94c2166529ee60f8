/** `kvorum cluster` used wrongly: nothing is started. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { kvorum } from './command.ts';

let dir = '';

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'kvorum-usage-'));
});

afterEach(() => rmSync(dir, { recursive: true, force: true }));

test('commands on a directory without a cluster say how to make one', async () => {
  const verbs = ['status', 'stop', 'heal'];
  const outcomes = await Promise.all(verbs.map((verb) => kvorum('cluster', verb, '--dir', dir)));
  for (const outcome of outcomes) {
    expect(outcome).toMatchObject({ status: 1, stdout: '' });
    expect(outcome.stderr).toContain('kvorum cluster start');
  }
});

test('what makes no sense is bad usage', async () => {
  const lines = [['start', '--nodes', '4'], ['start', '--port', '0'], ['partition'], ['kill'], ['explode']];
  const outcomes = await Promise.all(lines.map((line) => kvorum('cluster', ...line, '--dir', dir)));
  for (const outcome of outcomes) expect(outcome).toMatchObject({ status: 2, stdout: '' });
  expect(readdirSync(dir)).toEqual([]);
});
