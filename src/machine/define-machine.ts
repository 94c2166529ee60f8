import type { AnyMachine, At, MachineEvent } from './machine.ts';
import { type Fields, parseUnion, type Readers } from './parse.ts';
import type { ReadRecords, Records } from './records.ts';

/** One kind of command. */
export interface CommandDefinition<Body extends object> {
  /**
   * Reads the fields that the command bears beside its `kind`; what is not read is refused. Name the
   * type of `fields`, so that the compiler finds that of the body.
   */
  readonly parse: (fields: Fields) => Body;
  /** Changes the records and gives the result; deterministic, as `Machine` says. */
  readonly apply: (
    records: Records,
    body: Body,
    at: At,
  ) => { readonly result: unknown; readonly events?: readonly MachineEvent[] };
}

/** One kind of query. */
export interface QueryDefinition<Body extends object> {
  readonly parse: (fields: Fields) => Body;
  readonly answer: (records: ReadRecords, body: Body) => unknown;
}

type Bodies = Readonly<Record<string, object>>;

/** A machine as its author writes it: its commands and queries, by kind. */
export interface MachineDefinition<Commands extends Bodies, Queries extends Bodies> extends Pick<
  AnyMachine,
  'name' | 'expire' | 'nextDeadlineMs'
> {
  readonly commands: { readonly [Kind in keyof Commands]: CommandDefinition<Commands[Kind]> };
  readonly queries: { readonly [Kind in keyof Queries]: QueryDefinition<Queries[Kind]> };
}

/**
 * Makes a machine of one function per command and query. A client addresses them by the machine's
 * name and an object with their `kind` and their fields. The same machine must run on every node.
 */
export function defineMachine<Commands extends Bodies, Queries extends Bodies>(
  definition: MachineDefinition<Commands, Queries>,
): AnyMachine {
  const { name, expire, nextDeadlineMs } = definition;
  // Each body goes only to the functions of its own kind, which made it.
  const commands = definition.commands as unknown as Readonly<Record<string, CommandDefinition<object>>>;
  const queries = definition.queries as unknown as Readonly<Record<string, QueryDefinition<object>>>;
  const commandReaders = readersOf(commands);
  const queryReaders = readersOf(queries);
  return {
    name,
    parseCommand: (value) => parseUnion(`${name} command`, value, commandReaders),
    parseQuery: (value) => parseUnion(`${name} query`, value, queryReaders),
    apply: (records, command, at) => {
      const { kind } = command as WithKind;
      const { result, events = [] } = named(commands, kind).apply(records, command as WithKind, at);
      return { result, events };
    },
    query: (records, query) => {
      const { kind } = query as WithKind;
      return named(queries, kind).answer(records, query as WithKind);
    },
    ...(expire === undefined ? {} : { expire }),
    ...(nextDeadlineMs === undefined ? {} : { nextDeadlineMs }),
  };
}

interface WithKind {
  readonly kind: string;
}

function readersOf(
  definitions: Readonly<Record<string, { readonly parse: (fields: Fields) => object }>>,
): Readers<WithKind> {
  const readers: Record<string, (fields: Fields) => WithKind> = {};
  for (const [kind, { parse }] of Object.entries(definitions)) {
    readers[kind] = (fields) => ({ ...parse(fields), kind });
  }
  return readers;
}

function named<T>(definitions: Readonly<Record<string, T>>, kind: string): T {
  const definition = Object.hasOwn(definitions, kind) ? definitions[kind] : undefined;
  // An entry of a release that knew this kind: the machine fails, and says so.
  if (definition === undefined) throw new Error(`there is no kind ${kind}`);
  return definition;
}
