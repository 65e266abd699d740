/** Documents made from the schemas of an OpenAPI document: as they say, or with something else in one place. */
import fc from 'fast-check'

/** A JSON Schema, as far as request documents use it. */
export type Schema = Readonly<Record<string, unknown>>

/** Texts that go wrong easily, in any place. */
export const oddTexts = [
  ...['', ' ', '.', '..', '0', '-0', '1e999', 'null', 'true', '__proto__', 'constructor', 'toString', 'length', 'then'],
  ...[
    '\u0000',
    '\u0001',
    '\ud800',
    '\uffff',
    '\u{1F600}',
    'a\u0301\u0323',
    'ﬀ',
    'İ',
    'ß',
    '\u2028',
    '\u202e',
    '%',
    '%00',
  ],
  ...['2020-02-30', '2020-02-29T00:00:00Z', '16.2', 'customer', 'x'.repeat(300), '<a>', ']]>', '&amp;', "'", '"', '\\'],
]

/** Values that properties of these names often have, so that requests agree and collide. */
const usual: Readonly<Record<string, readonly unknown[]>> = {
  login: ['dude', 'Dude', 'dude@example.com', 'walter@example.com', 'login 3'],
  email: ['dude@example.com', 'DUDE@example.com', 'walter@example.com', 'dönny@exämple.com'],
  contactEmail: ['dude@example.com', 'DUDE@example.com', 'walter@example.com', 'maude@example.com'],
  customer_no: ['C1', 'c1', 'C2', 'C3', 'C4'],
  customerNumber: ['C1', 'c1', 'C2', 'C3', 'C4'],
  sdCustomerNumber: ['1', '2'],
  address_id: ['home', 'work', 'Home'],
  birthday: ['2011-02-18', '2011-02-18T00:00:00.000Z', '2011-02-18Z'],
  _delete: [['title', 'c_a'], ['birthday', 'email'], ['_delete'], ['nothing']],
  password: ['a good password', 'x'],
  custom: [{ a: 1, b: ['x', 'y'] }, { a: true }, {}],
  mixins: [
    { custom: { a: 'x' } },
    { m: { a: 'x', n: 1 } },
    { m: { a: 'xxy' }, custom: {} },
    { m: 'https://schemas.example/m.json' },
  ],
  version: [1, 2, 3],
}

/** Any JSON value. */
export const anyValue: fc.Arbitrary<unknown> = fc.letrec<{ any: unknown }>((tie) => ({
  any: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    {
      weight: 4,
      arbitrary: fc.constantFrom<unknown>(null, true, false, 0, -0, 1, -1, 1.5, 1e300, 2 ** 53, ...oddTexts),
    },
    { weight: 1, arbitrary: fc.double({ noNaN: true, noDefaultInfinity: true }) },
    { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 12 }) },
    { weight: 1, arbitrary: fc.array(tie('any'), { maxLength: 4 }) },
    { weight: 1, arbitrary: fc.dictionary(fc.constantFrom('a', 'b', 'c_a', ...oddTexts), tie('any'), { maxKeys: 4 }) },
  ),
})).any

const namedFreely = fc.constantFrom('c_a', 'c_b', 'c_List', 'c_', 'c_ü', 'c___proto__', ...oddTexts)

/** Documents of a schema; `defs` are the schemas that it refers to. */
export function documentsOf(schema: Schema, defs: Readonly<Record<string, Schema>>): fc.Arbitrary<unknown> {
  return fc
    .tuple(valuesOf(schema, defs), fc.option(fc.record({ at: fc.nat(), value: anyValue }), { freq: 3 }))
    .map(([document, other]) => (other ? spoilt(document, other.at, other.value) : document))
}

