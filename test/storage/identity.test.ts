import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { expect, test } from 'vitest';
import type { Identity } from '../../src/storage/identity.ts';
import { checkIdentity, drawIncarnation, readIdentity, writeIdentity } from '../../src/storage/identity.ts';
import { inTemporaryDirectory } from './temporary-directory.ts';

const IDENTITY: Identity = {
  clusterId: 'shop',
  nodeId: 2,
  address: '127.0.0.1:7402',
  incarnation: drawIncarnation(),
  peers: new Map([
    [1, 'aa'],
    [3, 'bb'],
  ]),
  joined: undefined,
  removed: false,
};

const JOINED: Identity = {
  ...IDENTITY,
  joined: {
    members: [{ id: 1, address: '127.0.0.1:7401' }],
    isNew: true,
    wantsVote: true,
    replaces: 3,
  },
};

test('an identity comes back, and an empty directory has none', async () => {
  await inTemporaryDirectory(async (parent) => {
    const directory = join(parent, 'data');
    expect(await readIdentity(directory)).toBeUndefined();
    await writeIdentity(directory, { ...IDENTITY, peers: undefined });
    expect(await readIdentity(directory)).toStrictEqual({ ...IDENTITY, peers: undefined });
    await writeIdentity(directory, IDENTITY);
    expect(await readIdentity(directory)).toStrictEqual(IDENTITY);
    await writeIdentity(directory, { ...IDENTITY, peers: new Map() });
    expect((await readIdentity(directory))?.peers).toStrictEqual(new Map());
    await writeIdentity(directory, JOINED);
    expect(await readIdentity(directory)).toStrictEqual(JOINED);
    await writeIdentity(directory, { ...IDENTITY, removed: true });
    expect((await readIdentity(directory))?.removed).toBe(true);
    expect((await stat(directory)).mode & 0o777).toBe(0o700);
    expect((await stat(join(directory, 'identity.json'))).mode & 0o777).toBe(0o600);
  });
});

test('every changed byte of the fields is refused, never taken for an empty directory', async () => {
  await inTemporaryDirectory(async (directory) => {
    await writeIdentity(directory, IDENTITY);
    const path = join(directory, 'identity.json');
    await rm(join(directory, 'identity.copy.json'));
    const text = await readFile(path);
    for (let at = 0; at < text.length; at++) {
      const damaged = Buffer.from(text);
      damaged.writeUInt8((damaged[at] ?? 0) ^ 1, at);
      await writeFile(path, damaged);
      const found = await readIdentity(directory).catch((error: unknown) => error);
      // Only a space between the fields may change without harm.
      if (found instanceof Error) expect(found).toMatchObject({ code: 'DIRECTORY_MISMATCH' });
      else expect(found).toStrictEqual(IDENTITY);
    }
    for (const text of ['', '{}', 'null', '[1]', '"x"']) {
      await writeFile(path, text);
      await expect(readIdentity(directory)).rejects.toMatchObject({ code: 'DIRECTORY_MISMATCH' });
    }
  });
});

test('an identity with a damaged byte, or without its file, is repaired from its copy', async () => {
  await inTemporaryDirectory(async (directory) => {
    await writeIdentity(directory, IDENTITY);
    const path = join(directory, 'identity.json');
    const text = await readFile(path, 'utf8');
    await writeFile(path, text.replace('shop', 'shoq'));
    expect(await readIdentity(directory)).toStrictEqual(IDENTITY);
    expect(await readFile(path, 'utf8')).toBe(text);
    await rm(path);
    expect(await readIdentity(directory)).toStrictEqual(IDENTITY);
    await writeFile(join(directory, 'identity.copy.json'), text.replace('shop', 'shoq'));
    expect(await readIdentity(directory)).toStrictEqual(IDENTITY);
    await writeFile(path, text.replace('shop', 'shoq'));
    expect(await readIdentity(directory)).toStrictEqual(IDENTITY);
  });
});

test('an identity of the first format is read', async () => {
  await inTemporaryDirectory(async (directory) => {
    const body =
      '{"version":1,"clusterId":"shop","nodeId":2,"incarnation":"cc","formed":true,"peers":{"1":"aa"}';
    const checksum = crc32(`${body}}`);
    await writeFile(join(directory, 'identity.json'), `${body},"checksum":${checksum}}`);
    const peers = new Map([[1, 'aa']]);
    const expected = { ...IDENTITY, address: '', incarnation: 'cc', peers };
    expect(await readIdentity(directory)).toStrictEqual(expected);
  });
});

test('a later format is refused as such', async () => {
  await inTemporaryDirectory(async (directory) => {
    await writeFile(join(directory, 'identity.json'), '{"version":3,"who":"knows"}');
    await expect(readIdentity(directory)).rejects.toThrow('format 3 is of a later release');
  });
});

test('the directory of another cluster or node is refused', () => {
  checkIdentity('/data', IDENTITY, 'shop', 2);
  expect(() => checkIdentity('/data', IDENTITY, 'other', 2)).toThrow('belongs to cluster shop, not other');
  expect(() => checkIdentity('/data', IDENTITY, 'shop', 3)).toThrow('belongs to node 2, not 3');
});
