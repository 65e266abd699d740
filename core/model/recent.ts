/** A cache with a size: what was used longest ago goes first. */

/** Values by key, the latest `size` of them. Getting or setting a value makes it the latest. */
export class Recent<K, V extends object> {
  readonly #size: number
  readonly #values = new Map<K, V>()
  #latest: K | undefined

  constructor(size: number) {
    this.#size = size
  }

  get(key: K): V | undefined {
    const value = this.#values.get(key)
    if (value && key !== this.#latest) {
      this.#values.delete(key)
      this.#values.set(key, value)
      this.#latest = key
    }
    return value
  }

  set(key: K, value: V): void {
    this.#values.delete(key)
    this.#values.set(key, value)
    this.#latest = key
    for (const oldest of this.#values.keys()) {
      if (this.#values.size <= this.#size) break
      this.#values.delete(oldest)
    }
  }

  delete(key: K): void {
    this.#values.delete(key)
  }
}
