/** A unit of work on one list: all it writes is staged until the commit. */
import type { Kind, StorageOptions, WriteUnit } from '../../../core/ports/storage.js'
import type { CommitStep } from './commit.js'
import { StagedWriter } from './staged-writer.js'
import type { StoredList } from './stored-lists.js'
import type { UnitLocks } from './unit-locks.js'

/** A unit of work. */
export class StagedUnit implements WriteUnit {
  readonly #list: StoredList
  readonly #locks: UnitLocks
  readonly #upgrade: StorageOptions['upgrade']
  // made when they are first asked for: most units write few kinds
  #customers: StagedWriter<'customers'> | undefined
  #addresses: StagedWriter<'addresses'> | undefined
  #accounts: StagedWriter<'accounts'> | undefined
  #mappings: StagedWriter<'mappings'> | undefined
  #socialMediaUsers: StagedWriter<'socialMediaUsers'> | undefined
  #signIns: StagedWriter<'signIns'> | undefined

  constructor(list: StoredList, locks: UnitLocks, upgrade: StorageOptions['upgrade']) {
    this.#list = list
    this.#locks = locks
    this.#upgrade = upgrade
  }

  get customers(): StagedWriter<'customers'> {
    return (this.#customers ??= this.#writer('customers'))
  }
  get addresses(): StagedWriter<'addresses'> {
    return (this.#addresses ??= this.#writer('addresses'))
  }
  get accounts(): StagedWriter<'accounts'> {
    return (this.#accounts ??= this.#writer('accounts'))
  }
  get mappings(): StagedWriter<'mappings'> {
    return (this.#mappings ??= this.#writer('mappings'))
  }
  get socialMediaUsers(): StagedWriter<'socialMediaUsers'> {
    return (this.#socialMediaUsers ??= this.#writer('socialMediaUsers'))
  }
  get signIns(): StagedWriter<'signIns'> {
    return (this.#signIns ??= this.#writer('signIns'))
  }

  async lock(key: string): Promise<void> {
    const waiting = this.#locks.take([`${this.#list.id}\u001flock\u001f${key}`], [])
    if (waiting) await waiting
  }

  async flush(): Promise<void> {
    this.#locks.assertOpen()
  }

  /** What the unit changes, kind by kind. */
  steps(): CommitStep[] {
    const steps: CommitStep[] = []
    this.#customers?.addSteps(steps)
    this.#addresses?.addSteps(steps)
    this.#accounts?.addSteps(steps)
    this.#mappings?.addSteps(steps)
    this.#socialMediaUsers?.addSteps(steps)
    this.#signIns?.addSteps(steps)
    return steps
  }

  #writer<K extends Kind>(kind: K): StagedWriter<K> {
    return new StagedWriter(this.#list.tables[kind], this.#locks, this.#upgrade)
  }
}
