/** The requests of library calls: their documents are copied and checked first. */
import { NotPlain, copyOf, freeze } from '../model/json.js'
import type { DocumentOf, PasswordOf, TargetOf, Writing } from '../model/operations.js'
import { fail } from '../model/problems.js'
import type { Schema } from '../model/schemas.js'
import { Secret } from '../model/secret.js'
import { findTooLarge } from '../model/sizes.js'
import type { DocumentLimits } from '../model/sizes.js'
import { check } from '../model/validation.js'
import type { WriteRequest } from './write.js'

/** What a library call's input asks for. Throws documentInvalid. */
export async function requestOf<O extends Writing>(
  schemas: Readonly<Record<string, Schema>>,
  input: object,
  limits: DocumentLimits,
): Promise<WriteRequest<O>> {
  const { password } = input as { readonly password?: unknown }
  if (password !== undefined && password !== null && !(password instanceof Secret))
    throw fail('documentInvalid', {
      document: 'password',
      violations: [{ path: [], rule: 'type', message: 'is no Secret: pass new Secret(password)' }],
    })
  const documents: Record<string, unknown> = {}
  for (const [name, schema] of Object.entries(schemas)) {
    const given = (input as Record<string, unknown>)[name] ?? {}
    // a list of documents may be longer than a list in a document
    for (const each of Array.isArray(given) ? (given as readonly unknown[]) : [given]) {
      const large = findTooLarge(each, limits)
      if (large) throw fail('documentInvalid', { document: name, violations: [large] })
    }
    const document = plainCopyOf(name, given)
    const violations = await check(schema, document)
    if (violations.length > 0) throw fail('documentInvalid', { document: name, violations })
    documents[name] = document
  }
  return {
    target: input as TargetOf<O>,
    document: () => documents as DocumentOf<O>,
    password: password as PasswordOf<O> | undefined,
  }
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
