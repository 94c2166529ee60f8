#!/usr/bin/env node
/** The command line: one file per command below this folder, the data commands and those that run nodes. */
import { Command, CommanderError } from 'commander';
import { EXIT, EXIT_STATUS_HELP } from './exit-status.ts';
import { endOnClosedPipe } from './output.ts';
import { readVersion } from './version.ts';

type AddCommand = (program: Command) => void;

/** In the order of the help page; loaded when needed, since a command should start at once. */
const COMMANDS: Readonly<Record<string, () => Promise<AddCommand>>> = {
  get: async () => (await import('./get.ts')).addGetCommand,
  put: async () => (await import('./put.ts')).addPutCommand,
  delete: async () => (await import('./delete.ts')).addDeleteCommand,
  watch: async () => (await import('./watch.ts')).addWatchCommand,
  status: async () => (await import('./status.ts')).addStatusCommand,
  stages: async () => (await import('./stages.ts')).addStagesCommand,
  service: async () => (await import('./service.ts')).addServiceCommand,
  shop: async () => (await import('./shop.ts')).addShopCommand,
  member: async () => (await import('./member.ts')).addMemberCommand,
  leader: async () => (await import('./leader.ts')).addLeaderCommand,
  node: async () => (await import('./node.ts')).addNodeCommand,
  cluster: async () => (await import('./cluster.ts')).addClusterCommand,
  sim: async () => (await import('./sim.ts')).addSimCommand,
};

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
    const program = createProgram();
    for (const add of await loadCommands(process.argv[2] ?? '')) add(program);
    await program.parseAsync();
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // Help that was asked for is no error; help that was not is.
    process.exitCode = error.exitCode === 0 ? EXIT.done : EXIT.badUsage;
  }
}

function createProgram(): Command {
  return new Command('kvorum')
    .description('A replicated, strongly consistent key-value store')
    .version(readVersion(), '-V, --version', 'print the version')
    .exitOverride()
    .showHelpAfterError(wantsJson() ? false : HINT)
    .showSuggestionAfterError()
    .configureOutput({ outputError: writeUsageError })
    .addHelpText('after', EXAMPLES);
}

/** The one that the first word names; all of them for help, and to find what a wrong word may mean. */
function loadCommands(word: string): Promise<readonly AddCommand[]> {
  const named = Object.hasOwn(COMMANDS, word) ? COMMANDS[word] : undefined;
  const wanted = named === undefined ? Object.values(COMMANDS) : [named];
  return Promise.all(wanted.map((load) => load()));
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
