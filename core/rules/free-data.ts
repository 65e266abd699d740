/** The part of a document that no schema of ours describes: custom attributes and mixins (decisions 2.16, 3.12). */
import type { CustomerCreate } from '../model/documents.js'
import { fail } from '../model/problems.js'
import type { Violation } from '../model/problems.js'
import { tooManyBytes } from '../model/sizes.js'
import type { DocumentLimits } from '../model/sizes.js'
import type { DeclaredAttributes, Kept } from './custom-attributes.js'
import { changedMixins } from './mixins.js'
import type { Mixed, MixinSchemas } from './mixins.js'

/** Free data of a customer; an address has custom attributes alone. */
export type FreeData = Mixed & Pick<CustomerCreate, 'custom'>

type Violations = readonly Violation[] | Promise<readonly Violation[]>

/** What free data may be. Only what a change touches is looked at: `before` is the document without it. */
export class FreeDataRules {
  readonly #document: 'customer' | 'address'
  readonly #limits: DocumentLimits
  readonly #attributes: DeclaredAttributes
  readonly #mixins: MixinSchemas | undefined

  constructor(
    document: 'customer' | 'address',
    limits: DocumentLimits,
    attributes: DeclaredAttributes,
    mixins?: MixinSchemas,
  ) {
    this.#document = document
    this.#limits = limits
    this.#attributes = attributes
    this.#mixins = mixins
  }

  /** What is wrong with it as it was sent: custom attributes are not judged before handlers had them (decision 2.16). */
  violationsAsSent(now: FreeData, before: FreeData): Violations {
    const large = tooManyBytes([now.custom, now.mixins, now.mixinSchemas], this.#limits)
    if (large.length > 0 || !this.#mixins) return large
    const names = changedMixins(before, now)
    return names.length === 0 ? [] : this.#mixins.check(now, names)
  }

  /** Throws for what is wrong with it as it was sent. */
  judge(now: FreeData, before: FreeData): Promise<void> | void {
    const found = this.violationsAsSent(now, before)
    return found instanceof Promise ? found.then((violations) => this.#refuse(violations)) : this.#refuse(found)
  }

  /** What is wrong with it, custom attributes too. */
  violations(now: FreeData, before: FreeData): Violations {
    const custom = this.#attributes.check(this.#document, now.custom, before.custom)
    const found = this.violationsAsSent(now, before)
    return found instanceof Promise ? found.then((others) => [...custom, ...others]) : [...custom, ...found]
  }

  /** The document, if its custom attributes can be kept. Throws. */
  kept<T extends FreeData>(now: T, before: FreeData): Kept<T> {
    return this.#attributes.kept(this.#document, now, before.custom)
  }

  #refuse(violations: readonly Violation[]): void {
    if (violations.length === 0) return
    throw fail('documentInvalid', {
      document: this.#document === 'customer' ? 'customer' : 'customer_address',
      violations,
    })
  }
}
