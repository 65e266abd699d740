/**
 * The domain's documents: what hooks, library calls and both flavours see (decisions 1.2 and 4.2).
 * All are plain JSON data. What comes out of the library is frozen; a hook gets a `Live` copy that it may change.
 */

/** Any JSON value. Numbers are finite doubles; key order inside free-form objects is not promised. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

/** Value of a custom attribute (OCAPI `c_name`, YaaS `mixins.custom.name`; decisions 2.16, 3.12). */
export type CustomValue = string | number | boolean | readonly (string | number | boolean)[]

/** Custom attributes by name, without OCAPI's `c_` prefix. */
export type CustomAttributes = { readonly [name: string]: CustomValue }

/** Sign-in data of a customer's internal account. Never holds a password or its hash (decision 2.13). */
export interface Credentials {
  /** Login as sent, trimmed; unique per customer list by its key (decision 1.4). Absent: the customer has no internal account. */
  readonly login?: string
  /** False until something locks the account; only library code may change it. */
  readonly locked: boolean
  readonly passwordQuestion?: string
}

/** A customer of one customer list. */
export interface Customer {
  /** Unique per list by its key; shown as sent, trimmed (decision 1.4). */
  readonly customerNo: string
  readonly email?: string
  readonly title?: string
  readonly firstName?: string
  readonly secondName?: string
  readonly lastName?: string
  readonly suffix?: string
  readonly salutation?: string
  readonly companyName?: string
  readonly jobTitle?: string
  readonly phoneHome?: string
  readonly phoneBusiness?: string
  readonly phoneMobile?: string
  readonly fax?: string
  /** Calendar date `YYYY-MM-DD`. */
  readonly birthday?: string
  /** 1 male, 2 female (adapters/ocapi/README.md, Customer). */
  readonly gender?: number
  readonly preferredLocale?: string
  readonly preferredCurrency?: string
  readonly preferredSite?: string
  /** OCAPI `credentials.enabled`, YaaS `active`. */
  readonly active: boolean
  readonly credentials: Credentials
  readonly custom?: CustomAttributes
  /** YaaS mixin data by mixin name; the name `custom` is reserved (decision 3.12). */
  readonly mixins?: { readonly [name: string]: Json }
  /** Schema URL by mixin name: YaaS `metadata.mixins`. */
  readonly mixinSchemas?: { readonly [name: string]: string }
  /** ISO 8601 UTC with milliseconds and `Z` (decision 1.8). */
  readonly creationDate: string
  readonly lastModified: string
  /** Starts at 1, grows by one with every unit of work that changes the customer's record (decision 3.3). */
  readonly version: number
}

/** An address of a customer. */
export interface Address {
  /** Unique per customer, compared exactly (decision 1.4). */
  readonly addressId: string
  readonly title?: string
  readonly firstName?: string
  readonly secondName?: string
  readonly lastName?: string
  readonly suffix?: string
  readonly salutation?: string
  readonly companyName?: string
  readonly jobTitle?: string
  /** As sent; when absent it shows the name computed from its parts (`fullNameOf`). */
  readonly contactName?: string
  readonly address1?: string
  readonly address2?: string
  readonly suite?: string
  readonly postBox?: string
  readonly streetNumber?: string
  readonly extraLine1?: string
  readonly extraLine2?: string
  readonly extraLine3?: string
  readonly extraLine4?: string
  readonly postalCode?: string
  readonly city?: string
  readonly stateCode?: string
  /** Up to three letters (decision 1.10). */
  readonly countryCode?: string
  readonly phone?: string
  /** A customer with addresses has exactly one default (decision 3.13). */
  readonly isDefault: boolean
  readonly tags?: readonly string[]
  readonly custom?: CustomAttributes
  readonly creationDate: string
  readonly lastModified: string
  readonly version: number
}

/** An account a customer signs in with. The internal one is derived from `credentials.login`; external ones are records. */
export interface Account {
  /** Login of the internal account, identifier at the provider of an external one. */
  readonly id: string
  /** `internal`, or the provider of an external account, such as `facebook`. */
  readonly providerId: string
}

/** `providerId` of the account that this library keeps itself. */
export const internalProvider = 'internal'

/** A social media user as its source wrote it; passed through unchanged (decisions 1.8, 3.14). */
export interface SocialMediaUser {
  readonly id: string
  readonly referenceCustomerNumber: string
  readonly [property: string]: Json
}

