import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { filesOf } from './plant.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const patches = readdirSync(new URL('.', import.meta.url)).filter((file) => file.endsWith('.patch'));

test('every planted bug can be planted in the present sources', () => {
  const stale = patches.filter((patch) => {
    try {
      execFileSync('git', ['apply', '-C1', '--check', `test/mutants/${patch}`], { cwd: root, stdio: 'pipe' });
      return false;
    } catch {
      return true;
    }
  });
  expect(stale).toEqual([]);
});

test('there are a hundred of them, each with a line that says what it is', () => {
  expect(patches.length).toBeGreaterThanOrEqual(100);
  for (const patch of patches) {
    const text = readFileSync(new URL(patch, import.meta.url), 'utf8');
    expect(text).toMatch(/^# \S.*\.\n--- a\/src\//);
    expect(filesOf(text).length).toBeGreaterThan(0);
  }
});
