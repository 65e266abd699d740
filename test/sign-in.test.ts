/** 1.18: `verifyPassword` on every storage: constant work, attempts that count, hashes of other systems; the customer stays as it is. */
import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { expect } from 'chai'
import { describe, it } from 'mocha'
import { jsonFileStorage } from '../adapters/storage/file/json-file.js'
import { memoryStorage } from '../adapters/storage/local/memory.js'
import { postgresStorage } from '../adapters/storage/postgres/postgres.js'
import { PasswordHash, Secret, SetupError, createClientele, definePlugin, extensionPoints } from '../core/index.js'
import type { ClienteleOptions, DomainEvent, HashPassword, PasswordHashFormat, Storage } from '../core/index.js'
import { faultyStorage } from './faulty-storage.js'
import { newDatabase } from './support/postgres.js'
import { openShop, problemOf } from './support/shop.js'

const engines: readonly (readonly [string, () => Promise<{ storage: Storage; folder?: string }>])[] = [
  ['memory', async () => ({ storage: memoryStorage() })],
  [
    'json-file',
    async () => {
      const folder = await mkdtemp(path.join(os.tmpdir(), 'clientele-sign-in-'))
      return { storage: jsonFileStorage({ file: path.join(folder, 'customers.json') }), folder }
    },
  ],
  ['postgres', async () => ({ storage: postgresStorage({ connectionString: await newDatabase() }) })],
]

/** Hashes that cost nothing, and how often each function was called. */
function cheapHashes() {
  const calls = { hashed: 0, verified: 0, old: 0 }
  const hashPassword: HashPassword = async (password) => (calls.hashed++, `$now$${password.reveal()}`)
  const form = (prefix: string, count: () => void, isCurrent: boolean): PasswordHashFormat => ({
    matches: (hash) => hash.startsWith(prefix),
    verify: (password, hash) => (count(), hash === prefix + password.reveal()),
    isCurrent: () => isCurrent,
  })
  const passwordHashes = [form('$now$', () => calls.verified++, true), form('{old}', () => calls.old++, false)]
  return { calls, options: { hashPassword, passwordHashes } }
}

const login = 'Dude@example.com'
const right = new Secret('right')
const wrong = new Secret('wrong')

async function open(storage: Storage, more: Partial<ClienteleOptions> = {}) {
  const { calls, options } = cheapHashes()
  const time = { now: Date.parse('2026-01-01T00:00:00.000Z') }
  const {
    clientele,
    shop: _,
    ...rest
  } = await openShop({ storage, clock: () => new Date(time.now), ...options, ...more })
  const shop = clientele.list('SiteGenesis')
  const events: DomainEvent[] = []
  clientele.subscribe('customer-locked-out', (event) => void events.push(event))
  const create = (customerNo: string, password: Secret, name = login) =>
    shop.createCustomer({ create: { customerNo, credentials: { login: name } }, password })
  const signIn = (password: Secret, name = login) => shop.verifyPassword({ login: name, password })
  /** What signing in has left of customers; attempts of nobody are counted too. */
  const signIns = () =>
    storage.read('SiteGenesis', async (unit) => {
      const { items } = await unit.signIns.find({})
      return items.map(({ signIn }) => signIn).filter(({ of }) => of !== 'nobody')
    })
  return { ...rest, clientele, shop, calls, time, events, create, signIn, signIns }
}