/** Maps a customer number to an SAP ERP SD customer (decision 3.15). The customer need not exist. */
export interface SdCustomerMapping {
  /** 24 hex characters. */
  readonly id: string
  readonly customerNumber: string
  readonly sdCustomerNumber: string
  /** True once the customer was deleted here, so that its ERP copy can be deleted too. */
  readonly deletedInYaaS: boolean
}

/** Name of an API flavour, such as `ocapi` or `yaas`: each flavour brings its own. */
export type FlavourName = string

/** Who calls: what `authenticate` returns (decision 1.12). */
export interface Caller {
  readonly clientId: string
  /** The APIs that the token is good for. */
  readonly flavours: readonly FlavourName[]
  /** The YaaS tenant that the token was issued for. */
  readonly tenant?: string
  /** Scopes granted, such as `hybris.cecentercustomer_view`. */
  readonly scopes?: readonly string[]
  /** Limits an OCAPI caller to these customer lists; absent: all. */
  readonly lists?: readonly string[]
  readonly user?: string
}

/** A customer list (OCAPI) and tenant (YaaS): the same thing seen twice (decision 1.1). */
export interface CustomerList {
  readonly id: string
  /** YaaS tenant, `^[a-z][a-z0-9]{2,15}$`. Absent: the id serves if it fits the pattern, else OCAPI only. */
  readonly tenant?: string
}

/** The same document with every property writable, all the way down. */
export type Live<T> = T extends readonly (infer E)[]
  ? Live<E>[]
  : T extends object
    ? { -readonly [K in keyof T]: Live<T[K]> }
    : T

/** Properties of customers and addresses that the library keeps and nobody sends. */
export const managedProperties = ['creationDate', 'lastModified', 'version'] as const
/** Name of a managed property. */
export type Managed = (typeof managedProperties)[number]

/** Custom attributes as they are sent: before handlers may read and drop what could not be kept (decision 2.16). */
export type SentAttributes = { readonly [name: string]: Json }

/** What creates a customer. `customerNo` absent: a number is generated (decisions 2.14, 3.5). */
export interface CustomerCreate extends Partial<Omit<Customer, Managed | 'credentials' | 'custom'>> {
  readonly credentials?: Partial<Credentials>
  readonly custom?: SentAttributes
}

/** What creates an address. `addressId` absent: 24 hex characters are generated. */
export interface AddressCreate extends Partial<Omit<Address, Managed | 'custom'>> {
  readonly custom?: SentAttributes
}

/** Removes with null, leaves absent properties as they are (decision 4.3). */
type ChangeOf<T> = { readonly [K in keyof T]?: T[K] | null }

/** What changes a customer: only what is set or, with null, removed. `custom`, `mixins` and `mixinSchemas` merge name by name. */
export interface CustomerChange extends ChangeOf<
  Omit<Customer, Managed | 'customerNo' | 'active' | 'credentials' | 'custom' | 'mixins' | 'mixinSchemas'>
> {
  readonly customerNo?: string
  readonly active?: boolean
  readonly credentials?: ChangeOf<Omit<Credentials, 'locked' | 'login'>> & {
    readonly locked?: boolean
    readonly login?: string
  }
  readonly custom?: ChangeOf<SentAttributes> | null
  readonly mixins?: ChangeOf<{ readonly [name: string]: Json }> | null
  readonly mixinSchemas?: ChangeOf<{ readonly [name: string]: string }> | null
}

/** What changes an address. */
export interface AddressChange extends ChangeOf<Omit<Address, Managed | 'addressId' | 'isDefault' | 'custom'>> {
  readonly addressId?: string
  readonly isDefault?: boolean
  readonly custom?: ChangeOf<SentAttributes> | null
}

/** What creates the internal account of an existing customer (decision 3.8). `email` absent: the customer's email. */
export interface AccountCreate {
  readonly email?: string
}

/** What creates a mapping. */
export interface MappingCreate {
  readonly customerNumber: string
  readonly sdCustomerNumber: string
  readonly deletedInYaaS?: boolean
}

/** Name computed from the non-empty of first, second and last name and suffix; undefined without any. */
export function fullNameOf(
  parts: Pick<AddressCreate | AddressChange, 'firstName' | 'secondName' | 'lastName' | 'suffix'>,
): string | undefined {
  const names = [parts.firstName, parts.secondName, parts.lastName, parts.suffix].filter((name) => name?.trim())
  return names.length === 0 ? undefined : names.join(' ')
}
