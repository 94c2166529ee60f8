import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { Scenario } from './scenario.ts';
import { ETCD_DATA, ETCD_PAPER, renderTable } from './table.ts';

/**
 * Every file is a scenario: a comment that says what it shows, then blocks of commands, `----`, and
 * what they print, up to an empty line. `UPDATE=1` writes what is printed now; review it as a diff.
 */
const directory = new URL('.', import.meta.url);
const files = readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((file) =>
  file.endsWith('.txt'),
);
const isUpdate = process.env['UPDATE'] === '1';

const textOf = (file: string): string => readFileSync(new URL(file, directory), 'utf8');

/** The file holds what is given, or is made to. */
function expectFile(file: string, text: string): void {
  if (isUpdate) writeFileSync(new URL(file, directory), text);
  else expect(text).toBe(textOf(file));
}

/** The file with what its commands print now. */
function play(text: string): string {
  const scenario = new Scenario();
  const blocks = text.trimEnd().split(/\n\n+/);
  return `${blocks.map((block) => playBlock(scenario, block)).join('\n\n')}\n`;
}

function playBlock(scenario: Scenario, block: string): string {
  const [head = ''] = block.split(/^----$/m);
  const lines = head.trimEnd().split('\n');
  const commands = lines.filter((line) => line !== '' && !line.startsWith('#'));
  if (commands.length === 0) return lines.join('\n');
  return [...lines, '----', scenario.run(commands)].join('\n');
}

test.each(files.map((file) => file.slice(0, -'.txt'.length)))('scenario %s', (name) => {
  const text = textOf(`${name}.txt`);
  expectFile(`${name}.txt`, play(text));
});

test('the table names every scenario and its claim', () => {
  expectFile('README.md', renderTable(textOf, files));
});

test('each scenario of etcd’s raft has one of ours with its name', () => {
  const ours = new Set(files);
  const wanted = [
    ...ETCD_DATA.map((name) => `etcd-data/${name}.txt`),
    ...ETCD_PAPER.map((name) => `etcd-paper/${name}.txt`),
  ];
  expect(wanted).toHaveLength(54);
  expect(wanted.filter((file) => !ours.has(file))).toEqual([]);
});
