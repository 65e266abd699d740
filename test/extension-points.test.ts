/** The twelve extension points of the seed, through the library and through both APIs: arguments, changes, refusals, throws. */
import { expect } from 'chai'
import { describe, it } from 'mocha'
import { Status } from '../core/index.js'
import type { Context, ExtensionPoint, Plugin } from '../core/index.js'
import { extensionPoints } from '../core/index.js'
import { contentsOf, ways } from './support/ways.js'
import type { OpenWay, Outcome } from './support/ways.js'

const stem = 'dw.ocapi.data.customer_list'

interface Fixture {
  readonly customerNo: string
  readonly addressId: string
}

/** One of the twelve points: what its handlers get (hooks/README.md, Extension points), what runs it, and whether its changes can be seen. */
interface Row {
  readonly point: ExtensionPoint
  readonly args: readonly string[]
  readonly run: (way: OpenWay, fixture: Fixture) => Promise<Outcome>
  /** State before the change; absent on create. */
  readonly previous?: 'customer' | 'customerAddress'
  /** Where an in-place change shows afterwards. */
  readonly shows: readonly ('answer' | 'customer')[]
}

const person = { lastName: 'Lebowski', email: 'dude@example.com' }
const rows: readonly Row[] = [
  {
    point: `${stem}.customers.beforePOST`,
    args: ['create', 'list', 'context'],
    run: (way) => way.createCustomer({ ...person, email: 'new@example.com' }),
    shows: ['answer'],
  },
  {
    point: `${stem}.customers.afterPOST`,
    args: ['customer', 'create', 'list', 'context'],
    run: (way) => way.createCustomer({ ...person, email: 'new@example.com' }),
    shows: ['answer'],
  },
  {
    point: `${stem}.customer.beforePATCH`,
    args: ['customer', 'update', 'list', 'context'],
    run: (way, { customerNo }) => way.updateCustomer(customerNo, { lastName: 'changed' }),
    previous: 'customer',
    shows: ['answer', 'customer'],
  },
  {
    point: `${stem}.customer.afterPATCH`,
    args: ['customer', 'update', 'list', 'context'],
    run: (way, { customerNo }) => way.updateCustomer(customerNo, { lastName: 'changed' }),
    previous: 'customer',
    shows: ['answer', 'customer'],
  },
  {
    point: `${stem}.customer.beforeDELETE`,
    args: ['customer', 'list', 'context'],
    run: (way, { customerNo }) => way.deleteCustomer(customerNo),
    previous: 'customer',
    shows: [],
  },
  {
    point: `${stem}.customer.afterDELETE`,
    args: ['list', 'context'],
    run: (way, { customerNo }) => way.deleteCustomer(customerNo),
    previous: 'customer',
    shows: [],
  },
  {
    point: `${stem}.customer.addresses.beforePOST`,
    args: ['customer', 'create', 'list', 'context'],
    run: (way, { customerNo }) => way.createAddress(customerNo, { city: 'Köln' }),
    shows: ['answer', 'customer'],
  },
  {
    point: `${stem}.customer.addresses.afterPOST`,
    args: ['customer', 'customerAddress', 'create', 'list', 'context'],
    run: (way, { customerNo }) => way.createAddress(customerNo, { city: 'Köln' }),
    shows: ['answer', 'customer'],
  },
  {
    point: `${stem}.customer.address.beforePATCH`,
    args: ['customer', 'customerAddress', 'update', 'list', 'context'],
    run: (way, { customerNo, addressId }) => way.updateAddress(customerNo, addressId, { city: 'Bonn' }),
    previous: 'customerAddress',
    shows: ['answer', 'customer'],
  },
  {
    point: `${stem}.customer.address.afterPATCH`,
    args: ['customer', 'customerAddress', 'update', 'list', 'context'],
    run: (way, { customerNo, addressId }) => way.updateAddress(customerNo, addressId, { city: 'Bonn' }),
    previous: 'customerAddress',
    shows: ['answer', 'customer'],
  },
  {
    point: `${stem}.customer.address.beforeDELETE`,
    args: ['customer', 'customerAddress', 'list', 'context'],
    run: (way, { customerNo, addressId }) => way.deleteAddress(customerNo, addressId),
    previous: 'customerAddress',
    shows: ['customer'],
  },
  {
    point: `${stem}.customer.address.afterDELETE`,
    args: ['customer', 'list', 'context'],
    run: (way, { customerNo, addressId }) => way.deleteAddress(customerNo, addressId),
    previous: 'customerAddress',
    shows: ['customer'],
  },
]

type AnyHandler = (...args: unknown[]) => Status | void | Promise<Status | void>

/** A plug-in with one handler for some points. */
function pluginAt(points: readonly string[], handler: AnyHandler, name = 'probe'): Plugin {
  return { name, hooks: Object.fromEntries(points.map((point) => [point, handler])) }
}

