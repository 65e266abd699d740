/** Each claim of the README has a test or a named command: which. */
import { execFile } from 'node:child_process'
import { pathToFileURL } from 'node:url'
import path from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { describe, it } from 'mocha'
import { isFile, readText, root } from './support/sources.js'

/** A claim in the README's own words, and what shows it: a script of package.json, or a file of tests and a title in it. */
const claims: readonly (readonly [claim: string, shownBy: string, title?: string])[] = [
  [
    'a customer created through one is read through the other',
    'test/examples.test.ts',
    'quickstart.ts prints what README says',
  ],
  [
    'hooks before and after every change run for both',
    'test/extension-points.test.ts',
    'through the library and both APIs gives the same hook log',
  ],
  ['One that refuses leaves nothing behind', 'test/extension-points.test.ts', 'Status.ERROR rolls everything back'],
  ['Needs Node 20.19 or newer (22: 22.12 or newer)', 'npm run matrix'],
  ['TypeScript is not needed', 'test/check/package.check.ts', 'serves an ESM host'],
  [
    'in a browser an [explorer]',
    'test/check/explorer.check.ts',
    'loads sample customers with one click, whose requests are seen live',
  ],
  [
    'in a terminal two lines to paste',
    'test/server.test.ts',
    'prints a curl line for each API that works when pasted into a shell',
  ],
  ['`data/customers.json` keeps them, to be read', 'test/json-file.test.ts', 'the snapshot is pleasant to read'],
  [
    'writes a plug-in and its test, which passes at once',
    'test/command.test.ts',
    'init hook writes a plug-in and its test, which passes at once',
  ],
  [
    '`npx clientele init host express` a host for your app',
    'test/command.test.ts',
    'init host writes the examples of the repository',
  ],
  ['`npm pack` here, then', 'test/check/package.check.ts', 'package (README.md, In your build)'],
  ['curl -H', 'test/examples.test.ts', 'koa.ts serves both APIs in a Koa app'],
  [
    'it answers its own paths and passes everything else on',
    'test/koa.test.ts',
    'leaves other paths and their errors to the host',
  ],
  ['Express, Fastify, `node:http`, Hono', 'test/examples.test.ts', 'serves OCAPI beside pages of the host'],
  ['Next, Bun and Deno', 'test/fetch.test.ts', 'fetch: from Request to Response'],
  [
    'of your identity provider are a few lines',
    'test/examples.test.ts',
    'tokens.ts refuses what is no token of the provider',
  ],
  ['one method for each operation', 'test/readme.test.ts', 'README names every operation'],
  ['What a library returns is frozen', 'test/hook-drafts.test.ts', 'what comes from the library outside is frozen'],
  [
    'tells of [changes](adapters/yaas/README.md#events) once they are stored',
    'test/customers.test.ts',
    'one for each change, none for a failed one',
  ],
  [
    '### Options of `createClientele`',
    'test/readme.test.ts',
    'README names every option of createClientele, and no other',
  ],
  ['plug-ins, in the order in which their handlers run', 'test/plugins.test.ts', 'is that of registration'],
  [
    'customer properties that queries find without a scan',
    'test/yaas-query-storages.test.ts',
    'or a declared index does not scan',
  ],
  [
    'warnings and errors as JSON lines on stderr',
    'test/claims.test.ts',
    'the default logger writes warnings and errors as JSON lines on stderr',
  ],
  [
    'a point whose handlers fail too often is closed for a while, 503',
    'test/breaker.test.ts',
    'opens with more than 50 failures',
  ],
  ['scrypt (N = 2^17)', 'test/ocapi-rules.test.ts', 'stores a salted scrypt hash'],
  [
    'aborts hooks that still run after four seconds',
    'test/check/server.check.ts',
    'aborts hooks that still run after 4 s',
  ],
  [
    'What they change in place is stored and shown',
    'test/extension-points.test.ts',
    'what a handler changes in place is part of the write',
  ],
  [
    'the client gets 400 with code, message and details, or 500 with an incident id',
    'test/hook-faults.test.ts',
    'the client gets an incident id',
  ],
  [
    '`context.customers` is the library inside this unit of work',
    'test/hook-calls.test.ts',
    'library calls of a handler are part of its unit of work',
  ],
  ['runs once the data is safe', 'test/hook-context.test.ts', 'run once, in order, when others can see the data'],
  [
    'run as they are, in worker threads, inside the unit of work',
    'test/cartridge.test.ts',
    'the example cartridge runs unmodified',
  ],
  ['until the process ends', 'test/memory-storage.test.ts', 'memory storage: close'],
  ['and a journal beside it; for one process', 'test/json-file-lock.test.ts', 'one process has the file'],
  ['PostgreSQL 13 or newer', 'npm run matrix'],
  ['pass the same contract suite', 'test/storage-contract/suite.ts', 'storage contract'],
  ['storages of your own', 'test/own-storage.test.ts', 'examples/own-storage.ts'],
  ['loses nothing that was answered, also by `kill -9`', 'npm run torture'],
  ['or a power cut', 'test/json-file-damage.test.ts', 'as a power cut leaves them'],
  ['one succeeds, the other gets the API', 'test/processes.test.ts', 'several processes on one database'],
  ['an outbox is [ten lines]', 'test/examples.test.ts', 'outbox.ts writes and empties an outbox'],
  ['in JSON and XML', 'test/ocapi-xml.test.ts', 'creates, changes and shows a customer and its addresses'],
  ['It has no list or search of customers', 'test/openapi.test.ts', 'has every route and no other'],
  ['| OCAPI | operation | extension points |', 'test/readme.test.ts', 'README names every path of both APIs'],
  ['requests per CPU-second of the server process', 'npm run bench'],
  ['which gives the same classes', 'test/check/package.check.ts', 'gets the same classes as an ESM host'],
  [
    'in few files, so that hosts start fast',
    'test/check/package.check.ts',
    'loads few files at the start of a Koa host',
  ],
  [
    'shows lines of its TypeScript',
    'test/check/package.check.ts',
    'names files and lines of TypeScript in stack traces',
  ],
  ['a Koa host starts in 2.5 times the time of bare Node', 'npm run bench'],
  ['TypeScript ESM hosts need 5.4', 'test/check/package.check.ts', 'libraries checked'],
  ['without `@types/koa`', 'test/check/package.check.ts', 'compiles without @types/koa'],
  ['Each dependency [has a reason]', 'test/readme.test.ts', 'gives a reason for every package beyond the given ones'],
]

