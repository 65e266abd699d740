import { inspect } from 'node:util'

const hidden = new WeakMap<Secret, string>()

/**
 * A value that no log line, error, JSON text or inspection shows: passwords travel in it from the request to the hash
 * (decision 2.13). Only `reveal` gives the value.
 */
export class Secret {
  constructor(value: string) {
    hidden.set(this, value)
  }
  /** The value itself. */
  reveal(): string {
    return hidden.get(this) as string
  }
  toString(): string {
    return '[secret]'
  }
  toJSON(): string {
    return '[secret]'
  }
  [inspect.custom](): string {
    return '[secret]'
  }
}

/**
 * A password as another system has hashed it: stored as it is where a `Secret` would be hashed (decision 1.18). A form that
 * neither the library nor `passwordHashes` knows is refused.
 */
export class PasswordHash extends Secret {}
