import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { kvorum } from './command.ts';

let directory = '';

/** The example of the README, as it stands there. */
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'kvorum-simulation-'));
  writeFileSync(join(directory, 'package.json'), '{ "type": "module" }');
  mkdirSync(join(directory, 'node_modules'));
  symlinkSync(resolve('.'), join(directory, 'node_modules', 'kvorum'));
  const readme = readFileSync('README.md', 'utf8');
  for (const name of ['counter.js', 'counter-simulation.js']) {
    const [, text = ''] = readme.split(`// ${name}\n`);
    writeFileSync(join(directory, name), text.split('```')[0] ?? '');
  }
});

afterAll(() => rmSync(directory, { recursive: true, force: true }));

test("a user's own simulation runs from a file", { timeout: 60_000 }, async () => {
  const file = join(directory, 'counter-simulation.js');
  const args = ['sim', '--test', file, '--seed', '1', '--seeds', '4', '--seconds', '10', '--json'];
  const { stdout, status } = await kvorum(...args);
  expect(JSON.parse(stdout)).toMatchObject({ seeds: 4, failed: 0 });
  expect(status).toBe(0);
});

test('a file without a simulation is refused by name', { timeout: 60_000 }, async () => {
  const { stderr, status } = await kvorum('sim', '--test', join(directory, 'counter.js'), '--seeds', '2');
  expect(stderr).toContain('does not export a function `simulation`');
  expect(status).not.toBe(0);
});
