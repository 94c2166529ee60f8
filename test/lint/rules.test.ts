/**
 * The rings, the limits and the bans of this repository are lint rules. Here each of them is shown
 * to fire: violations are planted in a tree laid out like ours, and linted with our own settings.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ALLOWED, VIOLATIONS } from './violations.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const OXLINT = join(ROOT, 'node_modules', '.bin', 'oxlint');
const TSGOLINT = join(ROOT, 'node_modules', '.bin', 'tsgolint');

interface Diagnostic {
  readonly code: string;
  readonly filename: string;
  readonly message: string;
}

let tree = '';
/** By path in the tree, the rules that fired there. */
const fired = new Map<string, string[]>();

beforeAll(() => {
  tree = mkdtempSync(join(tmpdir(), 'kvorum-lint-'));
  plant('package.json', '{ "type": "module" }');
  const options = { module: 'nodenext', target: 'es2023', strict: true, allowImportingTsExtensions: true };
  plant('tsconfig.json', JSON.stringify({ compilerOptions: { ...options, noEmit: true, types: [] } }));
  copyFileSync(join(ROOT, '.oxlintrc.json'), join(tree, '.oxlintrc.json'));
  plant(
    'src/raft/cycle-two.ts',
    "import { one } from './cycle-one.ts';\nexport const two = (): number => one();",
  );
  for (const { path, source } of [...VIOLATIONS, ...ALLOWED]) plant(path, source);
  for (const { code, filename } of lint()) {
    const rules = fired.get(filename) ?? [];
    fired.set(filename, [...rules, /\((.*)\)/.exec(code)?.[1] ?? code]);
  }
});

afterAll(() => rmSync(tree, { recursive: true, force: true }));

function plant(path: string, source: string): void {
  const at = join(tree, path);
  mkdirSync(dirname(at), { recursive: true });
  writeFileSync(at, `${source}\n`);
}

function lint(): readonly Diagnostic[] {
  const args = ['--type-aware', '--deny-warnings', '--format', 'json'];
  const env = { ...process.env, OXLINT_TSGOLINT_PATH: TSGOLINT };
  const { stdout } = spawnSync(OXLINT, args, { cwd: tree, env, encoding: 'utf8', maxBuffer: 2 ** 26 });
  const { diagnostics }: { readonly diagnostics: readonly Diagnostic[] } = JSON.parse(stdout);
  return diagnostics;
}

test.each(VIOLATIONS)('$rule fires in $path', ({ path, rule }) => {
  expect(fired.get(path)).toContain(rule);
});

test.each(ALLOWED)('nothing fires in $path', ({ path }) => {
  expect(fired.get(path)).toBeUndefined();
});
