/**
 * Reads a LevelDB database from front to back and ends: for a database that may take the process
 * with it (LevelDB stops at some damage with SIGABRT, which nothing can catch).
 */
import { Level } from 'level';
import { present } from '../../base/assert.ts';

const directory = present(process.argv[2], 'the directory is told');
const level = new Level<string, Uint8Array>(directory, { createIfMissing: false });
try {
  await level.open();
  const iterator = level.iterator({ keyEncoding: 'utf8', valueEncoding: 'view', fillCache: false });
  while ((await iterator.nextv(1000)).length > 0);
  await iterator.close();
  await level.close();
} catch {
  // Damage that can be told is found again, and told, by who reads next.
  process.exitCode = 1;
}
