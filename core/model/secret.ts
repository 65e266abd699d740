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
