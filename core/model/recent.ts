/** A cache with a size: what was used longest ago goes first. */

/** Values by key, the latest `size` of them. Getting or setting a value makes it the latest. */
export class Recent<K, V extends object> {
  readonly #size: number
  readonly #values = new Map<K, V>()

  constructor(size: number) {
    this.#size = size
  }

  get(key: K): V | undefined {
    const value = this.#values.get(key)
    if (value) {
      this.#values.delete(key)
      this.#values.set(key, value)
    }
    return value
  }

  set(key: K, value: V): void {
    this.#values.delete(key)
    this.#values.set(key, value)
    for (const oldest of this.#values.keys()) {
      if (this.#values.size <= this.#size) break
      this.#values.delete(oldest)
    }
  }

  delete(key: K): void {
    this.#values.delete(key)
  }
}
