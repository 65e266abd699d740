/** The explorer in a browser, as people use it (examples/README.md, The explorer). */
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { after, afterEach, before, describe, it } from 'mocha'
import { chromium } from 'playwright-core'
import type { Browser, Page } from 'playwright-core'
import { startServer, type ServerChild } from '../support/child.js'

/** Debian's browser, or the one that is named. */
const executablePath = [process.env['CHROMIUM'] ?? '', '/usr/bin/chromium', '/usr/bin/chromium-browser'].find(
  existsSync,
)
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const plugin = fileURLToPath(new URL('../../examples/plugin.js', import.meta.url))
const views = [
  '#/',
  '#/customers',
  '#/customer/SiteGenesis/S0001',
  '#/try/ocapi/createCustomer',
  '#/try/yaas/findCustomers',
  '#/hooks',
]

interface Found {
  readonly violations: readonly { readonly id: string; readonly nodes: readonly { readonly html: string }[] }[]
}

describe('explorer in Chromium', () => {
  if (executablePath === undefined) {
    it('is not checked here: there is no chromium (apt-get install chromium)', () => undefined)
    return
  }
  let server: ServerChild
  let browser: Browser
  let page: Page
  const mistakes: string[] = []

  /** A page whose mistakes are noted: errors, and requests that leave this server. */
  const open = async (options: Parameters<Browser['newPage']>[0] = {}): Promise<Page> => {
    const opened = await browser.newPage({ permissions: ['clipboard-read', 'clipboard-write'], ...options })
    opened.setDefaultTimeout(15_000)
    opened.on('pageerror', (error) => mistakes.push(error.message))
    opened.on('console', (message) => {
      // the browser itself reports an answer of an API that is a refusal
      const isRefusal = /\/(dw|s|hybris)\//.test(message.location().url)
      if (['error', 'warning'].includes(message.type()) && !isRefusal) mistakes.push(message.text())
    })
    opened.on('request', (request) => {
      if (!request.url().startsWith(server.origin)) mistakes.push(`asks ${request.url()}`)
    })
    return opened
  }
  /** Goes to a view, and waits until it is there. */
  const show = async (on: Page, view: string): Promise<void> => {
    await on.goto(server.origin + '/' + view)
    await on.locator('h1').first().waitFor()
  }
  const violationsOf = async (on: Page): Promise<readonly string[]> => {
    await on.evaluate(axe)
    const { violations } = (await on.evaluate('axe.run(document)')) as Found
    return violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)
  }
  /** The first row of the list, when it has this text. */
  const newest = (text: RegExp) => page.locator('.requests li').first().filter({ hasText: text })

  before(async () => {
    server = await startServer({ PLUGINS: plugin, EXPLORER: undefined, NODE_ENV: undefined })
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
    page = await open({ viewport: { width: 1280, height: 900 } })
    await show(page, '')
  })
  after(async () => {
    const printed = server.output()
    const began = performance.now()
    // the page still listens
    expect(await server.stop()).to.deep.equal({ code: 0, signal: null })
    expect(performance.now() - began).to.be.lessThan(4_000)
    expect(printed).to.not.match(/error/i)
    await browser.close()
  })
  afterEach(() => expect(mistakes.splice(0)).to.deep.equal([]))

  it('says what runs, and loads sample customers with one click, whose requests are seen live', async () => {
    expect(await page.locator('.facts').textContent())
      .to.contain('memory')
      .and.contain('SiteGenesis')
      .and.contain('2 handlers')
    await page.getByText('Live', { exact: true }).waitFor()
    await page.getByRole('button', { name: 'Load sample customers' }).click()
    await page.getByText(/^Loaded with \d+ requests; 1 of them was refused$/).waitFor()
    await newest(/create mapping/).waitFor()
    expect(await page.locator('.requests li').count()).to.equal(13)
  })

  for (const [api, operation, link] of [
    ['ocapi', 'createCustomer', /OCAPI/],
    ['yaas', 'createCustomer', /YaaS/],
  ] as const)
    it(`${api}: a form made of its OpenAPI document creates a customer, and leads to the records before and after`, async () => {
      await show(page, `#/try/${api}/${operation}`)
      await page.getByRole('button', { name: 'Send' }).click()
      await page.locator('.answer .tag.ok').waitFor()
      await page.getByText('Its hooks and records').click()
      await page.getByRole('heading', { name: 'Records before and after' }).waitFor()
      expect(await page.locator('.panel').textContent())
        .to.contain('created')
        .and.contain('preferredLocale')
        .and.contain('companies')
        .and.contain('•••'.slice(0, api === 'ocapi' ? 3 : 0))
      await newest(link).waitFor()
    })

  it('a hook refuses a customer, and its trace says so', async () => {
    await show(page, '#/try/ocapi/createCustomer')
    await page.locator('#body').fill('{"job_title": "bowler", "credentials": {"login": "walter2"}}')
    await page.getByRole('button', { name: 'Send' }).click()
    await page.locator('.answer .tag.bad').waitFor()
    await page.getByText('Its hooks and records').click()
    const trace = page.locator('.waterfall')
    await trace.getByText('refused').waitFor()
    expect(await trace.textContent())
      .to.contain('companies')
      .and.contain('COMPANY_MISSING')
      .and.match(/[\d.]+ ms/)
    expect(await page.locator('.panel').textContent()).to.contain('rolled back')
  })

  it('runs a request again as dry run, which stores nothing', async () => {
    await show(page, '')
    await page.locator('.requests a', { hasText: 'Update customer' }).first().click()
    await page.getByRole('button', { name: 'Run again as dry run' }).click()
    await page.locator('.panel').getByText('dry run, nothing stored').waitFor()
    await newest(/dry run/).waitFor()
  })

  it('copies a request as curl, which works as it is', async () => {
    await page.locator('.panel').getByRole('button', { name: 'Copy as curl' }).click()
    await page.getByText('The curl line is in the clipboard').waitFor()
    const line = await page.evaluate('navigator.clipboard.readText()')
    expect(line).to.match(
      /^curl -s -i -X PUT 'http:\/\/127\.0\.0\.1:\d+\/hybris\/.*' -H 'Authorization: Bearer [\w.-]+' .*-H 'x-clientele-dry-run: 1'.* --data-binary '\{.*\}'$/,
    )
  })

  it('finds a customer, and shows it from all sides', async () => {
    await show(page, '#/customers')
    await page.getByRole('searchbox').fill('sobchak')
    await page.getByText('1 customer', { exact: true }).waitFor()
    await page.getByRole('link', { name: 'S0002' }).click()
    await page.getByRole('heading', { name: 'Side by side' }).waitFor()
    const text = (await page.locator('main').textContent()) ?? ''
    for (const name of ['last_name', 'lastName', 'company_name', 'metadata.createdAt', 'shop', '"keys"'])
      expect(text).to.contain(name)
    expect(text).to.not.match(/scrypt|passwordHash/)
  })

  it('shows every extension point with its handlers', async () => {
    await show(page, '#/hooks')
    expect(await page.locator('.point').count()).to.equal(18)
    expect(await page.locator('.point').first().textContent())
      .to.contain('customers.beforePOST')
      .and.contain('companies')
  })

  it('is walked by keyboard: skip link, views, a request, its buttons', async () => {
    await show(page, '')
    await page.locator('.requests li').first().waitFor()
    await page.keyboard.press('Tab')
    expect(await page.locator(':focus').textContent()).to.equal('Skip to content')
    await page.locator('.requests a').first().focus()
    await page.keyboard.press('Enter')
    await page.locator('.panel h2:focus').waitFor()
    await page.keyboard.press('Tab')
    await page.locator('.panel button:focus').waitFor()
  })

  for (const [device, viewport] of [
    ['desktop', { width: 1280, height: 900 }],
    ['phone', { width: 360, height: 740 }],
  ] as const)
    for (const colorScheme of ['light', 'dark'] as const)
      it(`${device}, ${colorScheme}: axe finds nothing, and nothing is wider than the page`, async () => {
        const other = await open({ viewport, colorScheme })
        await show(other, '')
        const refused = other.locator('.requests a', { hasText: 'refused by hook' }).first()
        const opened = (await refused.getAttribute('href')) ?? ''
        for (const view of [...views, opened]) {
          await show(other, view)
          expect(await violationsOf(other), view).to.deep.equal([])
          const wide = await other.evaluate('document.documentElement.scrollWidth - innerWidth')
          expect(wide, view).to.be.at.most(0)
        }
        await other.close()
      })
})
