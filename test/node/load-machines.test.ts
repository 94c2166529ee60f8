import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadMachines } from '../../src/node/load-machines.ts';

let directory = '';

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kvorum-machines-'));
});

afterAll(() => rm(directory, { recursive: true, force: true }));

async function fileWith(name: string, text: string): Promise<string> {
  const path = join(directory, name);
  await writeFile(path, text);
  return path;
}

const MACHINE = '{ name: "m", parseCommand() {}, parseQuery() {}, apply() {}, query() {} }';

test('every machine that a module exports is found, under any name', async () => {
  const path = await fileWith(
    'good.mjs',
    `export const some = 1; export const m = ${MACHINE}; export default ${MACHINE};`,
  );
  expect((await loadMachines([path])).map(({ name }) => name)).toEqual(['m', 'm']);
});

test('a module without a machine is refused by name', async () => {
  const path = await fileWith('none.mjs', 'export const some = 1;');
  await expect(loadMachines([path])).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: expect.stringContaining('none.mjs'),
  });
});

test('a module that does not load is refused with the reason', async () => {
  const path = await fileWith('broken.mjs', 'throw new Error("no luck");');
  await expect(loadMachines([path])).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: expect.stringContaining('no luck'),
  });
});
