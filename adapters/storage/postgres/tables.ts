/** The tables: their names, columns and fixed statements, and the steps that make them. */
import { createHash } from 'node:crypto'
import { kindNames, kinds } from '../../../core/ports/storage.js'
import type { Envelope, Kind, KeyOf, Path } from '../../../core/ports/storage.js'
import { keyParts } from '../../../core/ports/stored-records.js'
import { countSteps } from './counts.js'

/** One statement. Parameters are text; each place casts its own. */
export interface Statement {
  /** Set: the server keeps the parsed statement for the next use on the connection. */
  readonly name?: string
  readonly text: string
  readonly values?: readonly (string | null)[]
}

/** Table of a kind. */
export const tableOf = (kind: Kind): string => `clientele_${snakeCase(kind)}`

/** Column of a key. */
export const keyColumn = (key: string): string => `key_${snakeCase(key)}`

/** All keys of a kind, the unique ones first. */
export const keysOf = (kind: Kind): readonly string[] => [...kinds[kind].unique, ...kinds[kind].indexed]

const snakeCase = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

/** Characters that PostgreSQL's text cannot hold: NUL, and surrogates without their partner. */
export const unstorable = /[\0\p{Cs}]/u

/**
 * A key as its column holds it. One that is too long for an index entry, or that no text can hold, is replaced by its
 * hash after a control character, which no key of the domain has.
 */
export function storedKey(key: string): string {
  if (key.length <= 256 && !unstorable.test(key)) return key
  return `\u0001${createHash('sha256').update(JSON.stringify(key)).digest('hex')}`
}

/** Whether a stored key may be a hash, so that the document must be asked what the key is. */
export const isHashLike = (stored: string): boolean => stored.startsWith('\u0001')
/** All hashes come before it, and hardly any other key. */
export const lastHash = '\u0002'

/** A fixed statement: named by its text, so that no two texts ever share a name on a connection. */
export function named(text: string): { readonly name: string; readonly text: string } {
  return { name: `clientele_${createHash('sha256').update(text).digest('hex').slice(0, 24)}`, text }
}

/** Statements on one kind. In all of them $1 is the list and $2 the id, if there is one. */
export interface Statements {
  /** By `id` or the name of a unique key; $2 is its value. */
  readonly get: ReadonlyMap<string, ReturnType<typeof named>>
  /** $3 document, $4 schema, then the keys. Waits for a lock for the time that is the last parameter, in milliseconds. */
  readonly insert: ReturnType<typeof named>
  /** $3 document, $4 schema, $5 new version, $6 expected version, then the keys. */
  readonly update: ReturnType<typeof named>
  /** $2 ids, $3 their expected versions. The ids that were removed come back. */
  readonly remove: ReturnType<typeof named>
  /** $3 and on: the unique keys. One row: whether another record has the id or a key, in order. */
  readonly conflicts: ReturnType<typeof named>
}

function statementsOf(kind: Kind): Statements {
  const table = tableOf(kind)
  const columns = keysOf(kind).map(keyColumn)
  const unique = kinds[kind].unique.map(keyColumn)
  const at = (first: number): string[] => columns.map((_, i) => `$${first + i}`)
  const into = ['list', 'id', 'doc', 'schema', ...columns].join(', ')
  const values = ['$1::text', '$2::text', '$3::jsonb', '$4::integer', ...at(5).map((place) => `${place}::text`)].join(
    ', ',
  )
  const sets = columns.map((column, i) => `, ${column} = ${at(7)[i]}`).join('')
  const taken = (test: string): string => `EXISTS (SELECT FROM ${table} WHERE list = $1 AND ${test})`
  return {
    get: new Map(
      ['id', ...kinds[kind].unique].map((key) => [
        key,
        named(`SELECT doc FROM ${table} WHERE list = $1 AND ${key === 'id' ? 'id' : keyColumn(key)} = $2`),
      ]),
    ),
    insert: named(
      `INSERT INTO ${table} (${into}) SELECT ${values} FROM set_config('lock_timeout', $${5 + columns.length}, true) ON CONFLICT DO NOTHING`,
    ),
    update: named(
      `UPDATE ${table} SET doc = $3, schema = $4, version = $5${sets} WHERE list = $1 AND id = $2 AND version = $6`,
    ),
    remove: named(
      `DELETE FROM ${table} AS old USING unnest($2::text[], $3::bigint[]) AS given (id, version) WHERE old.list = $1 AND old.id = given.id AND old.version = given.version RETURNING old.id`,
    ),
    conflicts: named(
      `SELECT ${[taken('id = $2'), ...unique.map((column, i) => taken(`${column} = $${3 + i} AND id <> $2`))].join(', ')}`,
    ),
  }
}

