import type { Parsed } from '../machine.ts';
import { type Fields, parseUnion, type Readers, readText, type TextLimits } from '../parse.ts';
import {
  ADDRESS_LENGTH_MAX,
  DEREGISTER_AFTER_DEFAULT_MS,
  DEREGISTER_AFTER_MAX_MS,
  DEREGISTER_AFTER_MIN_MS,
  INSTANCE_TTL_DEFAULT_MS,
  INSTANCE_TTL_MAX_MS,
  INSTANCE_TTL_MIN_MS,
  LOOKUP_LIMIT_MAX,
  META_FIELDS_MAX,
  META_NAME_LENGTH_MAX,
  META_VALUE_LENGTH_MAX,
  NAME_LENGTH_MAX,
  TAG_LENGTH_MAX,
  TAGS_MAX,
} from './registry-limits.ts';
import type { RegistryCommand, RegistryQuery } from './registry-types.ts';

export function parseRegistryCommand(value: unknown): Parsed<RegistryCommand> {
  return parseUnion('registry command', value, COMMANDS);
}

export function parseRegistryQuery(value: unknown): Parsed<RegistryQuery> {
  return parseUnion('registry query', value, QUERIES);
}

const RULE = 'letters, digits, dots, dashes and underscores, with a letter or digit first';
/** Names stand in keys, with a slash between them: they hold none. */
const NAME: TextLimits = {
  min: 1,
  max: NAME_LENGTH_MAX,
  pattern: /^[A-Za-z0-9][A-Za-z0-9._-]*$/,
  rule: RULE,
};
const META_NAME: TextLimits = { ...NAME, max: META_NAME_LENGTH_MAX };
const META_VALUE: TextLimits = { min: 0, max: META_VALUE_LENGTH_MAX };
const TAG: TextLimits = { min: 1, max: TAG_LENGTH_MAX };
const ADDRESS: TextLimits = {
  min: 1,
  max: ADDRESS_LENGTH_MAX,
  pattern: /^[A-Za-z0-9:._%-]+$/,
  rule: 'a host name or an IP address',
};

const COMMANDS: Readers<RegistryCommand> = {
  register: (fields) => ({
    kind: 'register',
    service: fields.text('service', NAME),
    id: fields.text('id', NAME),
    address: fields.text('address', ADDRESS),
    port: fields.integer('port', { min: 1, max: 65_535 }),
    tags: readTags(fields),
    meta: readMeta(fields),
    ttlMs: fields.either('ttlMs', INSTANCE_TTL_DEFAULT_MS, (name) =>
      fields.integer(name, { min: INSTANCE_TTL_MIN_MS, max: INSTANCE_TTL_MAX_MS }),
    ),
    deregisterAfterMs: fields.either('deregisterAfterMs', DEREGISTER_AFTER_DEFAULT_MS, (name) =>
      fields.integer(name, { min: DEREGISTER_AFTER_MIN_MS, max: DEREGISTER_AFTER_MAX_MS }),
    ),
  }),
  deregister: (fields) => ({
    kind: 'deregister',
    service: fields.text('service', NAME),
    id: fields.text('id', NAME),
  }),
  heartbeat: (fields) => ({
    kind: 'heartbeat',
    service: fields.text('service', NAME),
    id: fields.text('id', NAME),
  }),
};

const QUERIES: Readers<RegistryQuery> = {
  services: (fields) => ({ kind: 'services', after: readAfter(fields), limit: readLimit(fields) }),
  lookup: (fields) => ({
    kind: 'lookup',
    service: fields.text('service', NAME),
    tags: readTags(fields),
    meta: readMeta(fields),
    passingOnly: fields.either('passingOnly', false, (name) => fields.boolean(name)),
    after: readAfter(fields),
    limit: readLimit(fields),
  }),
};

function readTags(fields: Fields): readonly string[] {
  return fields.either('tags', [], (name) => [...new Set(fields.list(name, { max: TAGS_MAX }, readTag))]);
}

function readTag(path: string, item: unknown): string {
  return readText(path, item, TAG);
}

function readMeta(fields: Fields): Readonly<Record<string, string>> {
  return fields.either('meta', {}, (name) =>
    fields.texts(name, { max: META_FIELDS_MAX }, META_NAME, META_VALUE),
  );
}

function readAfter(fields: Fields): string {
  return fields.either('after', '', (name) => fields.text(name, NAME));
}

function readLimit(fields: Fields): number {
  return fields.either('limit', LOOKUP_LIMIT_MAX, (name) =>
    fields.integer(name, { min: 1, max: LOOKUP_LIMIT_MAX }),
  );
}