function valuesOf(schema: Schema, defs: Readonly<Record<string, Schema>>): fc.Arbitrary<unknown> {
  const { $ref, enum: values, type } = schema
  if (typeof $ref === 'string') return valuesOf(defs[$ref.split('/').at(-1) ?? ''] ?? {}, defs)
  if (Array.isArray(values)) return fc.constantFrom<unknown>(...(values as unknown[]))
  const types = typeof type === 'string' ? [type] : (type as readonly string[] | undefined)
  if (!types || schema['readOnly'] === true) return anyValue
  const [first = '', ...others] = types.filter((each) => each !== 'null')
  const value = others.length > 0 ? anyValue : valueOf(first, schema, defs)
  return types.includes('null')
    ? fc.oneof({ weight: 9, arbitrary: value }, { weight: 1, arbitrary: fc.constant(null) })
    : value
}

function valueOf(type: string, schema: Schema, defs: Readonly<Record<string, Schema>>): fc.Arbitrary<unknown> {
  switch (type) {
    case 'string':
      return textsOf(Number(schema['maxLength'] ?? 30))
    case 'integer':
      return fc.oneof(fc.nat(5), fc.integer())
    case 'boolean':
      return fc.boolean()
    case 'array':
      return fc.array(valuesOf((schema['items'] ?? {}) as Schema, defs), { maxLength: 4 })
    default:
      return objectsOf(schema, defs)
  }
}

const textsOf = (longest: number): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 6, arbitrary: fc.string({ unit: 'grapheme', maxLength: Math.min(longest, 10) }) },
    { weight: 2, arbitrary: fc.constantFrom(...oddTexts) },
    { weight: 1, arbitrary: fc.constantFrom(longest, longest + 1).map((length) => 'x'.repeat(length)) },
  )

/** Some of the properties, and now and then free ones. */
function objectsOf(schema: Schema, defs: Readonly<Record<string, Schema>>): fc.Arbitrary<unknown> {
  const properties = Object.entries((schema['properties'] ?? {}) as Readonly<Record<string, Schema>>)
  const known = new Map(
    properties.map(([name, each]): [string, fc.Arbitrary<unknown>] => {
      const values = valuesOf(each, defs)
      const often = usual[name]
      return [
        name,
        often
          ? fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...often) }, { weight: 1, arbitrary: values })
          : values,
      ]
    }),
  )
  const required = (schema['required'] ?? []) as readonly string[]
  const free = fc.dictionary(namedFreely, anyValue, { maxKeys: 2 })
  const some = fc.subarray([...known.keys()], { maxLength: Math.min(known.size, 6) })
  const chosen = some.chain((names) =>
    fc.record(
      Object.fromEntries([...new Set([...required, ...names])].map((name) => [name, known.get(name) ?? anyValue])),
    ),
  )
  return fc.tuple(chosen, fc.option(free, { freq: 2 })).map(([document, more]) => ({ ...document, ...more }))
}

/** The document with another value in one place, or under a name that it has not. */
function spoilt(document: unknown, at: number, value: unknown): unknown {
  const places = [...placesOf(document)]
  if (typeof document !== 'object' || document === null || at % 20 === 0) return value
  const [holder, name] = places[at % (places.length + 1)] ?? [document, 'another']
  ;(holder as Record<string, unknown>)[name] = value
  return document
}

/** Every object or list in a value, with each of its names. */
function* placesOf(value: unknown): Generator<[object, string]> {
  if (typeof value !== 'object' || value === null) return
  for (const [name, each] of Object.entries(value)) {
    yield [value, name]
    yield* placesOf(each)
  }
}

/** A document as XML, its lists as repeated elements, its values with a type. */
export function xmlOf(name: string, value: unknown, isRoot = true): string {
  const version = isRoot ? ' version="16.2"' : ''
  if (value === null || value === undefined) return `<${name}${version} nil="true"/>`
  if (Array.isArray(value)) return value.map((each) => xmlOf(name, each, isRoot)).join('')
  if (typeof value === 'object') {
    const inner = Object.entries(value).map(([each, item]) => xmlOf(each, item, false))
    return `<${name}${version}>${inner.join('')}</${name}>`
  }
  const type = typeof value === 'boolean' ? 'boolean' : Number.isInteger(value) ? 'integer' : 'double'
  const typed = name.startsWith('c_') && typeof value !== 'string' ? ` type="${type}"` : ''
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return `<${name}${version}${typed}>${text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</${name}>`
}
