import { parseArgs, type ParseArgsConfig } from 'node:util';

type Options = NonNullable<ParseArgsConfig['options']>;
type Values<T extends Options> = ReturnType<typeof parseArgs<{ options: T }>>['values'];

/** What `kvorum` says of wrong usage too. */
const BAD_USAGE = 2;

/**
 * The flags of a script that npm starts. With `--help` it lists them and ends; with one that it does not
 * know it says so, and ends with status 2.
 *
 * @param script - its name in package.json
 */
export function scriptFlags<const T extends Options>(script: string, options: T): Values<T> {
  const help = `npm run ${script} [-- FLAGS]\n\n${Object.entries(options).map(line).join('\n')}`;
  try {
    const asked = parseArgs({ options: { ...options, help: { type: 'boolean', short: 'h' } } });
    const { help: isHelp, ...values } = asked.values as Values<T> & { help?: boolean };
    if (isHelp !== true) return values as unknown as Values<T>;
    console.info(help);
    process.exit(0);
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${help}`);
    process.exit(BAD_USAGE);
  }
}

function line([name, { type, default: otherwise }]: [string, Options[string]]): string {
  if (type === 'boolean') return `  --${name}`;
  const flag = `  --${name} VALUE`;
  return otherwise === undefined ? flag : `${flag.padEnd(FLAG_WIDTH)} ${String(otherwise)} unless told`;
}

const FLAG_WIDTH = 24;
