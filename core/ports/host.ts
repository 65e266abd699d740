/** What a library is made of: the container brings it together. */
import type { DeclaredAttributes } from '../rules/custom-attributes.js'
import type { MixinSchemas } from '../rules/mixins.js'
import type { CustomerList } from '../model/documents.js'
import type { HashPassword } from '../rules/passwords.js'
import type { Policies } from '../rules/policies.js'
import type { Runner } from '../extension/runner.js'
import type { SocialMediaUserSource } from '../rules/social-media-users.js'
import type { Storage } from './storage.js'
import type { Unit } from '../work/unit.js'

/** Writes log lines; fields hold no personal data. */
export interface Logger {
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void
  info(message: string, fields?: Readonly<Record<string, unknown>>): void
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void
  error(message: string, fields?: Readonly<Record<string, unknown>>): void
}

/** Makes identifiers. */
export interface Ids {
  /** 24 hex characters, unique. */
  hex24(): string
  /** Identifies an incident or a request in logs and answers. */
  incident(): string
  /** Unpredictable customer number, `C` and ten digits (decision 3.5). */
  customerNumber(): string
}

/** Finds customer lists. */
export interface CustomerLists {
  byId(id: string): CustomerList | undefined | Promise<CustomerList | undefined>
  byTenant(tenant: string): CustomerList | undefined | Promise<CustomerList | undefined>
}

/** Time limits in milliseconds (decision 4.10). */
export interface Limits {
  /** One handler. Default 10,000. */
  readonly handler: number
  /** One wait for a lock. Default 15,000. */
  readonly lockWait: number
  /** A whole unit of work. Default 30,000. */
  readonly unit: number
}

/** What the library is made of; the container brings it together. */
export interface Parts {
  readonly storage: Storage
  readonly lists: CustomerLists
  readonly runner: Runner
  readonly logger: Logger
  readonly clock: () => Date
  readonly ids: Ids
  readonly limits: Limits
  readonly policies: Policies
  readonly hashPassword: HashPassword
  readonly mixins: MixinSchemas
  readonly customAttributes: DeclaredAttributes
  /** Absent: the storage is the source. */
  readonly socialMediaUsers: SocialMediaUserSource | undefined
  readonly onError: (error: unknown, facts: Readonly<Record<string, unknown>>) => void
  /** The next customer number of the form that the unit's profile asks for. */
  readonly generateNumber: (unit: Unit) => Promise<string>
}