for (const [name, engine] of engines) {
  const on = async (
    more: Partial<ClienteleOptions>,
    work: (opened: Awaited<ReturnType<typeof open>>) => Promise<void>,
  ) => {
    const { storage, folder } = await engine()
    const opened = await open(storage, more)
    try {
      await work(opened)
    } finally {
      await opened.clientele.close()
      if (folder !== undefined) await rm(folder, { recursive: true })
    }
  }
  const lock = { after: 3, forMs: 60_000 }

  describe(`1.18: signing in on ${name}`, () => {
    it('gives the customer for the right password, and nothing for all else', () =>
      on({}, async ({ shop, create, signIn, signIns }) => {
        await create('C1', right)
        expect(await signIn(right)).to.deep.equal({ customerNo: 'C1' })
        expect(await signIn(right, ` ${login.toUpperCase()} `)).to.deep.equal({ customerNo: 'C1' })
        expect(await signIn(wrong)).to.equal(undefined)
        expect(await signIn(right, 'nobody')).to.equal(undefined)
        await shop.createCustomer({ create: { customerNo: 'C2', credentials: { login: 'none' } } })
        expect(await signIn(right, 'none')).to.equal(undefined)
        await create('C3', right, 'locked')
        await shop.updateCustomer({ customerNo: 'C3', update: { credentials: { locked: true } } })
        await create('C4', right, 'inactive')
        await shop.updateCustomer({ customerNo: 'C4', update: { active: false } })
        for (const other of ['locked', 'inactive']) expect(await signIn(right, other), other).to.equal(undefined)
        expect(await signIns()).to.deep.equal([])
      }))

    it('locks a login out after wrong passwords, answers as for a wrong one, and an event tells', () =>
      on({ lock }, async ({ clientele, create, signIn, time, events }) => {
        await create('C1', right)
        for (let attempt = 1; attempt < 3; attempt++) expect(await signIn(wrong)).to.equal(undefined)
        expect(await signIn(right)).to.deep.equal({ customerNo: 'C1' })
        await clientele.idle()
        expect(events).to.deep.equal([])
        for (let attempt = 1; attempt <= 3; attempt++) await signIn(wrong)
        time.now += lock.forMs - 1
        expect(await signIn(right)).to.equal(undefined)
        await clientele.idle()
        const until = '2026-01-01T00:01:00.000Z'
        const payload = { customerNumber: 'C1', attempts: 3, until }
        expect(events.map((event) => event.payload)).to.deep.equal([payload, { ...payload, attempts: 4 }])
        time.now += 1
        expect(await signIn(right)).to.deep.equal({ customerNo: 'C1' })
      }))

    it('counts before it hashes: of fifty attempts at once, three are looked at', () =>
      on({ lock, limits: { hashesWaiting: 100 } }, async ({ clientele, create, signIn, signIns, events }) => {
        await create('C1', right)
        await Promise.all(Array.from({ length: 50 }, () => signIn(wrong)))
        expect(await signIn(right)).to.equal(undefined)
        await clientele.idle()
        expect((await signIns()).map(({ attempts }) => attempts)).to.deep.equal([51])
        expect(events).to.have.lengthOf(51 - 2)
      }))

    it('changes nothing of the customer, and runs no hooks', () => {
      const ran: string[] = []
      const hooks = Object.fromEntries(extensionPoints.map(({ name: point }) => [point, () => void ran.push(point)]))
      return on({ lock, plugins: [definePlugin({ name: 'all', hooks })] }, async ({ shop, create, signIn, calls }) => {
        await create('C1', new PasswordHash('{old}right'))
        const before = await shop.getCustomer({ customerNo: 'C1' })
        ran.length = 0
        await signIn(wrong)
        await signIn(right)
        expect(await shop.getCustomer({ customerNo: 'C1' })).to.deep.equal(before)
        expect(ran).to.deep.equal([])
        expect(calls).to.deep.equal({ hashed: 2, verified: 0, old: 2 })
      })
    })

    it('a hash of another system is made anew once its password comes; a new password ends what was known', () =>
      on({ lock }, async ({ shop, create, signIn, signIns, calls }) => {
        await create('C1', new PasswordHash('{old}right'))
        expect(calls.hashed).to.equal(0)
        for (let time = 1; time <= 2; time++) expect(await signIn(right)).to.deep.equal({ customerNo: 'C1' })
        expect(calls).to.deep.equal({ hashed: 1, verified: 1, old: 1 })
        expect((await signIns()).map(({ passwordHash }) => passwordHash)).to.deep.equal(['$now$right'])
        for (let attempt = 1; attempt <= 4; attempt++) await signIn(wrong)
        expect(await signIn(right)).to.equal(undefined)
        await shop.updateCustomer({ customerNo: 'C1', update: {}, password: new Secret('other') })
        expect(await signIns()).to.deep.equal([])
        expect(await signIn(right)).to.equal(undefined)
        expect(await signIn(new Secret('other'))).to.deep.equal({ customerNo: 'C1' })
        expect(await signIns()).to.have.lengthOf(1)
        await shop.updateCustomer({ customerNo: 'C1', update: {}, password: null })
        expect(await signIn(new Secret('other'))).to.equal(undefined)
        expect(await signIns()).to.deep.equal([])
        await create('C2', right, 'another')
        await signIn(wrong, 'another')
        expect(await signIns()).to.have.lengthOf(1)
        await shop.deleteCustomer({ customerNo: 'C2' })
        expect(await signIns()).to.deep.equal([])
      }))

    it('holds no lock while it hashes, and waits for none of a write that runs', () => {
      const started = signal()
      const release = signal()
      const slow: PasswordHashFormat = {
        matches: () => true,
        async verify() {
          started.give()
          await release.given
          return true
        },
      }
      return on({ lock, passwordHashes: [slow] }, async ({ clientele, shop, create, signIn }) => {
        await create('C1', right)
        const signing = signIn(right)
        await started.given
        await shop.updateCustomer({ customerNo: 'C1', update: { lastName: 'Lebowski' } })
        release.give()
        expect(await signing).to.deep.equal({ customerNo: 'C1' })
        const written = signal()
        const end = signal()
        const writing = clientele.transaction('SiteGenesis', async ({ customers }) => {
          await customers.updateCustomer({ customerNo: 'C1', update: { lastName: 'Sobchak' } })
          written.give()
          await end.given
        })
        await written.given
        expect(await signIn(right)).to.deep.equal({ customerNo: 'C1' })
        end.give()
        await writing
      })
    })
  })
}

