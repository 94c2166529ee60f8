import { Command } from 'commander';
import { expect, test } from 'vitest';
import { formatTable } from '../../cli/output.ts';
import { shorten, toJsonBytes, toLine, toWord } from '../../cli/bytes-text.ts';
import { parseTime } from '../../cli/data-command.ts';
import { addGetCommand } from '../../cli/get.ts';
import { EXIT_STATUS } from '../../cli/exit-status.ts';
import { ERROR_FACTS } from '../../src/base/errors.ts';
import { run } from './run-cli.ts';

test.each([
  [['gte', 'a'], /unknown command 'gte'.*\(BAD_USAGE\)\n\(Did you mean get\?\)\nAdd --help/],
  [['get', 'a', '--jsn'], /unknown option '--jsn'.*\(BAD_USAGE\)\n\(Did you mean --json\?\)\nAdd --help/],
  [['put', 'a'], /missing required argument 'value'/],
  [['put', 'a', 'b', 'c'], /too many arguments/],
  [['get', 'a', '--timeout', 'soon'], /A time is a number with ms, s, m or h/],
  [['get', 'a', '--endpoints', 'nowhere'], /an endpoint is host:port, not "nowhere" \(CONFIG_INVALID\)/],
  [['get'], /give either a key or --prefix/],
  [['watch', 'a', '--prefix', 'b'], /give either a key or --prefix/],
  [['put', 'a', '@/does/not/exist'], /no such file.*\(ENOENT\)/],
  [['get', ''], /a key holds 1 to 65536 bytes, not 0 \(KEY_INVALID\)/],
  [['service', 'register', 'api', 'nowhere'], /an address is host:port/],
  [['shop', 'order', 'pay', 'x'], /an id is a whole number/],
  [['shop', 'order', 'payy', '1'], /Did you mean pay\?/],
])('%j is bad usage', async (args, message) => {
  const { status, stdout, stderr } = await run(args);
  expect(stderr.replaceAll('\n', '\n')).toMatch(message);
  expect(status).toBe(2);
  expect(stdout).toBe('');
});

test('bad usage is told as JSON too', async () => {
  const { status, stderr } = await run(['get', 'a', '--jsn', '--json']);
  expect(status).toBe(2);
  expect(JSON.parse(stderr)).toMatchObject({ error: { code: 'BAD_USAGE', outcome: 'not-applied' } });
});

test('without a command the help is shown, and nothing was done', async () => {
  const { status, stderr } = await run([]);
  expect(status).toBe(2);
  expect(stderr).toContain('Usage: kvorum');
});

test('the version and help are data', async () => {
  expect(await run(['--version'])).toMatchObject({ status: 0, stderr: '' });
  const { status, stdout } = await run(['put', '--help']);
  expect(status).toBe(0);
  for (const part of [
    'Usage: kvorum put',
    'Examples:',
    'KVORUM_ENDPOINTS',
    'KVORUM_TIMEOUT',
    'Exit status: 0 done',
  ]) {
    expect(stdout).toContain(part);
  }
});

test('every error code has an exit status', () => {
  expect(Object.keys(EXIT_STATUS).toSorted()).toEqual(Object.keys(ERROR_FACTS).toSorted());
  expect(EXIT_STATUS).toMatchObject({
    UNREACHABLE: 3,
    TIMEOUT: 4,
    SESSION_EXPIRED: 4,
    DENIED: 5,
    REVISION_COMPACTED: 6,
    ABORTED: 130,
  });
});

test('times have a unit, or are seconds', () => {
  expect(['500ms', '5s', '1.5s', '2m', '1h', '3'].map(parseTime)).toEqual([
    500, 5_000, 1_500, 120_000, 3_600_000, 3_000,
  ]);
  for (const text of ['', '0', '-1s', '5 s', '5d']) expect(() => parseTime(text)).toThrow('A time is');
});

test('a table is aligned, whatever the width of the characters in code units', () => {
  expect(
    formatTable(
      ['A', 'LONG'],
      [
        ['🦊🦊', 'x'],
        ['b', 'y'],
      ],
    ),
  ).toEqual(['A   LONG', '🦊🦊  x', 'b   y']);
});

test('bytes on a line never break it', () => {
  expect(toLine(bytes('plain ü'))).toBe('plain ü');
  expect(toLine(bytes('a\tb\u0085'))).toBe('"a\\tb\u0085"');
  expect(toLine(Uint8Array.from([255]))).toBe('base64:/w==');
  expect(toWord(bytes('two words'))).toBe('"two words"');
  expect(toJsonBytes(bytes('ü'))).toBe('ü');
  expect(shorten('abcdef', 4)).toBe('abc…');
});

test('a data command knows its flags', () => {
  const program = new Command();
  addGetCommand(program);
  const flags = program.commands[0]?.options.map((option) => option.long);
  expect(flags).toEqual(
    expect.arrayContaining([
      '--endpoints',
      '--timeout',
      '--json',
      '--prefix',
      '--consistency',
      '--max-stale',
      '--from',
    ]),
  );
});

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