describe('README: each claim has a test or a named command', () => {
  const flat = (text: string): string => text.replaceAll(/\s+/g, ' ')
  const readme = flat(readText('README.md'))
  const { scripts } = JSON.parse(readText('package.json')) as { readonly scripts: Readonly<Record<string, string>> }

  it('of those that stand here', () => {
    for (const [claim, shownBy, title] of claims) {
      expect(readme, 'the README no longer says so').to.contain(flat(claim))
      if (title === undefined) expect(Object.keys(scripts), claim).to.include(shownBy.replace('npm run ', ''))
      else expect(isFile(shownBy) && readText(shownBy), claim).to.contain(title)
    }
  })

  const run = async (script: string) => {
    const core = pathToFileURL(path.join(root, 'dist/core/index.js')).href
    const memory = pathToFileURL(path.join(root, 'dist/adapters/storage/local/memory.js')).href
    const head = `import * as core from ${JSON.stringify(core)}; import { memoryStorage } from ${JSON.stringify(memory)};
      const storage = memoryStorage(); const customerLists = [{ id: 'shop' }];`
    return promisify(execFile)(process.execPath, ['--input-type=module', '-e', head + script])
  }

  it('the default logger writes warnings and errors as JSON lines on stderr', async () => {
    const { stdout, stderr } = await run(`
      const plugins = [{ name: 'bad', hooks: { 'dw.ocapi.data.customer_list.customers.beforePOST'() { throw new Error('mine') } } }]
      const clientele = await core.createClientele({ storage, customerLists, plugins })
      clientele.warn('watch out', { n: 1 })
      await clientele.list('shop').createCustomer({ create: {} }).catch(() => undefined)
      await clientele.close()`)
    expect(stdout).to.equal('')
    const lines = stderr
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>)
    expect(lines.map(({ level }) => level)).to.deep.equal(['warn', 'error'])
    expect(lines[0]).to.include({ message: 'watch out', n: 1 })
  })
})
