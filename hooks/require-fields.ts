import { Status, definePlugin } from '../core/extension/hooks.js'
import type { Plugin } from '../core/extension/hooks.js'
import { checkOptions } from '../core/model/options.js'
import type { Address, Customer } from '../core/model/documents.js'

/** Properties that must not be missing or blank. */
export interface RequiredFields {
  readonly customer?: readonly (keyof Customer)[]
  readonly address?: readonly (keyof Address)[]
}

/** A refusal that names every field without a value; undefined when all have one. */
function refusalFor(document: object, fields: readonly string[]): Status | undefined {
  const values = document as Readonly<Record<string, unknown>>
  const isMissing = (value: unknown) => value === undefined || (typeof value === 'string' && value.trim() === '')
  const missing = fields.filter((field) => isMissing(values[field]))
  if (missing.length === 0) return undefined
  return Status.error('FIELDS_MISSING', `these fields are needed: ${missing.join(', ')}`, { fields: missing })
}

/**
 * Refuses with a Status: a write after which a field is missing or blank is rolled back with the code `FIELDS_MISSING`.
 * It looks at the finished document, so that what other plug-ins fill in counts. What was stored before this plug-in came
 * is refused when it is next changed.
 *
 * ```ts
 * createClientele({ …, plugins: [requireFields({ customer: ['lastName', 'email'], address: ['city', 'countryCode'] })] })
 * ```
 */
export function requireFields(fields: RequiredFields): Plugin {
  checkOptions<RequiredFields>('requireFields', fields, { customer: 'list', address: 'list' })
  const { customer: customerFields = [], address: addressFields = [] } = fields
  return definePlugin({
    name: 'require-fields',
    hooks: {
      'dw.ocapi.data.customer_list.customers.afterPOST': (customer) => refusalFor(customer, customerFields),
      'dw.ocapi.data.customer_list.customer.afterPATCH': (customer) => refusalFor(customer, customerFields),
      'dw.ocapi.data.customer_list.customer.addresses.afterPOST': (_customer, address) =>
        refusalFor(address, addressFields),
      'dw.ocapi.data.customer_list.customer.address.afterPATCH': (_customer, address) =>
        refusalFor(address, addressFields),
    },
  })
}