describe('1.18: signing in tells nobody whether a login is there', () => {
  it('whatever the login, a password is hashed once as it is today, and as much is stored', async () => {
    const storage = faultyStorage(memoryStorage())
    const { clientele, create, signIn, calls } = await open(storage, { lock: { after: 1, forMs: 60_000 } })
    await create('C1', right)
    await create('C2', new PasswordHash('{old}right'), 'old')
    const cost = async (password: Secret, name: string) => {
      storage.forget()
      Object.assign(calls, { hashed: 0, verified: 0, old: 0 })
      expect(await signIn(password, name)).to.equal(undefined)
      return {
        hashes: calls.hashed + calls.verified,
        asked: storage.log.map(({ step, kind }) => `${step} ${kind ?? ''}`),
      }
    }
    const first = await cost(wrong, 'nobody')
    const later = await cost(wrong, 'nobody')
    expect([first.hashes, later.hashes]).to.deep.equal([1, 1])
    expect(first.asked).to.include('insert signIns')
    expect(later.asked).to.include('update signIns')
    expect(await cost(wrong, login), 'wrong').to.deep.equal(first)
    expect(await cost(right, login), 'locked out').to.deep.equal(later)
    expect(await cost(wrong, 'old'), 'old').to.deep.equal(first)
    expect(await cost(new Secret('x'.repeat(1_025)), 'nobody'), 'too long').to.deep.equal(later)
    await clientele.close()
  })

  it('hashing takes turns with that of new passwords, and a queue that is full is 503', async () => {
    const release = signal()
    const started = signal()
    const limits = { hashes: 1, hashesWaiting: 1 }
    const hashPassword: HashPassword = async (password) => {
      started.give()
      await release.given
      return `$now$${password.reveal()}`
    }
    const { clientele, create, signIn } = await open(memoryStorage(), { limits, hashPassword })
    const creating = create('C1', right)
    await started.given
    const waiting = signIn(right, 'nobody')
    expect(await problemOf(signIn(right, 'nobody'))).to.equal('unavailable')
    release.give()
    await creating
    expect(await waiting).to.equal(undefined)
    await clientele.close()
  })

  it('a hash that nobody can verify is no password, and the log says so without it', async () => {
    const lines: string[] = []
    const log = (message: string, fields?: object) => void lines.push(message + JSON.stringify(fields))
    const logger = { debug: log, info: log, warn: log, error: log }
    const storage = memoryStorage()
    const first = await open(storage)
    await first.create('C1', new PasswordHash('{old}right'))
    const hashes = { passwordHashes: [], hashPassword: async () => '$now$' }
    const known = await openShop({ ...hashes, logger })
    const create = { credentials: { login } }
    expect(await problemOf(known.shop.createCustomer({ create, password: new PasswordHash('{old}right') }))).to.equal(
      'passwordInvalid',
    )
    await known.clientele.close()
    const records = await storage.read('SiteGenesis', (unit) => unit.customers.find({}))
    const other = memoryStorage()
    const later = await open(other, { ...hashes, logger })
    await other.write('SiteGenesis', async (unit) => void (await unit.customers.insert(records.items[0] as never)))
    expect(await later.signIn(right)).to.equal(undefined)
    expect(lines).to.have.lengthOf(1)
    expect(lines[0]).to.contain('no entry of passwordHashes matches the stored hash of a customer: its form has {old}')
    expect(lines[0]).not.to.contain('right')
    await first.clientele.close()
    await later.clientele.close()
  })

  it('neither events nor traces nor log lines hold a password or a hash', async () => {
    const told: unknown[] = []
    const log = (...line: unknown[]) => void told.push(line)
    const logger = { debug: log, info: log, warn: log, error: log }
    const { clientele, create } = await open(memoryStorage(), { logger, lock: { after: 1, forMs: 1 } })
    clientele.subscribe((event) => void told.push(event))
    const shop = clientele.list('SiteGenesis', { onTrace: (trace) => void told.push(trace) })
    await create('C1', new PasswordHash('{old}right'))
    for (const password of [wrong, right]) await shop.verifyPassword({ login, password })
    await clientele.idle()
    const text = JSON.stringify(told)
    expect(text).to.contain('customer-locked-out').and.contain('verifyPassword')
    for (const secret of ['right', 'wrong', '{old}', '$now$', login]) expect(text).not.to.contain(secret)
    await clientele.close()
  })
})