/** What an argument is, told from itself and from the point. */
function nameOf(point: string, value: unknown): string {
  if (value === 'SiteGenesis') return 'list'
  if (value === null || typeof value !== 'object') return typeof value
  if ('extensionPoint' in value) return 'context'
  if ('creationDate' in value) return 'addressId' in value ? 'customerAddress' : 'customer'
  return point.endsWith('POST') ? 'create' : 'update'
}

const documentsOf = (args: readonly unknown[]) =>
  args.filter(
    (arg): arg is Record<string, unknown> => typeof arg === 'object' && arg !== null && !('extensionPoint' in arg),
  )

/** Opens a way, makes one customer with one address, and only then lets the handler work. */
async function withFixture(
  open: (typeof ways)[number],
  point: string,
  handler: AnyHandler,
  story: (way: OpenWay, fixture: Fixture) => Promise<void>,
): Promise<void> {
  let isArmed = false
  const way = await open.open({ plugins: [pluginAt([point], (...args) => (isArmed ? handler(...args) : undefined))] })
  try {
    const { id: customerNo = '' } = await way.createCustomer(person)
    const { id: addressId = '' } = await way.createAddress(customerNo, { city: 'Bochum' })
    isArmed = true
    await story(way, { customerNo, addressId })
  } finally {
    await way.stop()
  }
}

for (const way of ways)
  describe(`extension points through ${way.name === 'library' ? 'the library' : way.name}`, () => {
    for (const { point, args, run, previous, shows } of rows)
      describe(point.slice(stem.length + 1), () => {
        it('4.2, 4.7: arguments of the seed in order, then the context', async () => {
          const calls: unknown[][] = []
          const handler = (...args: unknown[]) => void calls.push(args)
          await withFixture(way, point, handler, async (open, fixture) => {
            expect((await run(open, fixture)).result).to.equal('done')
            expect(calls.length).to.equal(1)
            const [given] = calls as [unknown[]]
            expect(given.map((arg) => nameOf(point, arg))).to.deep.equal(args)
            const context = given.at(-1) as Context
            expect(context).to.include({ extensionPoint: point, flavour: way.name, dryRun: false })
            expect(context.caller?.clientId).to.equal(
              { library: undefined, ocapi: 'ocapi-client', yaas: 'shop.client' }[way.name],
            )
            expect(context.requestId).to.be.a('string').that.is.not.empty
            expect(context.signal).to.be.instanceOf(AbortSignal)
            const before = context.previous as object | undefined
            expect(before === undefined ? undefined : nameOf(point, before)).to.equal(previous)
            if (before) expect(Object.isFrozen(before)).to.be.true
          })
        })

        it('4.5: Status.ERROR rolls everything back, and the client gets point, code, message and details', async () => {
          const handler = (...args: unknown[]) => {
            for (const document of documentsOf(args))
              if (!Object.isFrozen(document)) document['companyName'] = 'in place'
            return Status.error('NO', 'not today', { day: 'Monday' })
          }
          await withFixture(way, point, handler, async (open, fixture) => {
            const before = await contentsOf(open.storage)
            expect(await run(open, fixture)).to.deep.equal({
              result: 'refused',
              refusal: { extensionPoint: point, code: 'NO', message: 'not today', details: { day: 'Monday' } },
            })
            expect(await contentsOf(open.storage)).to.equal(before)
          })
        })

        it('4.5: a throw, also a late one, rolls everything back and is an internal error', async () => {
          for (const handler of [
            () => {
              throw new Error('at once')
            },
            async () => {
              await new Promise((resolve) => setImmediate(resolve))
              throw new Error('late')
            },
          ])
            await withFixture(way, point, handler, async (open, fixture) => {
              const before = await contentsOf(open.storage)
              expect(await run(open, fixture)).to.deep.equal({ result: 'internal' })
              expect(await contentsOf(open.storage)).to.equal(before)
            })
        })

        if (shows.length > 0)
          it(`4.4: what a handler changes in place is part of the write: ${shows.join(', ')}`, async () => {
            const handler = (...args: unknown[]) => {
              for (const document of documentsOf(args))
                if (!Object.isFrozen(document)) document['companyName'] = 'in place'
            }
            await withFixture(way, point, handler, async (open, fixture) => {
              const outcome = await run(open, fixture)
              expect(outcome.result).to.equal('done')
              if (shows.includes('answer')) expect(outcome.companyName).to.equal('in place')
              const shop = open.clientele.list('SiteGenesis')
              if (shows.includes('customer'))
                expect(await shop.getCustomer({ customerNo: fixture.customerNo })).to.include({
                  companyName: 'in place',
                })
            })
          })
      })
  })

