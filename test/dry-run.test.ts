/** Dry runs: everything runs, nothing stays (4.7). */
import { expect } from 'chai'
import { describe, it } from 'mocha'
import { memoryStorage } from '../adapters/storage/local/memory.js'
import { Secret, StaleVersion, Status } from '../core/index.js'
import type { Change, DomainEvent, Plugin } from '../core/index.js'
import { faultyStorage } from './faulty-storage.js'
import type { StorageFault } from './faulty-storage.js'
import { openShop, problemOf } from './support/shop.js'
import { contentsOf } from './support/ways.js'

const afterChange = 'dw.ocapi.data.customer_list.customer.afterPATCH'

async function open(plugins: readonly Plugin[] = []) {
  const storage = memoryStorage()
  const { clientele, shop } = await openShop({ storage, plugins })
  await shop.createCustomer({ create: { customerNo: 'C1', lastName: 'Lebowski', credentials: { login: 'dude' } } })
  for (const addressId of ['a', 'b']) await shop.createAddress({ customerNo: 'C1', create: { addressId } })
  await shop.createMapping({ create: { customerNumber: 'C1', sdCustomerNumber: '7' } })
  return { clientele, shop, storage, dry: clientele.dryRun('SiteGenesis') }
}

describe('dry run: everything runs, then everything is rolled back (4.7)', () => {
  it('gives the would-be result and the list of changes, and stores nothing', async () => {
    const { dry, shop, storage } = await open()
    const before = await contentsOf(storage)
    const { result, changes } = await dry.updateCustomer({ customerNo: 'C1', update: { lastName: 'Sobchak' } })
    expect(result).to.include({ customerNo: 'C1', lastName: 'Sobchak', version: 2 })
    expect(changes.length).to.equal(1)
    const [change] = changes
    expect(change?.kind).to.equal('customers')
    expect(change?.before).to.deep.equal(await shop.getCustomer({ customerNo: 'C1' }))
    expect(change?.after).to.deep.equal(result)
    expect(await contentsOf(storage)).to.equal(before)
  })

  it('lists every record of a cascade once, without keys and secrets', async () => {
    const { dry, storage } = await open()
    const before = await contentsOf(storage)
    const { changes } = await dry.deleteCustomer({ customerNo: 'C1' })
    expect(
      changes.map(({ kind, before, after }) => `${kind} ${before ? 'was' : ''} ${after ? 'is' : ''}`),
    ).to.have.members(['addresses was ', 'addresses was ', 'mappings was is', 'customers was '])
    const created = await dry.createCustomer({
      create: { credentials: { login: 'new' } },
      password: new Secret('marker-password'),
    })
    expect(created.changes.map(({ kind, before }) => [kind, before])).to.deep.equal([['customers', undefined]])
    expect(JSON.stringify([changes, created])).to.not.match(/scrypt|passwordHash|secret|"keys"|marker/)
    expect(await contentsOf(storage)).to.equal(before)
  })

  it('runs all handlers, who see context.dryRun; what they change and write is in the list', async () => {
    const seen: boolean[] = []
    const { dry } = await open([
      {
        name: 'writer',
        hooks: {
          async [afterChange](customer, _update, _list, { customers, dryRun }) {
            seen.push(dryRun)
            customer.title = 'Dr'
            await customers.deleteAddress({ customerNo: customer.customerNo, addressId: 'a' })
          },
        },
      },
    ])
    const { result, changes } = await dry.updateCustomer({ customerNo: 'C1', update: {} })
    expect(seen).to.deep.equal([true])
    expect(result.title).to.equal('Dr')
    expect(changes.map(({ kind, after }) => `${kind} ${after ? 'is' : 'gone'}`)).to.have.members([
      'customers is',
      'addresses gone',
      'addresses is',
    ])
  })

  it('lists nothing that is gone again in the end, and each record once when the unit was run again', async () => {
    const { dry } = await open([
      {
        name: 'there and back',
        hooks: {
          async [afterChange](_customer, _update, _list, { customers }) {
            await customers.createCustomer({ create: { customerNo: 'C2' } })
            await customers.deleteCustomer({ customerNo: 'C2' })
          },
        },
      },
    ])
    expect((await dry.updateCustomer({ customerNo: 'C1', update: {} })).changes).to.deep.equal([])
    const lost: StorageFault = { step: 'flush', nth: 1, does: 'fail', error: new StaleVersion('customers', '1') }
    const { clientele } = await openShop({ storage: faultyStorage(memoryStorage(), [lost]) })
    expect((await clientele.dryRun('SiteGenesis').createCustomer({ create: {} })).changes.length).to.equal(1)
  })

  it('lists nothing for a write that changes nothing', async () => {
    const { dry } = await open()
    expect((await dry.updateCustomer({ customerNo: 'C1', update: { lastName: 'Lebowski' } })).changes).to.deep.equal([])
  })

  it('what a call that is no dry run has changed is told too, if it is asked for; a throw there changes nothing', async () => {
    const { clientele, shop } = await open()
    const told: unknown[] = []
    const write = (lastName: string, onChanges: (changes: readonly Change[]) => void) =>
      clientele.write('updateCustomer', {
        list: 'SiteGenesis',
        target: { customerNo: 'C1' },
        document: () => ({ update: { lastName } }),
        onChanges,
      })
    const before = await shop.getCustomer({ customerNo: 'C1' })
    const { result } = await write('Sobchak', (changes) => told.push(...changes))
    expect(told).to.deep.equal([{ kind: 'customers', before, after: result }])
    await write('Kerabatsos', () => {
      throw new Error('mine')
    })
    expect(await shop.getCustomer({ customerNo: 'C1' })).to.include({ lastName: 'Kerabatsos' })
  })

  it('tells no events and runs no tasks', async () => {
    const told: unknown[] = []
    const { clientele, dry } = await open([
      {
        name: 'p',
        hooks: { [afterChange]: (_c, _u, _l, { afterCommit }) => afterCommit(() => void told.push('task')) },
      },
    ])
    clientele.subscribe((event: DomainEvent) => void told.push(event.name))
    await dry.updateCustomer({ customerNo: 'C1', update: { lastName: 'x' } })
    await clientele.idle()
    expect(told).to.deep.equal([])
  })

  it('fails as the write would', async () => {
    const { dry } = await open([{ name: 'strict', hooks: { [afterChange]: () => Status.error('NO', 'no') } }])
    expect(await problemOf(dry.updateCustomer({ customerNo: 'C1', update: {} }))).to.equal('refusedByHook')
    expect(await problemOf(dry.createCustomer({ create: { customerNo: 'c1' } }))).to.equal('customerNoInUse')
    expect(await problemOf(dry.createCustomer({ create: { credentials: { login: 'DUDE' } } }))).to.equal('loginInUse')
    expect(await problemOf(dry.deleteCustomer({ customerNo: 'nobody' }))).to.equal('customerNotFound')
  })

  it('is no part of a handler', async () => {
    let library: Awaited<ReturnType<typeof open>> | undefined
    const { shop } = (library = await open([
      {
        name: 'p',
        hooks: { [afterChange]: async () => void (await library?.dry.deleteCustomer({ customerNo: 'C1' })) },
      },
    ]))
    expect(await problemOf(shop.updateCustomer({ customerNo: 'C1', update: {} }))).to.equal('internal')
  })
})