describe('1.18: verifyPassword and its options', () => {
  it('what is no Secret is told; a handler and a transaction cannot wait for a hash', async () => {
    const seen: unknown[] = []
    const plugin = definePlugin({
      name: 'inside',
      hooks: {
        async 'dw.ocapi.data.customer_list.customers.beforePOST'(_create, list) {
          await inside(list)
        },
      },
    })
    const { clientele, shop } = await openShop({ plugins: [plugin] })
    const inside = (list: string) =>
      clientele
        .list(list)
        .verifyPassword({ login, password: right })
        .catch((error: Error) => void seen.push(error.message))
    await shop.createCustomer({ create: {} })
    await clientele.transaction('SiteGenesis', () => inside('SiteGenesis'))
    const refusal = 'verifyPassword takes its time: not inside a handler or transaction'
    expect(seen).to.deep.equal([refusal, refusal])
    const list = clientele.list('SiteGenesis')
    expect(await problemOf(list.verifyPassword({ login, password: 'right' as never }))).to.equal('documentInvalid')
    const nowhere = clientele.list('nowhere').verifyPassword({ login, password: right })
    expect(await problemOf(nowhere)).to.equal('listNotFound')
    await clientele.close()
  })

  it('mistakes are start-up errors, and what the functions throw is an incident that names them', async () => {
    const problem = (options: object) =>
      createClientele({ customerLists: [{ id: 'a' }], storage: memoryStorage(), ...options }).then(
        () => 'started',
        (error: Error) => (error instanceof SetupError ? error.message : String(error)),
      )
    expect(await problem({ lock: { after: 3, forMS: 1 } })).to.equal(
      "lock has no option 'forMS'; did you mean 'forMs'?",
    )
    expect(await problem({ lock: { after: 0, forMs: 1 } })).to.match(/^lock: after is a whole number above 0/)
    expect(await problem({ lock: { after: 3 } })).to.equal("lock needs the option 'forMs'")
    expect(await problem({ passwordHashes: [{ matches: () => true }] })).to.equal(
      "passwordHashes[0] needs the option 'verify'",
    )
    const told: string[] = []
    const fail = () => {
      throw new Error('down')
    }
    for (const format of [
      { matches: () => true, verify: fail },
      { matches: fail, verify: () => true },
      { matches: () => true, verify: () => 'yes' as never },
    ]) {
      const onError = (error: unknown) => void told.push((error as Error).message)
      const storage = memoryStorage()
      const { clientele, create, signIn } = await open(storage, { passwordHashes: [format], onError })
      await create('C1', right)
      expect(await problemOf(signIn(right))).to.equal('internal')
      await clientele.close()
    }
    expect(told).to.deep.equal([
      'passwordHashes.verify: down',
      'passwordHashes.matches: down',
      'passwordHashes.verify: it gave something else than it should',
    ])
  })

  it('by default scrypt: its hashes are verified, and those of another cost made anew', async () => {
    const storage = memoryStorage()
    const { clientele } = await openShop({ storage })
    const shop = clientele.list('SiteGenesis')
    // scrypt of `straße` with N = 16
    const cheap = '$scrypt$ln=4,r=1,p=1$YWJjZGVmZ2hpamtsbW5vcA$N9ROAsMhv+lpt0yuUXam8NMJznJ5mW0sOY9LwyMqc94'
    const create = (customerNo: string, password: Secret) =>
      shop.createCustomer({ create: { customerNo, credentials: { login: customerNo } }, password })
    await create('today', right)
    expect(await shop.verifyPassword({ login: 'today', password: right })).to.deep.equal({ customerNo: 'today' })
    expect(await problemOf(create('bad', new PasswordHash('$scrypt$ln=30,r=8,p=1$YQ$YQ')))).to.equal('passwordInvalid')
    await create('cheap', new PasswordHash(cheap))
    expect(await shop.verifyPassword({ login: 'cheap', password: new Secret('straße') })).to.deep.equal({
      customerNo: 'cheap',
    })
    const hashes = await storage.read('SiteGenesis', async (unit) => (await unit.signIns.find({})).items)
    expect(hashes.map(({ signIn }) => signIn.passwordHash?.slice(0, 22))).to.deep.equal(['$scrypt$ln=17,r=8,p=1$'])
    await clientele.close()
  })
})

/** Something to wait for. */
function signal() {
  let give = (): void => undefined
  const given = new Promise<void>((resolve) => (give = resolve))
  return { given, give: () => give() }
}
