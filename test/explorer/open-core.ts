import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { assert } from '../../src/base/assert.ts';
import type { Raft } from '../../src/raft/raft.ts';

/** The rings that the core is made of. */
const RINGS = ['base', 'raft'];

/**
 * The compiled core with its private fields made plain, so that a state of it can be copied and compared
 * field by field. Nothing is listed by hand: a field that is added to the core tomorrow is copied and
 * compared as well. Otherwise the code is the real one, to the letter.
 *
 * @param build - the folder that `tsc` wrote to: `dist`, or that of a planted bug
 */
export async function loadOpenCore(build: string): Promise<typeof Raft> {
  const folder = mkdtempSync(join(tmpdir(), 'kvorum-open-core-'));
  try {
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
    for (const ring of RINGS) openRing(join(build, 'src', ring), join(folder, ring));
    const module: unknown = await import(pathToFileURL(join(folder, 'raft/raft.js')).href);
    return (module as { readonly Raft: typeof Raft }).Raft;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function openRing(from: string, to: string): void {
  cpSync(from, to, { recursive: true, filter: (file) => !file.endsWith('.map') });
  mkdirSync(to, { recursive: true });
  for (const file of readdirSync(to)) {
    if (!file.endsWith('.js')) continue;
    const text = readFileSync(join(to, file), 'utf8');
    // A getter may bear the name of its private field, so the plain name is another.
    const opened = text.replace(/\n\/\/# sourceMappingURL=.*/, '').replaceAll(/#([a-zA-Z]\w*)/g, '$$$1');
    assert(!/\bimport\(/.test(opened), 'the core imports nothing at run time');
    writeFileSync(join(to, file), opened);
  }
}