/** Statements by kind. */
export const statements = Object.fromEntries(kindNames.map((kind) => [kind, statementsOf(kind)])) as {
  readonly [K in Kind]: Statements
}

/** The statement that reads the record with this key. */
export function getStatement<K extends Kind>(list: string, kind: K, key: KeyOf<K>): Statement {
  const [name, value] = keyParts(key)
  const statement = statements[kind].get.get(name)
  if (!statement) throw new TypeError(`${kind} have no unique key ${name}`)
  return { ...statement, values: [storedKey(list), storedKey(value)] }
}

/** $1 list, $2 name, $3 how many; the last number taken. */
export const takeNumbers = named(
  `INSERT INTO clientele_counters AS c (list, name, value) VALUES ($1, $2, $3::bigint)
   ON CONFLICT (list, name) DO UPDATE SET value = c.value + $3::bigint RETURNING value`,
)

/** Locks to the end of the transaction; $1 list, $2 key. */
export const takeAdvisoryLock = named(
  `SELECT pg_advisory_xact_lock(hashtextextended($1::text || chr(31) || $2::text, 0))`,
)
/** Locks the row of a lock, if there is one; $1 list, $2 key. */
export const findLockRow = named(`SELECT key FROM clientele_locks WHERE list = $1 AND key = $2 FOR UPDATE`)
/** Adds the row of a lock, which locks it too, unless another has it. */
export const addLockRow = named(`INSERT INTO clientele_locks (list, key) VALUES ($1, $2) ON CONFLICT DO NOTHING`)

/** The parameters of a record's columns: list, id, document, schema. */
export function columnValues(list: string, record: Envelope, document: string): string[] {
  return [storedKey(list), storedKey(record.id), document, String(record.schema)]
}

/** The parameters of a record's keys, all of them or the unique ones. */
export function keyValues(record: Envelope, keys: readonly string[]): (string | null)[] {
  return keys.map((key) => {
    const value = record.keys[key]
    return value === undefined ? null : storedKey(value)
  })
}

/** A string constant, safe whatever `standard_conforming_strings` is. */
export function literal(text: string): string {
  const quoted = `'${text.replaceAll("'", "''").replaceAll('\\', '\\\\')}'`
  return text.includes('\\') ? ` E${quoted}` : quoted
}

/**
 * What a value is compared and sorted by: the rank of its type, its size if a number or boolean, its text if a string.
 * All three in this order are also the columns of a declared index, the text cut to its first 200 characters.
 */
export interface Sortable {
  readonly json: string
  /** The value of whatever type as a text. */
  readonly shown: string
  readonly rank: string
  readonly size: string
  readonly text: string
  readonly start: string
}

/** Characters that an index holds of a text: an entry must fit into a third of a page. */
export const startLength = 200

