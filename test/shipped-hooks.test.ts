/** The plug-ins that ship, through the test kit and through both APIs. */
import { createHmac } from 'node:crypto'
import { chmod, mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import type { IncomingHttpHeaders } from 'node:http'
import os from 'node:os'
import path from 'node:path'
import { expect } from 'chai'
import { describe, it } from 'mocha'
import { extensionPoints, operations } from '../core/index.js'
import { auditLog, changePlugin, defaultAddress, normalizeEmail, requireFields, webhook } from '../hooks/index.js'
import type { ChangeNotice, WebhookOptions } from '../hooks/index.js'
import { listen } from './support/http.js'
import { openShop } from './support/shop.js'
import { hookKit } from './testing.js'

const beforeCreate = 'dw.ocapi.data.customer_list.customers.beforePOST'

describe('normalize-email changes the input', () => {
  it('trims, and puts the domain in lower case', async () => {
    const kit = await hookKit(normalizeEmail())
    const ran = await kit.handler(beforeCreate, [{ email: '  Dude@Example.COM ' }])
    expect(ran.succeeded()).to.deep.equal([{ email: 'Dude@example.com' }])
    for (const document of [{}, { email: 'no at sign' }, { email: '' }])
      expect((await kit.handler(beforeCreate, [document])).succeeded()).to.deep.equal([document])
  })

  it('through both APIs, on create, change and a new account', async () => {
    const kit = await hookKit(normalizeEmail())
    const made = await kit.request('ocapi', 'POST /customers', { email: 'A@B.Example', credentials: { login: 'a' } })
    expect(made.succeeded().body).to.include({ email: 'A@b.example' })
    const yaas = await kit.request('yaas', 'POST /customers', { contactEmail: 'C@D.Example' })
    expect(yaas.changes[0]?.after).to.deep.include({
      email: 'C@d.example',
      credentials: { locked: false, login: 'C@d.example' },
    })
    const changed = await kit.request('ocapi', 'PATCH /customers/00000001', { email: 'E@F.Example' })
    changed.changed('customers', { email: 'E@f.example' })
    const removed = await kit.request('ocapi', 'PATCH /customers/00000001', { email: null })
    removed.changed('customers', { email: undefined })
    await kit.given((customers) => customers.createCustomer({ create: { customerNo: 'C1' } }))
    const account = await kit.request('yaas', 'POST /customers/C1/accounts/internal', { email: 'G@H.Example' })
    account.changed('customers', { credentials: { locked: false, login: 'G@h.example' } })
  })
})

describe('require-fields refuses with a Status', () => {
  const plugin = requireFields({ customer: ['lastName', 'email'], address: ['city'] })

  it('names every missing or blank field, and stores nothing', async () => {
    const kit = await hookKit(plugin)
    const ran = await kit.run((customers) => customers.createCustomer({ create: { lastName: ' ' } }))
    expect(ran.refused('FIELDS_MISSING').refusal?.details).to.deep.equal({ fields: ['lastName', 'email'] })
    const made = await kit.run((customers) =>
      customers.createCustomer({ create: { customerNo: 'C1', lastName: 'x', email: 'a@b.example' } }),
    )
    made.succeeded()
    const emptied = await kit.run((customers) =>
      customers.updateCustomer({ customerNo: 'C1', update: { email: null } }),
    )
    emptied.refused('FIELDS_MISSING')
    const placed = await kit.run((customers) =>
      customers.createAddress({ customerNo: 'C1', create: { addressId: 'a' } }),
    )
    placed.refused('FIELDS_MISSING')
  })

  it('is told in the words of each API', async () => {
    const kit = await hookKit(plugin)
    const ocapi = await kit.request('ocapi', 'POST /customers', { last_name: 'x', credentials: { login: 'a' } })
    expect(ocapi.refused('FIELDS_MISSING').result?.text)
      .to.include('HookStatusException')
      .and.to.include('"statusDetails":{"fields":["email"]}')
    const yaas = await kit.request('yaas', 'POST /customers', { lastName: 'x' })
    expect(yaas.refused('FIELDS_MISSING').result?.text)
      .to.include('business_error')
      .and.to.include('these fields are needed: email')
  })

  it('counts what other plug-ins fill in', async () => {
    const filler = {
      name: 'filler',
      hooks: { [beforeCreate]: (create: { email?: string }) => void (create.email ??= 'filled@in.example') },
    }
    const kit = await hookKit([plugin, filler])
    const ran = await kit.run((customers) => customers.createCustomer({ create: { lastName: 'x' } }))
    expect(ran.succeeded().email).to.equal('filled@in.example')
  })
})

describe('default-address works on another record in the same unit of work', () => {
  it('gives a new customer a first address with its names', async () => {
    const kit = await hookKit(defaultAddress())
    const ran = await kit.request('yaas', 'POST /customers', {
      firstName: 'Jeff',
      lastName: 'Lebowski',
      company: 'Bowling',
    })
    ran.changed('addresses', {
      addressId: 'home',
      firstName: 'Jeff',
      lastName: 'Lebowski',
      companyName: 'Bowling',
      isDefault: true,
    })
    const nameless = await kit.run((customers) => customers.createCustomer({ create: {} }))
    expect(nameless.changes.map(({ kind }) => kind)).to.deep.equal(['customers'])
  })

  it('stores both or neither', async () => {
    const kit = await hookKit([
      defaultAddress(({ lastName }) => ({ addressId: 'main', ...(lastName !== undefined && { lastName }) })),
      requireFields({ address: ['city'] }),
    ])
    const ran = await kit.run((customers) => customers.createCustomer({ create: { lastName: 'Lebowski' } }))
    ran.refused('FIELDS_MISSING')
  })
})

describe('audit-log writes after the commit', () => {
  it('one NDJSON line for every stored change, none for a refused one, and no personal data', async () => {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'clientele-audit-'))
    const file = path.join(folder, 'audit.ndjson')
    const late = {
      name: 'late',
      hooks: {
        'dw.ocapi.data.customer_list.customer.afterPATCH': (customer: { title?: string }) =>
          void (customer.title = 'Dr'),
      },
    }
    const kit = await hookKit([auditLog(file), late, requireFields({ customer: ['lastName'] })])
    await kit.request('ocapi', 'POST /customers', { last_name: 'Secretname', credentials: { login: 'dude' } })
    await kit.request('yaas', 'PUT /customers/00000001', { lastName: 'Othername' }, { 'hybris-request-id': 'r-1' })
    await kit.request('ocapi', 'PATCH /customers/00000001', { last_name: null })
    await kit.request('ocapi', 'POST /customers/00000001/addresses', { address_id: 'home' })
    await kit.request('ocapi', 'PATCH /customers/00000001/addresses/home', { city: 'Bonn' })
    await kit.request('ocapi', 'DELETE /customers/00000001/addresses/home')
    await kit.run((customers) => customers.deleteCustomer({ customerNo: '00000001' }))
    await kit.close()
    const text = await readFile(file, 'utf8')
    expect((await stat(file)).mode & 0o777, 'for its owner alone').to.equal(0o600)
    const warnings: string[] = []
    const ignore = () => undefined
    const logger = {
      debug: ignore,
      info: ignore,
      error: ignore,
      warn: (message: string) => void warnings.push(message),
    }
    await chmod(file, 0o640)
    await (await openShop({ plugins: [auditLog(file)], logger })).clientele.close()
    expect(warnings).to.deep.equal([`${file} is open to other users of this machine (mode 640): chmod 600`])
    await rm(folder, { recursive: true })
    expect(text).to.not.match(/Secretname|Othername|dude|Bonn/)
    const notices = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as ChangeNotice)
    expect(
      notices.map(({ point, customerNo, addressId, changed }) => [
        point.replace('dw.ocapi.data.customer_list.', ''),
        customerNo,
        addressId,
        changed?.toSorted(),
      ]),
    ).to.deep.equal([
      ['customers.afterPOST', '00000001', undefined, undefined],
      [
        'customer.afterPATCH',
        '00000001',
        undefined,
        ['lastName', 'preferredCurrency', 'preferredLocale', 'preferredSite', 'title'],
      ],
      ['customer.addresses.afterPOST', '00000001', 'home', undefined],
      ['customer.address.afterPATCH', '00000001', 'home', ['city']],
      ['customer.address.afterDELETE', '00000001', 'home', undefined],
      ['customer.afterDELETE', '00000001', undefined, undefined],
    ])
    expect(notices[1]).to.include({ list: 'kit', flavour: 'yaas', clientId: 'kit', requestId: 'r-1' })
    expect(notices[5]).to.include({ flavour: 'library' }).and.to.not.have.any.keys('clientId', 'user')
  })

  it('a sink that fails is reported and changes no reply', async () => {
    const kit = await hookKit(auditLog('/nowhere/at/all/audit.ndjson'))
    const ran = await kit.run((customers) => customers.createCustomer({ create: {} }))
    ran.succeeded()
    expect(String(ran.taskErrors)).to.include('ENOENT')
    expect(kit.log[0]).to.include({ plugin: 'audit-log', phase: 'afterCommit' })
  })
})

