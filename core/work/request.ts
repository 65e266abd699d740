/** The input of library calls: its names are texts, its documents are copied and checked. A flavour checks its own. */
import { NotPlain, copyOf, freeze, isObject } from '../model/json.js'
import { operations } from '../model/operations.js'
import type { DocumentOf, InputOf, Operation, PasswordOf, Reading, TargetOf, Writing } from '../model/operations.js'
import { fail } from '../model/problems.js'
import type { Violation } from '../model/problems.js'
import { querySchema } from '../model/schemas.js'
import type { Schema } from '../model/schemas.js'
import { Secret } from '../model/secret.js'
import { findTooLarge } from '../model/sizes.js'
import type { DocumentLimits } from '../model/sizes.js'
import { check } from '../model/validation.js'
import type { WriteRequest } from './write.js'

/** What the input of a reading library call asks for. Throws documentInvalid. */
export function readInputOf<O extends Reading>(operation: O, input: unknown): InputOf<O> | Promise<InputOf<O>> {
  const target = targetOf(operation, input)
  const { query } = input as { readonly query?: unknown }
  if (query === undefined) return target as InputOf<O>
  return check(querySchema, query, query).then((violations) => {
    if (violations.length > 0) throw fail('documentInvalid', { document: 'query', violations })
    return { ...target, query } as InputOf<O>
  })
}

/** What the input of a writing library call asks for. Throws documentInvalid. */
export async function requestOf<O extends Writing>(
  operation: O,
  schemas: Readonly<Record<string, Schema>>,
  input: unknown,
  limits: DocumentLimits,
): Promise<WriteRequest<O>> {
  const target = targetOf(operation, input)
  const given = input as Readonly<Record<string, unknown>>
  const { password } = given
  if (password !== undefined && password !== null && !(password instanceof Secret))
    throw fail('documentInvalid', {
      document: 'password',
      violations: [{ path: [], rule: 'type', message: 'is no Secret: pass new Secret(password)' }],
    })
  const documents: Record<string, unknown> = {}
  for (const [name, schema] of Object.entries(schemas))
    documents[name] = await documentOf(name, schema, given[name] ?? {}, limits)
  return {
    target,
    document: () => documents as DocumentOf<O>,
    password: password as PasswordOf<O> | undefined,
  }
}

/** The names in an input, and nothing else of it. */
function targetOf<O extends Operation>(operation: O, input: unknown): TargetOf<O> {
  if (!isObject(input)) throw fail('documentInvalid', { document: 'input', violations: [notOf([], 'object')] })
  const { names, oneOf }: { readonly names: readonly string[]; readonly oneOf: readonly string[] } =
    operations[operation]
  const target: Record<string, string> = {}
  const violations: Violation[] = []
  for (const name of [...names, ...oneOf]) {
    const value = input[name]
    if (typeof value === 'string') target[name] = value
    else if (value !== undefined) violations.push(notOf([name], 'string'))
    else if (names.includes(name)) violations.push({ path: [name], rule: 'missing', message: 'is missing' })
  }
  if (oneOf.length > 0 && !oneOf.some((name) => input[name] !== undefined))
    violations.push({ path: [], rule: 'missing', message: `names none of ${oneOf.join(', ')}` })
  if (violations.length > 0) throw fail('documentInvalid', { document: 'input', violations })
  return target as TargetOf<O>
}

const notOf = (path: readonly string[], type: string): Violation => ({ path, rule: 'type', message: `must be ${type}` })

async function documentOf(name: string, schema: Schema, given: unknown, limits: DocumentLimits): Promise<unknown> {
  // a list of documents may be longer than a list in a document
  for (const each of Array.isArray(given) ? (given as readonly unknown[]) : [given]) {
    const large = findTooLarge(each, limits)
    if (large) throw fail('documentInvalid', { document: name, violations: [large] })
  }
  const document = plainCopyOf(name, given)
  const violations = await check(schema, document)
  if (violations.length > 0) throw fail('documentInvalid', { document: name, violations })
  return document
}

function plainCopyOf(name: string, value: unknown): unknown {
  try {
    return freeze(copyOf(value))
  } catch (error) {
    if (!(error instanceof NotPlain)) throw error
    throw fail('documentInvalid', {
      document: name,
      violations: [{ path: error.path, rule: 'type', message: error.message }],
    })
  }
}