/** The SQL of the value at a path; `->` with a text never leads through an array. */
export function sortable(path: Path): Sortable {
  const isStorable = !path.some((name) => unstorable.test(name))
  const inner = path.slice(0, -1).map((name) => `${literal(name)}::text`)
  const last = `${literal(path.at(-1) ?? '')}::text`
  const json = isStorable ? `(doc -> ${[...inner, last].join(' -> ')})` : 'NULL::jsonb'
  const shown = isStorable ? `(${['doc', ...inner].join(' -> ')} ->> ${last} COLLATE "C")` : 'NULL::text'
  const text = `(CASE jsonb_typeof(${json}) WHEN 'string' THEN ${json} #>> '{}' END COLLATE "C")`
  return {
    json,
    shown,
    rank: `(CASE jsonb_typeof(${json}) WHEN 'boolean' THEN 1 WHEN 'number' THEN 2 WHEN 'string' THEN 3 WHEN 'array' THEN 4 WHEN 'object' THEN 4 ELSE 0 END)`,
    size: `(CASE jsonb_typeof(${json}) WHEN 'boolean' THEN ${json}::boolean::integer::numeric WHEN 'number' THEN ${json}::numeric END)`,
    text,
    start: `left(${text}, ${startLength})`,
  }
}

/** SQL that a value is this boolean; never null. A partial index has the very same text. */
export const isFlag = (json: string, value: boolean): string => `((${json} = '${value}'::jsonb) IS TRUE)`

/** SQL for the start of a text parameter, as the index holds it. */
export const startOf = (place: string): string => `left(${place}, ${startLength}) COLLATE "C"`

/** Name of the index on a declared path. */
export function indexName(kind: Kind, path: Path): string {
  return `${tableOf(kind)}_at_${createHash('sha256').update(JSON.stringify(path)).digest('hex').slice(0, 16)}`
}

/** Builds the index on a declared path while others read and write. */
export function createIndex(kind: Kind, path: Path): string {
  const { rank, size, start } = sortable(path)
  return `CREATE INDEX CONCURRENTLY IF NOT EXISTS ${indexName(kind, path)} ON ${tableOf(kind)} (list, ${rank}, ${size}, (${start}))`
}

/** The kinds of records that version 1 of the tables had. */
const firstKinds: readonly Kind[] = ['customers', 'addresses', 'accounts', 'mappings', 'socialMediaUsers']

/** Makes the table of a kind and its indexes. */
function createTable(kind: Kind): readonly string[] {
  const table = tableOf(kind)
  const columns = keysOf(kind).map((key) => `, ${keyColumn(key)} text COLLATE "C"`)
  return [
    `CREATE TABLE ${table} (list text COLLATE "C", id text COLLATE "C", ordinal bigint NOT NULL DEFAULT nextval('clientele_ordinal'), version bigint NOT NULL DEFAULT 1, schema integer NOT NULL, doc jsonb NOT NULL${columns.join('')}, PRIMARY KEY (list, id))`,
    ...kinds[kind].unique.map(
      (key) => `CREATE UNIQUE INDEX ${table}_${keyColumn(key)} ON ${table} (list, ${keyColumn(key)})`,
    ),
    ...kinds[kind].indexed.map(
      (key) => `CREATE INDEX ${table}_${keyColumn(key)} ON ${table} (list, ${keyColumn(key)}, ordinal)`,
    ),
    `CREATE INDEX ${table}_ordinal ON ${table} (list, ordinal, id)`,
  ]
}

/** Steps of the tables, each run once, in order; the step at index n - 1 leads to version n. Never change one that was released. */
export const steps: readonly (readonly string[])[] = [
  [
    'CREATE TABLE clientele_migrations (version integer PRIMARY KEY, applied timestamptz NOT NULL DEFAULT now())',
    'CREATE SEQUENCE clientele_ordinal',
    'CREATE TABLE clientele_counters (list text COLLATE "C", name text COLLATE "C", value bigint NOT NULL, PRIMARY KEY (list, name))',
    ...firstKinds.flatMap(createTable),
  ],
  [
    ...countSteps,
    // the default address of a customer is looked for whenever one is added
    `CREATE INDEX clientele_addresses_default ON clientele_addresses (list, key_customer, ordinal) WHERE ((doc -> 'isDefault'::text) = 'true'::jsonb) IS TRUE`,
  ],
  createTable('signIns'),
]
