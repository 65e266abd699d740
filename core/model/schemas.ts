/**
 * One JSON Schema literal per domain document: types, limits and names in one place (decisions 1.10, 2.10).
 * `test/types.test.ts` proves each equal to its interface. Lengths count code points. Formats that have
 * problems of their own (email, login, password, empty address id) are no part of them: the rules check those.
 */
import { managedProperties } from './documents.js'
import type { Query } from './query.js'

const text = { type: 'string', maxLength: 256 } as const
const phone = { type: 'string', maxLength: 32 } as const
/** A text that becomes a key: its own rule says more (decisions 1.11, 2.12). */
const keyText = { type: 'string', maxLength: 1024 } as const
const flag = { type: 'boolean' } as const
const time = { type: 'string', format: 'date-time' } as const
const count = { type: 'integer', minimum: 1 } as const

/** Pattern of the names of custom attributes, without OCAPI's `c_`. */
export const attributeNames = '[A-Za-z_][A-Za-z0-9_]*'

const attributeName = new RegExp(`^${attributeNames}$`)
/** True for a name that a custom attribute may have. */
export function isAttributeName(name: string): boolean {
  return attributeName.test(name) && name !== '__proto__'
}

/** Custom attributes as they are sent: any JSON, of which handlers may drop what could not be kept (decision 2.16). */
const sentCustom = {
  type: 'object',
  propertyNames: { pattern: `^${attributeNames}$` },
  additionalProperties: true,
} as const

/** Custom attributes as they are kept: scalars or lists of scalars (decision 2.16). */
const custom = {
  type: 'object',
  propertyNames: { pattern: `^${attributeNames}$` },
  additionalProperties: {
    type: ['string', 'number', 'boolean', 'array'],
    items: { type: ['string', 'number', 'boolean'] },
  },
} as const

const credentials = {
  type: 'object',
  additionalProperties: false,
  required: ['locked'],
  properties: { login: keyText, locked: flag, passwordQuestion: text },
} as const

/** Not blank, and neither `.` nor `..` (decision 1.4). */
const customerNo = { type: 'string', maxLength: 100, pattern: '^(?!\\s*\\.{1,2}\\s*$)[^]*\\S' } as const

/** Schema of `Customer`. */
export const customerSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['customerNo', 'active', 'credentials', ...managedProperties],
  properties: {
    customerNo,
    email: keyText,
    title: text,
    firstName: text,
    secondName: text,
    lastName: text,
    suffix: text,
    salutation: text,
    companyName: text,
    jobTitle: text,
    phoneHome: phone,
    phoneBusiness: phone,
    phoneMobile: phone,
    fax: phone,
    birthday: { type: 'string', format: 'date' },
    gender: { type: 'integer', enum: [0, 1, 2] },
    preferredLocale: text,
    preferredCurrency: text,
    preferredSite: text,
    active: flag,
    credentials,
    custom,
    mixins: { type: 'object', propertyNames: { pattern: '^[a-zA-Z0-9_-]+$' }, additionalProperties: true },
    mixinSchemas: {
      type: 'object',
      propertyNames: { pattern: '^[a-zA-Z0-9_-]+$' },
      additionalProperties: { type: 'string', maxLength: 8192 },
    },
    creationDate: time,
    lastModified: time,
    version: count,
  },
} as const

/** Schema of `Address`. */
export const addressSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['addressId', 'isDefault', ...managedProperties],
  properties: {
    addressId: text,
    title: text,
    firstName: text,
    secondName: text,
    lastName: text,
    suffix: text,
    salutation: text,
    companyName: text,
    jobTitle: text,
    contactName: text,
    address1: text,
    address2: text,
    suite: phone,
    postBox: text,
    streetNumber: text,
    extraLine1: text,
    extraLine2: text,
    extraLine3: text,
    extraLine4: text,
    postalCode: text,
    city: text,
    stateCode: text,
    countryCode: { type: 'string', maxLength: 3 },
    phone,
    isDefault: flag,
    tags: { type: 'array', items: text },
    custom,
    creationDate: time,
    lastModified: time,
    version: count,
  },
} as const

/** Schema of `AccountCreate`. */
export const accountCreateSchema = {
  type: 'object',
  additionalProperties: false,
  properties: { email: keyText },
} as const

/** Schema of `Account` as it is linked: one at a provider that is not ours. */
export const externalAccountSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['id', 'providerId'],
  properties: {
    id: { type: 'string', maxLength: 256, pattern: '\\S' },
    providerId: { type: 'string', maxLength: 64, pattern: '\\S', not: { const: 'internal' } },
  },
} as const

