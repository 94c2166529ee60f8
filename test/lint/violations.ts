/** One planted violation for each rule that the design leans on, at a path where the rule must hold. */
export interface Violation {
  readonly path: string;
  readonly source: string;
  /** As the linter names it. */
  readonly rule: string;
}

const FORBIDDEN_GLOBALS: Readonly<Record<string, string>> = {
  Date: 'export const now = (): number => Date.now();',
  Promise: 'export const done = Promise.resolve(1);',
  setTimeout: 'export const later = (): unknown => setTimeout(() => undefined, 1);',
  setInterval: 'export const often = (): unknown => setInterval(() => undefined, 1);',
  setImmediate: 'export const soon = (): unknown => setImmediate(() => undefined);',
  queueMicrotask: 'export const next = (): void => queueMicrotask(() => undefined);',
  process: 'export const home = (): unknown => process.env;',
  performance: 'export const now = (): number => performance.now();',
  console: 'export const say = (): void => console.log(1);',
  crypto: 'export const id = (): string => crypto.randomUUID();',
  fetch: 'export const get = (): unknown => fetch("http://localhost");',
  globalThis: 'export const all: unknown = globalThis;',
};

const lines = (count: number): string => 'value += 1;\n'.repeat(count);

export const INSIDE: readonly string[] = ['base', 'raft', 'machine', 'replica'];

const inTheRings: readonly Violation[] = INSIDE.flatMap((ring) => [
  ...Object.entries(FORBIDDEN_GLOBALS).map(([name, source]) => ({
    path: `src/${ring}/uses-${name}.ts`,
    source,
    rule: 'no-restricted-globals',
  })),
  {
    path: `src/${ring}/random.ts`,
    source: 'export const roll = (): number => Math.random();',
    rule: 'no-restricted-properties',
  },
  {
    path: `src/${ring}/async.ts`,
    source: 'export async function later(): Promise<void> { await undefined; }',
    rule: 'no-async-await',
  },
  importing(ring, 'node:fs'),
  importing(ring, 'ws'),
  importing(ring, 'level'),
]);

function importing(folder: string, target: string): Violation {
  const name = target.replaceAll(/[^a-z]+/g, '-');
  return {
    path: `src/${folder}/imports-${name}.ts`,
    source: `import { thing } from '${target}';\nexport const copy: unknown = thing;`,
    rule: 'no-restricted-imports',
  };
}

/** An arrow that points outward, or between two folders that must not know each other. */
const againstTheArrows: readonly Violation[] = [
  ...['raft', 'machine', 'replica', 'wire', 'node'].map((to) => importing('base', `../${to}/thing.ts`)),
  ...['machine', 'replica', 'wire', 'storage', 'node', 'client'].map((to) =>
    importing('raft', `../${to}/thing.ts`),
  ),
  ...['raft', 'replica', 'wire', 'storage', 'node', 'client'].map((to) =>
    importing('machine', `../${to}/thing.ts`),
  ),
  importing('machine/kv', '../../raft/thing.ts'),
  importing('machine/kv', '../../replica/thing.ts'),
  ...['wire', 'storage', 'transport', 'node', 'simulation', 'client'].map((to) =>
    importing('replica', `../${to}/thing.ts`),
  ),
  ...['wire', 'storage', 'transport'].flatMap((from) =>
    ['node', 'simulation', 'client'].map((to) => importing(from, `../${to}/thing.ts`)),
  ),
  ...['raft', 'replica', 'storage', 'transport', 'node', 'simulation'].map((to) =>
    importing('client', `../${to}/thing.ts`),
  ),
  ...['node', 'simulation'].flatMap((from) =>
    ['../client', '../../cli', '../../cluster', '../../bench', '../../test'].map((to) =>
      importing(from, `${to}/thing.ts`),
    ),
  ),
];

const anywhere: readonly Violation[] = [
  { path: 'src/node/default.ts', source: 'export default 1;', rule: 'no-default-export' },
  {
    path: 'src/node/floating.ts',
    source:
      'async function work(): Promise<void> { await undefined; }\nexport function start(): void { work(); }',
    rule: 'no-floating-promises',
  },
  {
    path: 'src/node/misused.ts',
    source: `interface Source { on(name: string, listener: (data: string) => void): void }
export function listen(source: Source): void { source.on('data', async () => { await undefined; }); }`,
    rule: 'no-misused-promises',
  },
  {
    path: 'src/raft/exhaustive.ts',
    source: `type Kind = 'a' | 'b';
export function name(kind: Kind): string { switch (kind) { case 'a': return 'A'; } return ''; }`,
    rule: 'switch-exhaustiveness-check',
  },
  { path: 'src/wire/any.ts', source: 'export const value: any = 1;', rule: 'no-explicit-any' },
  {
    path: 'src/wire/non-null.ts',
    source: 'export const first = (list: readonly number[]): number => list[0]!;',
    rule: 'no-non-null-assertion',
  },
  {
    path: 'src/wire/type-import.ts',
    source: "import { Shape } from './shape.ts';\nexport const shape: Shape = { side: 1 };",
    rule: 'consistent-type-imports',
  },
  {
    path: 'src/raft/cycle-one.ts',
    source: "import { two } from './cycle-two.ts';\nexport const one = (): number => two();",
    rule: 'no-cycle',
  },
  {
    path: 'src/raft/long-function.ts',
    source: `export function long(): number {\nlet value = 0;\n${lines(70)}return value;\n}`,
    rule: 'max-lines-per-function',
  },
  { path: 'src/raft/long-file.ts', source: `export let value = 0;\n${lines(400)}`, rule: 'max-lines' },
  { path: 'test/long-file.ts', source: `export let value = 0;\n${lines(400)}`, rule: 'max-lines' },
  ...['wire', 'storage', 'transport', 'node', 'client'].map((folder) => ({
    path: `src/${folder}/prints.ts`,
    source: 'console.log(1);\nexport {};',
    rule: 'no-console',
  })),
];

export const VIOLATIONS: readonly Violation[] = [...inTheRings, ...againstTheArrows, ...anywhere];

/** Files that break no rule: what the rings may do. */
export const ALLOWED: readonly Pick<Violation, 'path' | 'source'>[] = [
  { path: 'src/wire/shape.ts', source: 'export interface Shape { readonly side: number }' },
  ...INSIDE.map((ring) => ({ path: `src/${ring}/thing.ts`, source: 'export const thing = 1;' })),
  ...[
    ['base', './thing.ts'],
    ['raft', '../base/thing.ts'],
    ['raft', './thing.ts'],
    ['machine', '../base/thing.ts'],
    ['machine', 'sorted-btree'],
    ['machine/kv', '../thing.ts'],
    ['machine/kv', '../../base/thing.ts'],
    ['replica', '../base/thing.ts'],
    ['replica', '../raft/thing.ts'],
    ['replica', '../machine/thing.ts'],
    ['wire', '../machine/thing.ts'],
    ['wire', 'msgpackr'],
    ['storage', 'node:fs'],
    ['transport', '../wire/shape.ts'],
    ['client', '../wire/shape.ts'],
    ['client', '../machine/thing.ts'],
    ['client', '../base/thing.ts'],
    ['node', '../replica/thing.ts'],
    ['node', '../transport/thing.ts'],
    ['simulation', '../replica/thing.ts'],
  ].map(([folder = '', target = '']) => {
    const { path, source } = importing(folder, target);
    return { path: path.replace('imports', 'may-import'), source };
  }),
];
