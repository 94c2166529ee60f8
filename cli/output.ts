import { styleText } from 'node:util';

/** Data, for programs and for people: one line. */
export function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Data as JSON: one object on a line. */
export function printJson(value: unknown): void {
  print(JSON.stringify(value));
}

/** For people: progress and explanations, never data. */
export function note(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** A reader that has gone (`| head -1`) ends the command quietly. */
export function endOnClosedPipe(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
  process.stderr.on('error', () => undefined);
}

/** Rows in columns, the headings first, without borders; headings are dim on a terminal. */
export function printTable(headings: readonly string[], rows: readonly (readonly string[])[]): void {
  const [head = '', ...body] = formatTable(headings, rows);
  print(process.stdout.isTTY ? dim(head) : head);
  for (const line of body) print(line);
}

export function formatTable(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
): readonly string[] {
  const cells = [headings, ...rows];
  const widths = headings.map((_, column) => Math.max(...cells.map((row) => widthOf(row[column] ?? ''))));
  const pad = (cell: string, column: number): string =>
    cell + ' '.repeat(Math.max(0, (widths[column] ?? 0) - widthOf(cell)));
  return cells.map((row) => row.map(pad).join('  ').trimEnd());
}

/** In characters. */
function widthOf(cell: string): number {
  return Array.from(cell).length;
}

/** Styled on a terminal only, and not if NO_COLOR is set. */
export function dim(text: string): string {
  return styled('dim', text, process.stdout);
}

export function red(text: string): string {
  return styled('red', text, process.stderr);
}

function styled(style: 'dim' | 'red', text: string, stream: NodeJS.WriteStream): string {
  const { NO_COLOR: noColor = '' } = process.env;
  return stream.isTTY && noColor === '' ? styleText(style, text) : text;
}
