/** PostgreSQL under load and under fire: three example servers, one database with fsync on. */
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect } from 'chai'
import { after, afterEach, before, describe, it } from 'mocha'
import { postgresStorage } from '../../adapters/storage/postgres/postgres.js'
import { startServer } from '../support/child.js'
import type { ServerChild } from '../support/child.js'
import { send } from '../support/http.js'
import type { Answer } from '../support/http.js'
import { execute, startPostgres } from '../support/postgres.js'
import type { Server } from '../support/postgres.js'
import { openShop } from '../support/shop.js'
import { tokenOf } from '../support/tokens.js'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

interface App extends ServerChild {
  readonly token: string
}

const base = '/hybris/cecentercustomer/v1/sitegenesis/customers'
const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** A door to a database server that can be turned to another one, as a name in the network is after a failover. */
async function openDoor(target: string) {
  const sockets = new Set<Socket>()
  let { port } = new URL(target)
  const door = createServer((socket) => {
    const inner = connect(Number(port), '127.0.0.1')
    for (const [from, to] of [
      [socket, inner],
      [inner, socket],
    ] as const) {
      sockets.add(from)
      from.pipe(to)
      from.on('error', () => to.destroy()).on('close', () => (sockets.delete(from), to.destroy()))
    }
  }).listen(0, '127.0.0.1')
  await once(door, 'listening')
  const url = new URL(target)
  url.port = String((door.address() as AddressInfo).port)
  return {
    url: url.href,
    turn: (next: string) => {
      port = new URL(next).port
      for (const socket of sockets) socket.destroy()
    },
    close: () => {
      door.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

describe('under load, while things break: no acknowledged write is lost, 503 meanwhile, back by itself', () => {
  let database: Server
  let door: Awaited<ReturnType<typeof openDoor>>
  const apps: App[] = []
  const openApp = async (): Promise<App> => {
    const environment = { STORAGE: 'postgres', DATABASE_URL: door.url, CUSTOMER_LISTS: 'SiteGenesis:sitegenesis' }
    const server = await startServer(environment)
    return { ...server, token: await tokenOf(server.origin, 'yaas') }
  }
  before(async () => {
    database = await startPostgres({ durable: true })
    door = await openDoor(database.url())
    for (let i = 0; i < 3; i++) apps.push(await openApp())
  })
  after(async () => {
    for (const app of apps) await app.stop()
    door.close()
    await database.remove()
  })

  let names = 0
  /** What became of one customer: which changes were acknowledged, which are not known, and which were refused. */
  interface Story {
    readonly email: string
    id: string | undefined
    isUnknown: boolean
    /** `middleName` values: each change writes the next one. */
    acknowledged: number
    maybe: number
  }
  const statuses = new Map<string, number>()
  const ask = (app: App, method: string, path: string, json?: object): Promise<Answer | undefined> =>
    send(app.origin, {
      method,
      path: base + path,
      headers: { Authorization: `Bearer ${app.token}` },
      ...(json && { json }),
    }).catch(() => undefined)
  const note = (answer: Answer | undefined): void => {
    const status = answer === undefined ? 'broken off' : String(answer.status)
    statuses.set(status, (statuses.get(status) ?? 0) + 1)
    if (answer && answer.status === 503) expect(Number(answer.headers['retry-after'])).to.be.greaterThan(0)
  }
  /** True if the answer says that nothing was changed. */
  const isNothing = (answer: Answer | undefined): boolean =>
    answer?.status === 503 && answer.text.includes('Nothing was changed')

  /** Creates customers and changes each of them, through one app after the other, until told to stop. */
  const load = (isStopped: () => boolean) => {
    const stories: Story[] = []
    const work = async (): Promise<void> => {
      while (!isStopped()) {
        const email = `guest${++names}@example.com`
        const story: Story = { email, id: undefined, isUnknown: false, acknowledged: 0, maybe: 0 }
        stories.push(story)
        const pick = (): App => apps[Math.floor(Math.random() * apps.length)] as App
        const created = await ask(pick(), 'POST', '', { contactEmail: email, middleName: '0' })
        note(created)
        if (created?.status !== 201) {
          story.isUnknown = !isNothing(created)
          if (created === undefined) await wait(5)
          continue
        }
        story.id = created.json<{ id: string }>().id
        for (let change = 1; change <= 4; change++) {
          const body = { contactEmail: email, middleName: String(change) }
          const changed = await ask(pick(), 'PUT', `/${story.id}?partial=true`, body)
          note(changed)
          if (changed?.status === 200) story.acknowledged = story.maybe = change
          else if (!isNothing(changed)) story.maybe = change
        }
      }
    }
    return { stories, done: Promise.all(Array.from({ length: 12 }, work)) }
  }

  /** Runs load while `fault` happens, waits until all is well again, and compares every story with the database. */
  const survive = async (fault: () => Promise<void>): Promise<void> => {
    statuses.clear()
    let isStopped = false
    const { stories, done } = load(() => isStopped)
    await wait(500)
    await fault()
    const since = Date.now()
    for (const app of apps)
      while ((await ask(app, 'GET', '?pageSize=1'))?.status !== 200) {
        if (Date.now() - since > 5000)
          throw new Error(`it does not come back by itself within 5 s: ${app.output().slice(-3000)}`)
        await wait(20)
      }
    await wait(300)
    isStopped = true
    await done
    const { rows } = await execute(
      database.url(),
      `SELECT doc -> 'keys' ->> 'email' AS email, doc ->> 'secondName' AS change FROM clientele_customers`,
    )
    const stored = new Map(rows.map((row: { email: string; change: string }) => [row.email, Number(row.change)]))
    for (const story of stories) {
      const change = stored.get(story.email)
      if (story.id !== undefined) expect(change, `${story.email} is lost`).to.be.within(story.acknowledged, story.maybe)
      else if (!story.isUnknown) expect(change, `${story.email} was refused, and is stored`).to.equal(undefined)
    }
    console.log(`      ${stories.length} customers; answers: ${JSON.stringify(Object.fromEntries(statuses))}`)
    expect(stories.filter(({ id }) => id !== undefined)).to.have.length.greaterThan(5)
    for (const status of statuses.keys()) expect(['200', '201', '503', 'broken off']).to.include(status)
  }
  afterEach(() => {
    for (const app of apps) expect(/.*(unexpected error|uncaught).*/i.exec(app.output())?.[0] ?? '').to.equal('')
  })
  const terminate = () =>
    execute(
      database.url(),
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND application_name = 'clientele'`,
    )

  it('every connection is killed, again and again', () =>
    survive(async () => {
      for (let i = 0; i < 20; i++) {
        await terminate()
        await wait(100)
      }
    }))
  it('the database server is restarted', () =>
    survive(async () => {
      for (let i = 0; i < 4; i++) {
        await database.restart()
        await wait(400)
      }
    }))
  it('the database server crashes', () =>
    survive(async () => {
      for (let i = 0; i < 4; i++) {
        await database.restart('crash')
        await wait(400)
      }
    }))
  it('the database server is away for two seconds', () =>
    survive(async () => {
      await database.stop()
      await wait(2000)
      await database.start()
    }))
  it('an app process is killed with SIGKILL and started again', () =>
    survive(async () => {
      for (let i = 0; i < 3; i++) {
        expect((await (apps[i] as App).stop('SIGKILL')).signal).to.equal('SIGKILL')
        apps[i] = await openApp()
      }
    }))
  it('an operator holds a lock on the table', () =>
    survive(async () => {
      await execute(
        database.url(),
        'BEGIN; LOCK TABLE clientele_customers IN EXCLUSIVE MODE; SELECT pg_sleep(2); COMMIT',
      )
    }))
  it('a library keeps nothing of connections that were killed', async () => {
    const { clientele, shop } = await openShop({ storage: postgresStorage({ connectionString: database.url() }) })
    const work = async (): Promise<void> => {
      for (let n = 0; n < 100; n++)
        await shop.createCustomer({ create: { lastName: 'Lebowski' } }).catch(() => undefined)
    }
    const heaps: number[] = []
    for (let round = 0; round < 6; round++) {
      const working = Promise.all(Array.from({ length: 12 }, work))
      for (let n = 0; n < 5; n++) {
        await terminate()
        await wait(50)
      }
      await working
      collect()
      heaps.push(process.memoryUsage().heapUsed / 2 ** 20)
    }
    await clientele.close()
    console.log(`      MB after each round: ${heaps.map((heap) => heap.toFixed(1)).join(', ')}`)
    expect(heaps[5]).to.be.lessThan((heaps[1] as number) * 1.1)
  })
  it('the primary fails and its synchronous replica takes over', async () => {
    const standby = await startPostgres({ durable: true, standbyOf: database })
    await execute(database.url(), `ALTER SYSTEM SET synchronous_standby_names = '*'`)
    await execute(database.url(), 'SELECT pg_reload_conf()')
    const isSynchronous = `SELECT FROM pg_stat_replication WHERE sync_state = 'sync'`
    while ((await execute(database.url(), isSynchronous)).rowCount === 0) await wait(20)
    const failed = database
    await survive(async () => {
      await failed.stop('crash')
      // first a server that only reads, then the new primary
      door.turn(standby.url())
      await wait(500)
      database = standby
      await execute(standby.url(), 'ALTER SYSTEM RESET synchronous_standby_names')
      await execute(standby.url(), 'SELECT pg_reload_conf()')
      await execute(standby.url(), 'SELECT pg_promote()')
    })
    await failed.remove()
  })
})
