/** What a host fills beside the storage: logger, ids, clock, lists, limits, policies, hashing, sources. */
import type { CustomerList, SocialMediaUser } from '../model/documents.js'
import type { Secret } from '../model/secret.js'
import type { DocumentLimits } from '../model/sizes.js'

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
  /** Unpredictable customer number, `C` and ten digits (decision 3.5); asked again, up to a hundred times, while its number is taken. */
  customerNumber(): string
}

/** Finds customer lists. */
export interface CustomerLists {
  byId(id: string): CustomerList | undefined | Promise<CustomerList | undefined>
  byTenant(tenant: string): CustomerList | undefined | Promise<CustomerList | undefined>
}

/** How long things may take, in milliseconds (decision 4.10), and how large documents may be. */
export interface Limits extends DocumentLimits {
  /** One handler, and whatever else of the host is asked. Default 10,000. */
  readonly handler: number
  /** One wait for a lock. Default 15,000. */
  readonly lockWait: number
  /** A whole unit of work. Default 30,000. */
  readonly unit: number
  /** Addresses of one customer. Default 1,000. */
  readonly addresses: number
  /** Passwords that are hashed at once. Default 2. */
  readonly hashes: number
  /** Passwords that may wait for that; one more is refused as unavailable. Default 32. */
  readonly hashesWaiting: number
}

/** The time now. */
export type Clock = () => Date

/** Told of every incident, after it was logged; facts hold no personal data. */
export type OnError = (error: unknown, facts: Readonly<Record<string, unknown>>) => void

/** Decides what is acceptable (decisions 1.11, 2.12, 2.13). Each gets the trimmed value. */
export interface Policies {
  readonly email: (email: string) => boolean
  readonly login: (login: string) => boolean
  readonly password: (password: Secret) => boolean | Promise<boolean>
}

/** Makes the stored form of a password; a host may bring a faster one, such as argon2. */
export type HashPassword = (password: Secret) => Promise<string>

/** A form of stored password hashes, and how a password is held against one (decision 1.18). */
export interface PasswordHashFormat {
  /** Whether a stored hash has this form: `(hash) => hash.startsWith('$2b$')`. */
  readonly matches: (hash: string) => boolean
  /** Whether it is this password's. */
  readonly verify: (password: Secret, hash: string) => boolean | Promise<boolean>
  /** True for a hash as `hashPassword` makes it today; others are made anew when their password comes. Default: none is. */
  readonly isCurrent?: (hash: string) => boolean
}

/** When a login is locked out, and for how long. */
export interface SignInLock {
  /** Wrong passwords in a row, each within `forMs` of the one before. */
  readonly after: number
  /** Milliseconds that it lasts. */
  readonly forMs: number
}

/**
 * Gives the social media users of an existing customer, as they are to be shown (decision 3.14). Asked outside any unit
 * of work; a throw is reported as an incident, and so is one that gives no list or takes longer than a handler may.
 */
export type SocialMediaUserSource = (customer: {
  readonly customerNo: string
  readonly listId: string
}) => readonly SocialMediaUser[] | Promise<readonly SocialMediaUser[]>

/** Gives the JSON Schema of a URL; undefined when there is none. A throw counts as none, and so does what takes longer than a handler may. */
export type SchemaSource = (url: string) => object | undefined | Promise<object | undefined>