/** Schema of `MappingCreate`. */
export const mappingCreateSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['customerNumber', 'sdCustomerNumber'],
  properties: {
    customerNumber: { type: 'string', maxLength: 256, pattern: '\\S' },
    sdCustomerNumber: { type: 'string', maxLength: 256, pattern: '\\S' },
    deletedInYaaS: flag,
  },
} as const

/** Schema of `SocialMediaUser`. */
export const socialMediaUserSchema = {
  type: 'object',
  required: ['id', 'referenceCustomerNumber'],
  properties: {
    id: { type: 'string', maxLength: 256, pattern: '\\S' },
    referenceCustomerNumber: { type: 'string', maxLength: 256, pattern: '\\S' },
  },
} as const

const path = { type: 'array', items: { type: 'string' }, minItems: 1 } as const
const scalar = { type: ['string', 'number', 'boolean'] } as const
const condition = { $ref: '#/$defs/condition' } as const
const needs = (op: readonly string[], properties: { readonly [name: string]: object }) => ({
  if: { properties: { op: { not: { enum: op } } } },
  else: { required: Object.keys(properties), properties },
})

/** Schema of `Query`. */
export const querySchema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    where: condition,
    sort: {
      type: 'array',
      items: { type: 'object', required: ['path'], properties: { path, descending: flag } },
    },
    offset: { type: 'integer', minimum: 0 },
    limit: { type: 'integer', minimum: 0 },
    totals: { enum: ['exact', 'capped', 'none'] },
  } satisfies { readonly [K in keyof Query]-?: object },
  $defs: {
    condition: {
      type: 'object',
      required: ['op'],
      properties: { op: { enum: ['and', 'or', 'not', 'eq', 'lt', 'lte', 'gt', 'gte', 'in', 'exists', 'matches'] } },
      allOf: [
        needs(['and', 'or'], { of: { type: 'array', items: condition } }),
        needs(['not'], { of: condition }),
        needs(['eq', 'lt', 'lte', 'gt', 'gte'], { path, value: scalar }),
        needs(['in'], { path, values: { type: 'array', items: scalar } }),
        needs(['exists'], { path }),
        needs(['matches'], { path, pattern: { type: 'string' } }),
      ],
    },
  },
} as const

/** A JSON Schema as data. */
export interface Schema {
  readonly type?: string | readonly string[]
  readonly properties?: { readonly [name: string]: Schema }
  readonly required?: readonly string[]
  readonly additionalProperties?: boolean | Schema
  readonly [keyword: string]: unknown
}

/** Properties that a request may send: not what the library keeps; custom attributes may be any JSON at first. */
function sentProperties(schema: Schema): { [name: string]: Schema } {
  const sent = Object.entries(schema.properties ?? {}).filter(
    ([name]) => !(managedProperties as readonly string[]).includes(name),
  )
  return Object.fromEntries(sent.map(([name, property]) => [name, name === 'custom' ? sentCustom : property]))
}

/** The same schema, and null. */
export function nullable(schema: Schema): Schema {
  const types = [schema.type ?? []].flat()
  return {
    ...schema,
    type: [...types, 'null'],
    ...(Array.isArray(schema['enum']) && { enum: [...schema['enum'], null] }),
  }
}

/** Schema of a create document: nothing mandatory, nothing that the library keeps. */
function createSchemaOf(schema: Schema): Schema {
  const properties = sentProperties(schema)
  for (const [name, property] of Object.entries(properties))
    if (property.required) properties[name] = { ...property, required: [] }
  return { ...schema, required: [], properties }
}

/** Schema of a change document: null removes, except where the domain needs a value (decision 4.3). */
function changeSchemaOf(schema: Schema): Schema {
  const needed = schema.required ?? []
  const properties = Object.fromEntries(
    Object.entries(sentProperties(schema)).map(([name, property]): [string, Schema] => {
      const { additionalProperties: rest } = property
      const merged: Schema = property.properties
        ? { ...changeSchemaOf(property), required: [] }
        : property.type === 'object' && typeof rest === 'object'
          ? { ...property, additionalProperties: nullable(rest) }
          : property
      return [name, needed.includes(name) || name === 'credentials' ? merged : nullable(merged)]
    }),
  )
  if (properties['login']) properties['login'] = schema.properties?.['login'] as Schema
  return { ...schema, required: [], properties }
}

/** Schema of `CustomerCreate`. */
export const customerCreateSchema = createSchemaOf(customerSchema)
/** Schema of `CustomerChange`. */
export const customerChangeSchema = changeSchemaOf(customerSchema)
/** Schema of `AddressCreate`. */
export const addressCreateSchema = createSchemaOf(addressSchema)
/** Schema of `AddressChange`. */
export const addressChangeSchema = changeSchemaOf(addressSchema)
