import { expect } from 'chai'
import { describe, it } from 'mocha'
import { Secret, keyOf, profiles } from '../core/index.js'
import type { CustomerOperations, DomainEvent } from '../core/index.js'
import { ocapi } from '../adapters/ocapi/index.js'
import { memoryStorage } from '../adapters/storage/local/memory.js'
import { yaas } from '../adapters/yaas/index.js'
import { engines } from './support/engines.js'
import { openShop, problemOf } from './support/shop.js'

const withLogin = (login: string, more: object = {}) => ({ create: { ...more, credentials: { login } } })

describe('customers', () => {
  describe('decision 1.4: keys of customer number and login ignore case, width and blanks; the value is kept as sent', () => {
    it('finds a customer by any spelling of its number', async () => {
      const { shop } = await openShop()
      await shop.createCustomer({ create: { customerNo: ' Straße-1 ' } })
      expect((await shop.getCustomer({ customerNo: 'STRASSE-1' })).customerNo).to.equal('Straße-1')
      expect(await problemOf(shop.createCustomer({ create: { customerNo: 'strasse-1' } }))).to.equal('customerNoInUse')
    })
    it('makes one key of ß and SS, of the two small sigmas, and of composed and decomposed letters', () => {
      expect(keyOf('Straße')).to.equal(keyOf('STRASSE'))
      expect(keyOf('ΟΔΟΣ')).to.equal(keyOf('οδος'))
      expect(keyOf('e\u0301')).to.equal(keyOf('\u00e9'))
    })
    it('refuses a login that another customer has in another spelling, but lets a record change its own case', async () => {
      const { shop } = await openShop()
      const { customerNo } = await shop.createCustomer(withLogin('Dude'))
      expect(await problemOf(shop.createCustomer(withLogin('DUDE')))).to.equal('loginInUse')
      const changed = await shop.updateCustomer({ customerNo, update: { credentials: { login: 'dUDE' } } })
      expect(changed.credentials.login).to.equal('dUDE')
    })
    it('refuses . and .. and blank customer numbers', async () => {
      const { shop } = await openShop()
      for (const customerNo of ['.', '..', ' .. ', '', '  '])
        expect(await problemOf(shop.createCustomer({ create: { customerNo } })), customerNo).to.equal('documentInvalid')
    })
  })

  describe('decision 1.7: the rules of a flavour travel with the call as its profile', () => {
    it('library: no credentials needed, a given number is used, generated ones have eight digits', async () => {
      const { shop } = await openShop()
      expect((await shop.createCustomer({ create: {} })).customerNo).to.equal('00000001')
      expect((await shop.createCustomer({ create: { customerNo: 'x' } })).customerNo).to.equal('x')
    })
    it('ocapi: credentials and login are mandatory', async () => {
      const { clientele } = await openShop()
      const shop = clientele.list('SiteGenesis', { profile: ocapi().profile })
      expect(await problemOf(shop.createCustomer({ create: {} }))).to.equal('credentialsMissing')
      expect(await problemOf(shop.createCustomer({ create: { credentials: {} } }))).to.equal('loginMissing')
      expect(await problemOf(shop.createCustomer(withLogin('no/slash')))).to.equal('loginInvalid')
      expect(await problemOf(shop.createCustomer(withLogin('ok', { email: 'nope' })))).to.equal('emailInvalid')
    })
    it('yaas: an account from the email, defaults, an unpredictable number, none may be sent', async () => {
      const { clientele } = await openShop()
      const shop = clientele.list('SiteGenesis', { profile: yaas().profile })
      const customer = await shop.createCustomer({ create: { email: 'a@b.example' } })
      expect(customer.customerNo).to.match(/^C\d{10}$/)
      expect(customer.credentials.login).to.equal('a@b.example')
      expect(customer).to.include({ preferredLocale: 'en_US', preferredCurrency: 'USD', preferredSite: 'default' })
      expect(await problemOf(shop.createCustomer({ create: { customerNo: 'C1' } }))).to.equal('documentInvalid')
    })
  })

  describe('decisions 1.5 and 3.7: emails', () => {
    async function two(): Promise<{ yaas: CustomerOperations; ocapi: CustomerOperations }> {
      const { clientele } = await openShop()
      return {
        yaas: clientele.list('SiteGenesis', { profile: yaas().profile }),
        ocapi: clientele.list('SiteGenesis', { profile: ocapi().profile }),
      }
    }
    it('may repeat in OCAPI and not in YaaS, where a login counts too', async () => {
      const { yaas, ocapi } = await two()
      await ocapi.createCustomer(withLogin('one', { email: 'a@b.example' }))
      await ocapi.createCustomer(withLogin('two', { email: 'A@b.example' }))
      expect(await problemOf(yaas.createCustomer({ create: { email: 'a@B.example' } }))).to.equal('emailInUse')
      await ocapi.createCustomer(withLogin('login@b.example'))
      expect(await problemOf(yaas.createCustomer({ create: { email: 'login@b.example' } }))).to.equal('loginInUse')
    })
    it('are not checked again while they are unchanged', async () => {
      const { yaas, ocapi } = await two()
      await ocapi.createCustomer(withLogin('one', { customerNo: '1', email: 'a@b.example' }))
      await ocapi.createCustomer(withLogin('two', { customerNo: '2', email: 'a@b.example' }))
      const changed = await yaas.updateCustomer({ customerNo: '2', update: { email: 'a@b.example', title: 'Dr.' } })
      expect(changed.title).to.equal('Dr.')
    })
    it('take the login with them in YaaS if it was the email, and free the old one at once', async () => {
      const { yaas, ocapi } = await two()
      const { customerNo } = await yaas.createCustomer({ create: { email: 'old@b.example' } })
      const moved = await yaas.updateCustomer({ customerNo, update: { email: 'new@b.example' } })
      expect(moved.credentials.login).to.equal('new@b.example')
      await ocapi.createCustomer(withLogin('old@b.example'))
      const removed = await yaas.updateCustomer({ customerNo, update: { email: null } })
      expect(removed.email).to.equal(undefined)
      expect(removed.credentials.login).to.equal('new@b.example')
      const kept = await ocapi.updateCustomer({ customerNo, update: { email: 'third@b.example' } })
      expect(kept.credentials.login).to.equal('new@b.example')
    })
  })

  describe('decision 1.6: of 50 parallel creates of one key one succeeds and 49 get the typed conflict', () => {
    const cases = {
      login: { profile: ocapi().profile, create: withLogin('same').create, kind: 'loginInUse' },
      'customer number': { profile: profiles.library, create: { customerNo: 'same' }, kind: 'customerNoInUse' },
      contactEmail: { profile: yaas().profile, create: { email: 'a@b.example' }, kind: 'emailInUse' },
    } as const
    for (const [name, { profile, create, kind }] of Object.entries(cases))
      it(name, async () => {
        const { clientele } = await openShop()
        const shop = clientele.list('SiteGenesis', { profile })
        const outcomes = await Promise.all(Array.from({ length: 50 }, () => problemOf(shop.createCustomer({ create }))))
        expect(outcomes.filter((outcome) => outcome === 'none')).to.have.length(1)
        expect(outcomes.filter((outcome) => outcome === kind)).to.have.length(49)
      })
    for (const [name, open] of engines)
      it(`ids.customerNumber that gives taken numbers without end is a fault of the host, told soon (${name})`, async () => {
        const errors: string[] = []
        const { clientele, shop } = await openShop({
          storage: await open(),
          ids: { customerNumber: () => 'C0000000001' },
          onError: (error) => void errors.push((error as Error).message),
        })
        const { profile } = yaas()
        const yaasShop = clientele.list('SiteGenesis', { profile })
        await yaasShop.createCustomer({ create: {} })
        expect(await problemOf(yaasShop.createCustomer({ create: {} }))).to.equal('internal')
        const inTransaction = clientele.transaction('SiteGenesis', () => yaasShop.createCustomer({ create: {} }))
        expect(await problemOf(inTransaction)).to.equal('internal')
        expect(await problemOf(clientele.dryRun('SiteGenesis', { profile }).createCustomer({ create: {} }))).to.equal(
          'internal',
        )
        expect(errors).to.have.length(3)
        for (const error of errors) expect(error).to.match(/^ids\.customerNumber: the last 100 numbers/)
        expect((await shop.findCustomers()).total).to.equal(1)
        await clientele.close()
      })
    it('ids.hex24 that repeats itself is an incident, and no conflict of the caller', async () => {
      const { shop } = await openShop({ ids: { hex24: () => 'a'.repeat(24) } })
      await shop.createCustomer({ create: {} })
      expect(await problemOf(shop.createCustomer({ create: {} }))).to.equal('internal')
    })
    it('a sequence that meets a thousand numbers in use passes them, and lets timers fire', async () => {
      const { clientele, shop } = await openShop()
      await clientele.transaction('SiteGenesis', async ({ customers }) => {
        for (let n = 1; n <= 1000; n++)
          await customers.createCustomer({ create: { customerNo: String(n).padStart(8, '0') } })
      })
      let fired = 0
      const timer = setInterval(() => fired++, 0)
      expect((await shop.createCustomer({ create: {} })).customerNo).to.equal('00001001')
      clearInterval(timer)
      expect(fired).to.be.greaterThan(0)
    })
    it('generated numbers never collide, and skip numbers in use', async () => {
      const { shop } = await openShop()
      for (const customerNo of ['00000002', '00000003']) await shop.createCustomer({ create: { customerNo } })
      const made = await Promise.all(Array.from({ length: 150 }, () => shop.createCustomer({ create: {} })))
      expect(new Set(made.map((customer) => customer.customerNo)).size).to.equal(150)
    })
  })

  describe('decision 3.3: the version grows by one with every write that changes the record', () => {
    it('and a write that changes nothing keeps version and object', async () => {
      const { shop } = await openShop()
      const { customerNo } = await shop.createCustomer({ create: { title: 'Dr.' } })
      const before = await shop.getCustomer({ customerNo })
      await shop.updateCustomer({ customerNo, update: { title: 'Dr.' } })
      expect(await shop.getCustomer({ customerNo })).to.equal(before)
      expect((await shop.updateCustomer({ customerNo, update: { title: null } })).version).to.equal(2)
      await shop.createAddress({ customerNo, create: {} })
      expect((await shop.getCustomer({ customerNo })).version).to.equal(2)
    })
  })

  describe('decision 2.13: credentials', () => {
    it('a password needs a login, is stored as a hash, and shows nowhere', async () => {
      const { shop } = await openShop({ hashPassword: async () => '$hash$' })
      const password = new Secret('hunter2')
      expect(String(password) + JSON.stringify({ password })).not.to.include('hunter2')
      expect(await problemOf(shop.createCustomer({ create: {}, password }))).to.equal('loginMissing')
      expect(await problemOf(shop.createCustomer({ ...withLogin('a'), password: new Secret(' ') }))).to.equal(
        'passwordInvalid',
      )
      const customer = await shop.createCustomer({ ...withLogin('a'), password })
      expect(JSON.stringify(customer)).not.to.include('hash')
    })
    it('a password is hashed before the unit of work opens, where no lock waits for it', async () => {
      const order: string[] = []
      const storage = memoryStorage()
      const write = storage.write.bind(storage)
      storage.write = (list, work) => {
        order.push('unit')
        return write(list, work)
      }
      const hashPassword = async () => {
        order.push('hash')
        return '$hash$'
      }
      const { shop } = await openShop({ hashPassword, storage })
      const { customerNo } = await shop.createCustomer({ ...withLogin('a'), password: new Secret('x') })
      await shop.updateCustomer({ customerNo, update: {}, password: new Secret('y') })
      expect(order).to.deep.equal(['hash', 'unit', 'hash', 'unit'])
    })
    it('a password that is no Secret is refused', async () => {
      const { shop } = await openShop()
      const input = { ...withLogin('a'), password: 'plain' as never }
      expect(await problemOf(shop.createCustomer(input))).to.equal('documentInvalid')
    })
    it('a password question needs a login', async () => {
      const { shop } = await openShop()
      const { customerNo } = await shop.createCustomer({ create: {} })
      const update = { credentials: { passwordQuestion: 'pet?' } }
      expect(await problemOf(shop.updateCustomer({ customerNo, update }))).to.equal('loginMissing')
      await shop.updateCustomer({ customerNo, update: { credentials: { passwordQuestion: 'pet?', login: 'a' } } })
    })
  })

  describe('decisions 1.14 and 3.15: what belongs to a customer', () => {
    it('a new number goes into mappings and social media users', async () => {
      const { shop } = await openShop()
      await shop.createCustomer({ create: { customerNo: 'C1' } })
      await shop.createMapping({ create: { customerNumber: 'C1', sdCustomerNumber: '1' } })
      await shop.importSocialMediaUsers({ users: [{ id: 'u', referenceCustomerNumber: 'C1' }] })
      await shop.updateCustomer({ customerNo: 'C1', update: { customerNo: 'C2' } })
      expect((await shop.findMappings()).items[0]?.customerNumber).to.equal('C2')
      expect((await shop.findSocialMediaUsers({ customerNo: 'C2' })).items[0]?.referenceCustomerNumber).to.equal('C2')
    })
    it('a deletion takes addresses and social media users, and marks mappings', async () => {
      const { shop } = await openShop()
      const create = { customerNo: 'C1' }
      await shop.createCustomer({ create })
      await shop.createAddress({ customerNo: 'C1', create: {} })
      await shop.createMapping({ create: { customerNumber: 'c1', sdCustomerNumber: '1' } })
      await shop.importSocialMediaUsers({ users: [{ id: 'u', referenceCustomerNumber: 'C1' }] })
      await shop.deleteCustomer({ customerNo: 'C1' })
      expect(await problemOf(shop.getCustomer({ customerNo: 'C1' }))).to.equal('customerNotFound')
      await shop.createCustomer({ create })
      expect((await shop.findAddresses({ customerNo: 'C1' })).total).to.equal(0)
      expect((await shop.findSocialMediaUsers({ customerNo: 'C1' })).total).to.equal(0)
      expect((await shop.findMappings()).items[0]?.deletedInYaaS).to.equal(true)
    })
  })

  describe('decision 1.1: a customer list is a world of its own, and so is a library', () => {
    it('equal numbers in two lists do not meet, and an unknown list is named', async () => {
      const { clientele } = await openShop({ customerLists: [{ id: 'one' }, { id: 'two' }] })
      await clientele.list('one').createCustomer({ create: { customerNo: '1' } })
      expect(await problemOf(clientele.list('two').getCustomer({ customerNo: '1' }))).to.equal('customerNotFound')
      expect(await problemOf(clientele.list('three').getCustomer({ customerNo: '1' }))).to.equal('listNotFound')
      await clientele.list('two').createCustomer({ create: { customerNo: '1' } })
    })
    it('a look-up that gives null, or a thenable, names no list', async () => {
      class Later {
        // oxlint-disable-next-line unicorn/no-thenable
        then(resolve: (list: undefined) => void) {
          resolve(undefined)
        }
      }
      for (const found of [null, new Later()] as never[]) {
        const { shop } = await openShop({ customerLists: { byId: () => found, byTenant: () => found } })
        expect(await problemOf(shop.createCustomer({ create: {} }))).to.equal('listNotFound')
        expect(await problemOf(shop.findCustomers())).to.equal('listNotFound')
      }
    })
    it('after close every call is refused as unavailable', async () => {
      const { clientele, shop } = await openShop()
      await clientele.close()
      expect(await problemOf(shop.findCustomers())).to.equal('unavailable')
      expect(await problemOf(shop.createCustomer({ create: {} }))).to.equal('unavailable')
    })
  })

  describe('decision 3.10: queries on documents', () => {
    it('compare emails by key and numbers exactly, and name an unknown property', async () => {
      const { shop } = await openShop()
      await shop.createCustomer({ create: { customerNo: 'Ab', email: 'A@b.example' } })
      const found = async (property: string, value: string) =>
        (await shop.findCustomers({ query: { where: { op: 'eq', path: [property], value } } })).total
      expect(await found('email', 'a@B.example')).to.equal(1)
      expect(await found('customerNo', 'Ab')).to.equal(1)
      expect(await found('customerNo', 'ab')).to.equal(0)
      expect(await problemOf(found('secret', 'x'))).to.equal('queryRefused')
    })
  })

  describe('adapters/yaas/README.md, Events: events are told after the commit, and only then', () => {
    it('one for each change, none for a failed one', async () => {
      const { clientele, shop } = await openShop()
      const events: DomainEvent[] = []
      const stop = clientele.subscribe((event) => void events.push(event))
      await shop.createCustomer({ create: { customerNo: '1' } })
      await problemOf(shop.createCustomer({ create: { customerNo: '1' } }))
      await shop.deleteCustomer({ customerNo: '1' })
      stop()
      await shop.createCustomer({ create: {} })
      expect(events.map((event) => event.name)).to.deep.equal(['customer-signup', 'customer-deleted'])
    })
  })
})
