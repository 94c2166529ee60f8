import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { Scenario } from './scenario.ts';

/**
 * Every file is a scenario: a comment that says what it shows, then blocks of commands, `----`, and
 * what they print, up to an empty line. `UPDATE=1` writes what is printed now; review it as a diff.
 */
const directory = new URL('.', import.meta.url);
const files = readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((file) =>
  file.endsWith('.txt'),
);

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
  const file = new URL(`${name}.txt`, directory);
  const text = readFileSync(file, 'utf8');
  const played = play(text);
  if (process.env['UPDATE'] === '1') writeFileSync(file, played);
  else expect(played).toBe(text);
});