describe('extension points: the same story through the library and both APIs gives the same hook log (1.3, 4.1, 4.2)', () => {
  it('every point, in the same order, with the same arguments', async () => {
    const logs = []
    for (const way of ways) {
      const log: unknown[] = []
      const names = new Map<string, string>()
      const placeholder = (id: unknown) => {
        if (typeof id !== 'string') return undefined
        if (!names.has(id)) names.set(id, `id ${names.size + 1}`)
        return names.get(id)
      }
      /** What no profile decides (1.7): numbers and ids by their order, and what the story says. */
      const shown = (value: unknown) => {
        if (value === null || typeof value !== 'object') return value
        const { customerNo, addressId, lastName, email, city, companyName, version, isDefault } = value as Record<
          string,
          unknown
        >
        const id = 'creationDate' in value ? placeholder(addressId ?? customerNo) : undefined
        return { id, lastName, email, city, companyName, version, ...('creationDate' in value && { isDefault }) }
      }
      const plugins = [
        pluginAt(
          extensionPoints.map(({ name }) => name),
          (...args) => {
            const context = args.pop() as Context
            log.push([context.extensionPoint, args.map((arg) => shown(arg)), shown(context.previous)])
            for (const document of documentsOf(args))
              if (!Object.isFrozen(document)) document['companyName'] = `set at ${context.extensionPoint}`
          },
        ),
      ]
      const open = await way.open({ plugins })
      const { id: customerNo = '' } = await open.createCustomer(person)
      await open.updateCustomer(customerNo, { lastName: 'Walter' })
      const { id: home = '' } = await open.createAddress(customerNo, { city: 'Köln' })
      const { id: office = '' } = await open.createAddress(customerNo, { city: 'Bonn' })
      await open.updateAddress(customerNo, office, { city: 'Bochum' })
      await open.deleteAddress(customerNo, home)
      await open.deleteCustomer(customerNo)
      await open.stop()
      expect(log.length, way.name).to.equal(14)
      logs.push(JSON.stringify(log, undefined, 1))
    }
    expect(logs[1], 'ocapi').to.equal(logs[0])
    expect(logs[2], 'yaas').to.equal(logs[0])
  })
})

/** What a value is, by its property names. */
function shapeOf(value: unknown): string {
  if (value === 'SiteGenesis') return 'list'
  if (Array.isArray(value)) return `mappings (${value.length})`
  if (value === null || typeof value !== 'object') return typeof value
  return 'creationDate' in value ? 'customer' : Object.keys(value).toSorted().join(' ')
}

describe('extension points of our own, for operations that OCAPI does not know (4.1)', () => {
  it('get the arguments of decision 4.1, the same through YaaS and the library', async () => {
    const logs = []
    for (const way of ways.filter(({ name }) => name !== 'ocapi')) {
      const log: unknown[] = []
      const own = extensionPoints.map(({ name }) => name).filter((name) => name.startsWith('clientele.'))
      const open = await way.open({
        plugins: [
          pluginAt(own, (...args) => {
            const { extensionPoint, previous } = args.pop() as Context
            log.push([extensionPoint, ...args.map((arg) => shapeOf(arg)), `previous ${shapeOf(previous)}`])
          }),
        ],
      })
      const { id: customerNo = '' } = await open.createCustomer({ lastName: 'Nobody' })
      await open.createAccount(customerNo, 'dude@example.com')
      await open.createMapping(customerNo, '7')
      await open.deleteMappings(customerNo)
      await open.stop()
      logs.push(log)
    }
    expect(logs[0]).to.deep.equal([
      ['clientele.customer.accounts.beforePOST', 'customer', 'email', 'list', 'previous undefined'],
      ['clientele.customer.accounts.afterPOST', 'customer', 'id providerId', 'email', 'list', 'previous undefined'],
      ['clientele.sd_customer_mappings.beforePOST', 'customerNumber sdCustomerNumber', 'list', 'previous undefined'],
      [
        'clientele.sd_customer_mappings.afterPOST',
        'customerNumber deletedInYaaS id sdCustomerNumber',
        'customerNumber sdCustomerNumber',
        'list',
        'previous undefined',
      ],
      ['clientele.sd_customer_mapping.beforeDELETE', 'mappings (1)', 'list', 'previous mappings (1)'],
      ['clientele.sd_customer_mapping.afterDELETE', 'mappings (1)', 'list', 'previous mappings (1)'],
    ])
    expect(logs[1]).to.deep.equal(logs[0])
  })

  it('roll back on Status.ERROR and on a throw', async () => {
    for (const way of ways.filter(({ name }) => name !== 'ocapi'))
      for (const { name } of extensionPoints.filter(({ name }) => name.startsWith('clientele.')))
        for (const [handler, result] of [
          [() => Status.error('NO', 'no'), 'refused'],
          [() => Promise.reject(new Error('bad')), 'internal'],
        ] as const) {
          let isArmed = false
          const open = await way.open({ plugins: [pluginAt([name], () => (isArmed ? handler() : undefined))] })
          const { id: customerNo = '' } = await open.createCustomer({ lastName: 'Nobody' })
          await open.createMapping(customerNo, '7')
          isArmed = true
          const before = await contentsOf(open.storage)
          const outcome = name.includes('accounts')
            ? await open.createAccount(customerNo, 'dude@example.com')
            : name.includes('mappings')
              ? await open.createMapping(customerNo, '8')
              : await open.deleteMappings(customerNo)
          expect(outcome.result, `${way.name} ${name}`).to.equal(result)
          expect(await contentsOf(open.storage)).to.equal(before)
          await open.stop()
        }
  })
})
