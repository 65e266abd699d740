/** core/README.md, The life of a write: the diagram and the code are one. */
import { executionAsyncResource } from 'node:async_hooks'
import { expect } from 'chai'
import { describe, it } from 'mocha'
import { memoryStorage } from '../adapters/storage/local/memory.js'
import { Draft } from '../core/extension/draft.js'
import { Handlers } from '../core/extension/handlers.js'
import { createRegistry } from '../core/extension/registry.js'
import { definePlugin } from '../core/index.js'
import type { Customer } from '../core/model/documents.js'
import { libraryProfile } from '../core/model/profile.js'
import { upgrader } from '../core/ports/storage.js'
import type { ReadUnit, Storage, WriteUnit } from '../core/ports/storage.js'
import { Incidents } from '../core/work/incidents.js'
import { Held } from '../core/work/unit.js'
import type { Unit } from '../core/work/unit.js'
import { Units } from '../core/work/units.js'
import type { WriteOperation } from '../core/work/write.js'
import { openShop } from './support/shop.js'
import { readText } from './support/sources.js'

/** Steps of a diagram of core/README.md, in the order of its arrows. */
function stepsOf(heading: string): readonly string[] {
  const text = readText('core/README.md')
  const section = text.slice(text.indexOf(`## ${heading}`))
  const [, diagram = ''] = /```mermaid\n([^]*?)```/.exec(section) ?? []
  const boxes = new Map([...diagram.matchAll(/^ {2}(\w+)\["(\w+) — /gm)].map(([, box = '', step = '']) => [box, step]))
  const arrows = new Map(
    [...diagram.matchAll(/^ {2}(\w+)\[".*"\] --> (\w+)$/gm)].map(([, from = '', to = '']) => [from, to]),
  )
  const steps: string[] = []
  for (let [box = ''] = boxes.keys(); boxes.has(box); box = arrows.get(box) ?? '') steps.push(boxes.get(box) ?? '')
  expect(steps).to.have.length(boxes.size)
  return steps
}

const silent = () => undefined
const logger = { debug: silent, info: silent, warn: silent, error: silent }

describe('core/README.md, The life of a write', () => {
  it('is the order in which an operation runs', async () => {
    const log: string[] = []
    const note = (step: string): void => void log.push(step)
    const storage = memoryStorage()
    const registry = createRegistry([
      definePlugin({
        name: 'noting',
        hooks: {
          'dw.ocapi.data.customer_list.customer.beforePATCH'(customer) {
            note('before')
            customer.lastName = 'Sobchak'
          },
          'dw.ocapi.data.customer_list.customer.afterPATCH'(customer) {
            note('after')
            customer.lastName = 'Kerabatsos'
          },
        },
      }),
    ])
    const incidents = new Incidents({ ids: noIds, logger, onError: silent })
    const handlers = new Handlers<Unit>({ registry, limit: 1000, breaker: undefined, clock: () => new Date(), logger })
    await storage.open({ indexes: {}, lockWait: 1000, upgrade: upgrader(), warn: silent })
    const units = new Units({
      storage: watched(storage, note),
      lists: { byId: (id) => (note('admit'), { id }), byTenant: silent },
      handlers,
      incidents,
      logger,
      clock: () => new Date(),
      limit: 1000,
      beforeUnit: () => (note('beforeUnit'), undefined),
      stopPlugins: async () => undefined,
    })
    await units.perform(callOf(), noting(note), () => {
      note('asking')
      return {
        target: { customerNo: '1' },
        document: () => (note('document'), { update: {} }),
        precondition: () => note('precondition'),
        loaded: () => note('loaded'),
      }
    })
    expect(log).to.deep.equal(stepsOf('The life of a write'))
    await units.close()
  })
})

describe('core/README.md, The life of a read', () => {
  it('is the order in which an operation runs', async () => {
    const log: string[] = []
    const note = (step: string): void => void log.push(step)
    const storage = memoryStorage()
    const { clientele, shop } = await openShop({
      customerLists: { byId: (id) => (note('admit'), { id }), byTenant: silent },
      storage: over(storage, 'read', (list: string, work: (unit: ReadUnit) => Promise<unknown>) => {
        note('read')
        return storage.read(list, work)
      }),
      socialMediaUsers: () => (note('complete'), []),
    })
    await shop.createCustomer({ create: { customerNo: '1' } })
    log.length = 0
    await shop.findSocialMediaUsers({
      get customerNo() {
        note('asking')
        return '1'
      },
    })
    expect(log).to.deep.equal(stepsOf('The life of a read'))
    await clientele.close()
  })
})

/** A record that notes when it is stored; the document is the record. */
class NotingHeld extends Held {
  readonly #note: (step: string) => void
  constructor(note: (step: string) => void) {
    super({ lastName: 'Lebowski' })
    this.#note = note
  }
  protected documentOf(record: object): object {
    return record
  }
  protected createDraft(): Draft<object> {
    return new Draft(this.document, { name: 'customer', schema: {} })
  }
  async store(_unit: Unit, desired: object): Promise<void> {
    this.#note('store')
    this.record = desired
  }
  emitChange(): void {}
}

const noIds = { hex24: () => '', incident: () => '', customerNumber: () => '' }

/** An operation that notes what is asked of it; its handlers hold a record. */
function noting(note: (step: string) => void): WriteOperation<'updateCustomer'> {
  const held = new NotingHeld(note)
  return {
    name: 'updateCustomer',
    documents: {},
    prepare: () => (note('prepare'), undefined),
    load(unit) {
      note('load')
      return { previous: unit.hold('1', () => held).document as Customer }
    },
    judge: () => note('judge'),
    before: () => [held.draft.live, {}],
    apply: async () => note('apply'),
    after: () => [held.draft.live, {}],
    result: () => (note('result'), { result: held.document as Customer }),
  }
}

/** The storage, noting each flush and commit. */
function watched(storage: Storage, note: (step: string) => void): Storage {
  const flushing = (tx: WriteUnit): WriteUnit => over(tx, 'flush', () => (note('flush'), tx.flush()))
  return over(storage, 'write', async (list: string, work: (tx: WriteUnit) => Promise<unknown>) => {
    const result = await storage.write(list, (tx) => work(flushing(tx)))
    note('commit')
    return result
  })
}

/** An object with another method. */
function over<T extends object>(object: T, method: keyof T, instead: unknown): T {
  return new Proxy(object, {
    get(target, name) {
      const value: unknown = name === method ? instead : Reflect.get(target, name, target)
      return typeof value === 'function' ? (value.bind(target) as unknown) : value
    },
  })
}

function callOf() {
  return {
    operation: 'updateCustomer' as const,
    list: 'L',
    flavour: 'library',
    caller: undefined,
    wire: undefined,
    requestId: 'r',
    profile: libraryProfile,
    dryRun: false,
    custom: {},
    tasks: [],
    ends: [],
    events: [],
    trace: undefined,
    began: 0,
    changes: undefined,
    customersIn: () => {
      throw new Error('no handler asks for the library')
    },
    hasRunHandlers: false,
  }
}

describe('core/README.md, Rules of the unit of work: a closed library leaves nothing in the process', () => {
  it('what is asynchronous carries no frame of it', async () => {
    const carried = (): Promise<number> =>
      new Promise((resolve) => {
        setImmediate(() => resolve(Object.getOwnPropertySymbols(executionAsyncResource()).length))
      })
    const before = await carried()
    const plugin = definePlugin({ name: 'a', hooks: { 'dw.ocapi.data.customer_list.customers.beforePOST': silent } })
    const { clientele, shop } = await openShop({ plugins: [plugin] })
    await shop.createCustomer({ create: {} })
    await clientele.close()
    expect(await carried()).to.equal(before)
  })
})
