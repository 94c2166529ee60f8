import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished, expect, test } from 'vitest';
import { FileTimes } from '../../src/storage/log/file-times.ts';
import { nodeFileSystem } from '../../src/storage/log/node-file-system.ts';

test('what files take to write and to sync is told once, and does to them what it does without', () => {
  const directory = mkdtempSync(join(tmpdir(), 'kvorum-file-times-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const times = new FileTimes(nodeFileSystem);
  const file = times.fileSystem.create(join(directory, 'a'));
  file.write(new Uint8Array([1, 2, 3]), 0);
  file.sync();
  const { writeMs, syncMs } = times.take();
  expect(writeMs).toBeGreaterThan(0);
  expect(syncMs).toBeGreaterThan(0);
  expect(times.take()).toEqual({ writeMs: 0, syncMs: 0 });
  const target = new Uint8Array(3);
  expect([file.size(), file.read(target, 0), ...target]).toEqual([3, 3, 1, 2, 3]);
  file.close();
  expect(times.fileSystem.list(directory)).toEqual(['a']);
});
