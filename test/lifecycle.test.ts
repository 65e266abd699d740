/** core/README.md, The life of a write: the diagram and the code are one. */
import { executionAsyncResource } from 'node:async_hooks'
import { expect } from 'chai'
import { describe, it } from 'mocha'
import { memoryStorage } from '../adapters/storage/local/memory.js'
import { Draft } from '../core/extension/draft.js'
import { Handlers } from '../core/extension/handlers.js'
import { createRegistry } from '../core/extension/registry.js'
import { definePlugin } from '../core/index.js'
import { customerChangeSchema } from '../core/model/schemas.js'
import { libraryProfile } from '../core/model/profile.js'
import { upgrader } from '../core/ports/storage.js'
import type { Storage, WriteUnit } from '../core/ports/storage.js'
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
  return [...diagram.matchAll(/^ {2}(\w+)\["(\w+) — /gm)].map((match) => {
    expect(match[1]).to.equal(match[2])
    return match[1] ?? ''
  })
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
          'dw.ocapi.data.customer_list.customer.beforePATCH': () => note('before'),
          'dw.ocapi.data.customer_list.customer.afterPATCH': () => note('after'),
        },
      }),
    ])
    const incidents = new Incidents({ ids: noIds, logger, onError: silent })
    const handlers = new Handlers<Unit>({ registry, limit: 1000, breaker: undefined, clock: () => new Date(), logger })
    await storage.open({ indexes: {}, lockWait: 1000, upgrade: upgrader(), warn: silent })
    const units = new Units({
      storage: flushing(storage, note),
      lists: { byId: (id) => ({ id }), byTenant: silent },
      handlers,
      incidents,
      logger,
      clock: () => new Date(),
      limit: 1000,
      beforeUnit: silent,
      stopPlugins: async () => undefined,
    })
    await units.perform(callOf(), noting(note), () => ({
      target: { customerNo: '1' },
      document: () => {
        note('document')
        return { update: {} }
      },
      precondition: () => note('precondition'),
    }))
    expect(log).to.deep.equal(stepsOf('The life of a write'))
    await units.close()
  })
})

/** A record that notes when it is stored. */
class NotingHeld extends Held {
  readonly document = { lastName: 'Lebowski' }
  readonly #note: (step: string) => void
  constructor(note: (step: string) => void) {
    super({})
    this.#note = note
  }
  protected createDraft(): Draft<object> {
    return new Draft<object>(this.document, { name: 'customer', schema: {} })
  }
  async store(): Promise<void> {
    this.#note('store')
  }
  emitChange(): void {}
}

const noIds = { hex24: () => '', incident: () => '', customerNumber: () => '' }

/** An operation that notes what is asked of it; the draft that its after handlers hold is stored as `store`. */
function noting(note: (step: string) => void): WriteOperation<'updateCustomer'> {
  return {
    name: 'updateCustomer',
    documents: {},
    prepare(): undefined {
      note('prepare')
    },
    load(unit) {
      note('load')
      const { draft } = unit.hold('1', () => new NotingHeld(note))
      return { previous: {} as never, draft }
    },
    judge: () => note('judge'),
    draft: (_, __, { update }) => new Draft(update, { name: 'update', schema: customerChangeSchema }),
    before: (_, update) => [{}, update],
    async apply() {
      note('apply')
    },
    after(loaded) {
      const { draft } = loaded as { readonly draft?: Draft<{ lastName?: string }> } & typeof loaded
      if (draft) draft.live.lastName = 'Sobchak'
      return [draft?.live, {}]
    },
    result() {
      note('result')
      return { result: {} as never }
    },
  }
}

/** The storage, noting each flush. */
function flushing(storage: Storage, note: (step: string) => void): Storage {
  const watched = (tx: WriteUnit): WriteUnit =>
    new Proxy(tx, {
      get(target, name) {
        if (name === 'flush') note('flush')
        const value: unknown = Reflect.get(target, name, target)
        return typeof value === 'function' ? (value.bind(target) as unknown) : value
      },
    })
  return new Proxy(storage, {
    get(target, name) {
      if (name === 'write')
        return (list: string, work: (tx: WriteUnit) => Promise<unknown>) =>
          target.write(list, (tx) => work(watched(tx)))
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? (value.bind(target) as unknown) : value
    },
  })
}

function callOf() {
  return {
    operation: 'updateCustomer',
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