describe('webhook posts after the commit', () => {
  interface Post {
    readonly headers: IncomingHttpHeaders
    readonly body: string
  }
  /** A receiver that answers with these statuses, one after the other; 0 hangs. */
  async function receive(
    statuses: number[],
    options: Partial<WebhookOptions>,
    work: (posts: Post[], kit: Awaited<ReturnType<typeof hookKit>>) => Promise<void>,
  ) {
    const posts: Post[] = []
    const receiver = await listen((request, response) => {
      let body = ''
      request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk))
      request.on('end', () => {
        posts.push({ headers: request.headers, body })
        const status = statuses.shift() ?? 204
        if (status > 0) response.writeHead(status, status === 302 ? { location: 'http://127.0.0.1:1/' } : {}).end()
      })
    })
    const kit = await hookKit(
      webhook({ url: `${receiver.origin}/hook?key=hidden`, secret: 'shared secret', pause: 1, ...options }),
    )
    try {
      await work(posts, kit)
    } finally {
      await receiver.close()
      await kit.close()
    }
  }
  const create = (kit: Awaited<ReturnType<typeof hookKit>>) =>
    kit.run((customers) => customers.createCustomer({ create: { lastName: 'Lebowski' } }))

  it('signed, once, without personal data', async () => {
    await receive([], {}, async (posts, kit) => {
      const ran = await create(kit)
      ran.queued(1).succeeded()
      expect(posts.length).to.equal(1)
      const [{ headers, body }] = posts as [Post]
      const signed = [headers['webhook-id'], headers['webhook-timestamp'], body].join('.')
      expect(headers['webhook-signature']).to.equal(
        `v1,${createHmac('sha256', 'shared secret').update(signed).digest('base64')}`,
      )
      expect(headers['content-type']).to.equal('application/json')
      expect(JSON.parse(body)).to.include({ list: 'kit', customerNo: '00000001' })
      expect(body).to.not.include('Lebowski')
    })
  })

  it('again after 503 and 429, with one id, and no more than it may', async () => {
    await receive([503, 429], {}, async (posts, kit) => {
      expect((await create(kit)).taskErrors).to.deep.equal([])
      expect(posts.length).to.equal(3)
      expect(new Set(posts.map(({ headers }) => headers['webhook-id'])).size).to.equal(1)
    })
    await receive([500, 500, 500, 500], { retries: 2 }, async (posts, kit) => {
      const ran = await create(kit)
      ran.succeeded()
      expect(posts.length).to.equal(3)
      expect(String(ran.taskErrors)).to.match(/127\.0\.0\.1:\d+ did not take the webhook: 500$/)
      expect(JSON.stringify([kit.log, String(ran.taskErrors)])).to.not.include('hidden')
    })
  })

  it('not again when the receiver refuses it or sends elsewhere', async () => {
    for (const status of [400, 401, 410, 302])
      await receive([status], {}, async (posts, kit) => {
        expect(String((await create(kit)).taskErrors)).to.include(String(status))
        expect(posts.length).to.equal(1)
      })
  })

  it('gives up an attempt after its time limit', async () => {
    await receive([0, 0], { timeout: 30, retries: 1 }, async (posts, kit) => {
      expect(String((await create(kit)).taskErrors)).to.include('TimeoutError')
      expect(posts.length).to.equal(2)
    })
  })

  it('not for what was refused, nor for a dry run', async () => {
    await receive([], {}, async (posts, kit) => {
      await kit.run((customers) => customers.deleteCustomer({ customerNo: 'nobody' }))
      await kit.clientele.dryRun('kit').createCustomer({ create: {} })
      await kit.clientele.idle()
      expect(posts.length).to.equal(0)
    })
  })

  it('needs a URL and a secret at the start', () => {
    expect(() => webhook({ url: 'nowhere', secret: 'x' })).to.throw('Invalid URL')
    expect(() => webhook({ url: 'https://example.com', secret: '' })).to.throw('secret')
  })
})

describe('changePlugin', () => {
  it('is told at every point after a change of customers and addresses, also of operations to come', () => {
    const { hooks } = changePlugin('notes', () => undefined)
    const changing = extensionPoints.filter(
      ({ operation, phase }) => phase === 'after' && ['customer', 'address'].includes(operations[operation].subject),
    )
    expect(Object.keys(hooks)).to.have.members(changing.map(({ name }) => name))
  })
})
