#!/usr/bin/env node
/** The command line: one file per command below this folder, the data commands and those that run nodes. */
import { Command, CommanderError } from 'commander';
import { addClusterCommand } from './cluster.ts';
import { addDeleteCommand } from './delete.ts';
import { EXIT, EXIT_STATUS_HELP } from './exit-status.ts';
import { addGetCommand } from './get.ts';
import { addNodeCommand } from './node.ts';
import { endOnClosedPipe } from './output.ts';
import { addPutCommand } from './put.ts';
import { addServiceCommand } from './service.ts';
import { addShopCommand } from './shop.ts';
import { addSimCommand } from './sim.ts';
import { addStatusCommand } from './status.ts';
import { addWatchCommand } from './watch.ts';
import { readVersion } from './version.ts';

const HINT = 'Add --help to see how it is used.';

const EXAMPLES = `
Examples:
  $ kvorum cluster start
  $ kvorum put greeting hi
  $ kvorum watch --prefix ''

${EXIT_STATUS_HELP}`;

await main();

async function main(): Promise<void> {
  endOnClosedPipe();
  try {
    await createProgram().parseAsync();
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // Help that was asked for is no error; help that was not is.
    process.exitCode = error.exitCode === 0 ? EXIT.done : EXIT.badUsage;
  }
}

function createProgram(): Command {
  const program = new Command('kvorum')
    .description('A replicated, strongly consistent key-value store')
    .version(readVersion(), '-V, --version', 'print the version')
    .exitOverride()
    .showHelpAfterError(wantsJson() ? false : HINT)
    .showSuggestionAfterError()
    .configureOutput({ outputError: writeUsageError })
    .addHelpText('after', EXAMPLES);
  addGetCommand(program);
  addPutCommand(program);
  addDeleteCommand(program);
  addWatchCommand(program);
  addStatusCommand(program);
  addServiceCommand(program);
  addShopCommand(program);
  addNodeCommand(program);
  addClusterCommand(program);
  addSimCommand(program);
  return program;
}

/** `error: …` and its code, in the same form as every other error. */
function writeUsageError(text: string, write: (text: string) => void): void {
  const [first = '', ...rest] = text.trimEnd().split('\n');
  const more = rest.length === 0 ? '' : `${rest.join('\n')}\n`;
  if (!wantsJson()) {
    write(`${first} (BAD_USAGE)\n${more}`);
    return;
  }
  const message = [first.replace(/^error: /, ''), ...rest].join(' ');
  write(
    `${JSON.stringify({ error: { code: 'BAD_USAGE', message, outcome: 'not-applied', advice: HINT } })}\n`,
  );
}

/** Usage errors come before the flags are known. */
function wantsJson(): boolean {
  return process.argv.includes('--json');
}
