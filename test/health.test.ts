import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { expect } from 'chai'
import { describe, it } from 'mocha'
import { jsonFileStorage } from '../adapters/storage/file/json-file.js'
import { memoryStorage } from '../adapters/storage/local/memory.js'
import { postgresStorage } from '../adapters/storage/postgres/postgres.js'
import { definePlugin } from '../core/index.js'
import type { Plugin } from '../core/index.js'
import { faultyStorage } from './faulty-storage.js'
import { start } from './support/child.js'
import { send } from './support/http.js'
import { freePort, newDatabase } from './support/postgres.js'
import { problemOf, openShop } from './support/shop.js'

const bearer = { Authorization: 'Bearer my-token' }

async function open(plugins: readonly Plugin[] = []) {
  const storage = faultyStorage(memoryStorage())
  return { storage, ...(await openShop({ storage, plugins, breaker: { window: 1, failures: 0 } })) }
}

describe('core/README.md, Health', () => {
  it('a library that can serve says so, with how long its storage takes', async () => {
    const { clientele } = await open()
    const health = await clientele.health()
    expect(health).to.deep.include({ ok: true, closing: false, running: 0, breakers: [] })
    expect(health.storage).to.include({ reachable: true, writable: true }).and.not.have.property('error')
    expect(health.storage.readMs).to.be.within(0, 1_000)
    await clientele.close()
  })

  it('a storage that cannot be read, cannot store or does not answer in time is told, in time', async () => {
    const { clientele, storage } = await open()
    const unwritable = storage.inject({ step: 'counter', does: 'fail' })
    const cannot = await clientele.health()
    expect(cannot.ok).to.equal(false)
    expect(cannot.storage).to.include({ reachable: true, writable: false, error: 'fault at counter' })
    unwritable()
    storage.inject({ step: 'read', does: 'hang' })
    const [one, other] = await Promise.all([clientele.health(20), clientele.health(20)])
    expect(one.storage).to.include({ reachable: false, writable: true, error: 'no answer in 20 ms' })
    expect(other.storage).to.equal(one.storage)
    storage.heal()
    expect((await clientele.health()).ok).to.equal(true)
    await clientele.close()
  })

  it('shows the pool of PostgreSQL and the lag of a journal', async () => {
    const postgres = await openShop({ storage: postgresStorage({ connectionString: await newDatabase() }) })
    let end = (): void => undefined
    const gate = new Promise<void>((resolve) => (end = resolve))
    const writing = postgres.clientele.transaction('SiteGenesis', async ({ customers }) => {
      await customers.createCustomer({ create: {} })
      await customers.createAddress({ customerNo: '00000001', create: {} })
      await gate
    })
    while ((await postgres.clientele.health()).storage.figures['connectionsInUse'] === 0) continue
    const { figures } = (await postgres.clientele.health()).storage
    expect(figures).to.include({ connections: 10, connectionsInUse: 1, waiting: 0, poolWaiting: 0 })
    expect(figures['poolTotal']).to.be.within(1, 10)
    end()
    await writing
    await postgres.clientele.close()
    const folder = await mkdtemp(path.join(os.tmpdir(), 'clientele-health-'))
    const file = await openShop({ storage: jsonFileStorage({ file: path.join(folder, 'customers.json') }) })
    await file.shop.createCustomer({ create: {} })
    const lag = (await file.clientele.health()).storage.figures
    expect(lag).to.include({ commitsWaiting: 0 })
    expect(lag['journalBytes']).to.be.greaterThan(100)
    expect(lag['journalGroupsAfterSnapshot']).to.be.greaterThan(0)
    await file.clientele.close()
    await rm(folder, { recursive: true })
  })

  it('names points whose breaker is not closed, what runs, and that it closes', async () => {
    const point = 'dw.ocapi.data.customer_list.customers.beforePOST'
    const failing = definePlugin({ name: 'failing', hooks: { [point]: () => Promise.reject(new Error('no')) } })
    const { clientele, shop, storage } = await open([failing])
    expect(await problemOf(shop.createCustomer({ create: {} }))).to.equal('internal')
    expect((await clientele.health()).breakers).to.deep.equal([{ point, state: 'open' }])
    storage.inject({ step: 'commit', does: 'hang' })
    const writing = shop.createMapping({ create: { customerNumber: '1', sdCustomerNumber: '2' } })
    expect((await clientele.health()).running).to.equal(1)
    storage.heal()
    await writing
    await clientele.close()
    expect(await clientele.health()).to.include({ ok: false, closing: true, running: 0 })
  })

  it('examples/lifecycle.ts: readiness off, then a running request ends, then it exits', async () => {
    const child = start('examples/lifecycle.js', { PORT: String(await freePort()), DRAIN_MS: '200' })
    const [, origin = ''] = await child.printed(/listening on (\S+)/)
    const statusOf = async (path: string) => (await send(origin, { path, headers: bearer })).status
    expect([await statusOf('/health'), await statusOf('/ready'), await statusOf('/else')]).to.deep.equal([
      200, 200, 404,
    ])
    const ended = child.stop('SIGTERM')
    let status = await statusOf('/ready')
    while (status === 200) status = await statusOf('/ready')
    expect(status).to.equal(503)
    expect(await statusOf('/dw/data/v16_2/customer_lists/SiteGenesis')).to.equal(200)
    expect(await ended).to.deep.equal({ code: 0, signal: null })
  })
})
