/** What the README and the pages of the rooms say is what is there. */
import { expect } from 'chai'
import { describe, it } from 'mocha'
import { faultTypes } from '../adapters/ocapi/faults.js'
import { ocapi, type OcapiOptions } from '../adapters/ocapi/index.js'
import { yaas } from '../adapters/yaas/index.js'
import { defaultBreaker } from '../core/extension/breaker.js'
import { events } from '../core/model/events.js'
import { extensionPoints, operations, type Operation } from '../core/model/operations.js'
import { readText, sources } from './support/sources.js'

const pages = [
  'README.md',
  '.github/CONTRIBUTING.md',
  'adapters/README.md',
  'adapters/command/README.md',
  'adapters/ocapi/README.md',
  'adapters/yaas/README.md',
  'adapters/storage/file/README.md',
  'adapters/storage/postgres/README.md',
  'hooks/README.md',
  'examples/README.md',
]

/** Rows of the table of a page whose header begins with these words, as cells. */
const table = (page: string, header: string): readonly string[][] => {
  const lines = readText(page).split('\n')
  const begin = lines.findIndex((line) => line.startsWith(`| ${header} |`))
  expect(begin, `table '${header}' of ${page}`).to.be.greaterThan(-1)
  const end = lines.findIndex((line, index) => index > begin && !line.startsWith('|'))
  return lines.slice(begin + 2, end).map((line) =>
    line
      .slice(1, -1)
      .split(/(?<!\\)\|/)
      .map((cell) => cell.trim()),
  )
}
/** Names in backticks of the first cells. */
const named = (rows: readonly string[][]): readonly string[] =>
  rows.flatMap(([first = '']) => [...first.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? ''))

/** Names of the options that an interface of a file has. */
const optionsOf = (file: string, type: string): readonly (string | undefined)[] => {
  const [, block = ''] = new RegExp(`export interface ${type}[^{]*\\{\n([^]*?)\n\\}`).exec(readText(file)) ?? []
  return [...block.matchAll(/^ {2}readonly (\w+)\??:/gm)].map((match) => match[1])
}
/** The points of an operation as the tables of paths show them. */
const pointsOf = (operation: string | undefined): string => {
  const entry = operation === undefined ? undefined : operations[operation as Operation]
  if (entry?.kind !== 'write') return ''
  const before = entry.before.replace('dw.ocapi.data.customer_list.', '…')
  return `\`${before}\`, \`${entry.after.split('.').at(-1)}\``
}

describe('README and the pages of the rooms', () => {
  it('show examples as they stand in their files, and no other TypeScript', () => {
    const shown = new Set<string>()
    for (const page of pages) {
      for (const [, file, text] of readText(page).matchAll(/(?:<!-- (\S+) -->\n)?```(?:ts|js)\n([^]*?)```/g)) {
        expect(file, `file of the block of ${page} that begins ${text?.slice(0, 60)}`).to.match(/^examples\//)
        expect(text, `${file} in ${page}`).to.equal(readText(file ?? ''))
        shown.add(file ?? '')
      }
    }
    expect(shown.size).to.be.greaterThan(7)
  })

  it('README can be read in one go', () => {
    expect(readText('README.md').split('\n').length).to.be.at.most(261)
  })

  it('hooks: names every extension point of the literal, with its arguments, in its order', () => {
    const source = readText('core/model/operations.ts')
    const expected = extensionPoints.map(({ name, operation, phase }) => {
      const entry = source.slice(source.indexOf(`\n  ${operation}: `))
      const [, list = ''] = new RegExp(`\\n    ${phase}: \\[(.*)\\]`).exec(entry) ?? []
      const labels = [...list.matchAll(/(\w+): /g)].map((match) => match[1])
      return [`\`${name}\``, labels.join(', ')]
    })
    expect(table('hooks/README.md', 'extension point')).to.deep.equal(expected)
  })

  it('hooks: names every figure of the circuit breaker, with its default', () => {
    const shown = table('hooks/README.md', 'figure').map(([name, value]) => [name, value])
    const expected = Object.entries(defaultBreaker).map(([name, value]) => [
      `\`${name}\``,
      value.toLocaleString('en-US'),
    ])
    expect(shown).to.deep.equal(expected)
  })

  it('hooks: names every property of the context', () => {
    const [, block = ''] =
      /export interface Context<[^{]*\{\n([^]*?)\n\}/.exec(readText('core/extension/hooks.ts')) ?? []
    const properties = [...block.matchAll(/^ {2}readonly (\w+):/gm)].map((match) => match[1])
    expect(named(table('hooks/README.md', 'of the context'))).to.have.members(properties)
  })

  it('README names every path of both APIs, with its operation and the points that it passes, in their order', () => {
    for (const [header, { routes }] of [
      ['OCAPI', ocapi()],
      ['YaaS', yaas()],
    ] as const) {
      const known = routes as readonly { readonly method: string; readonly path: string; readonly runs?: string }[]
      const expected = known.map(({ method, path, runs }) => [`${method} \`${path}\``, runs ?? '', pointsOf(runs)])
      expect(table('README.md', header)).to.deep.equal(expected)
    }
  })

  it('README names every operation', () => {
    for (const operation of Object.keys(operations)) expect(readText('README.md')).to.contain(operation)
  })

  it('README names every option of createClientele, and no other', () => {
    const options = optionsOf('core/container.ts', 'ClienteleOptions')
    expect(named(table('README.md', 'option'))).to.have.members(options)
  })

  it('names every option of customerApi, openapi and the two flavours, and no other', () => {
    for (const [option, page, file, type] of [
      ['customerApi', 'adapters/README.md', 'adapters/http/api-options.ts', 'CustomerApiOptions'],
      ['ocapi', 'adapters/ocapi/README.md', 'adapters/ocapi/options.ts', 'OcapiOptions'],
      ['yaas', 'adapters/yaas/README.md', 'adapters/yaas/options.ts', 'YaasOptions'],
    ] as const)
      expect(named(table(page, `option of \`${option}\``))).to.have.members(optionsOf(file, type))
    expect(named(table('adapters/README.md', 'option of `openapi`'))).to.have.members([
      ...optionsOf('adapters/openapi/index.ts', 'OpenApiOptions'),
      ...optionsOf('adapters/http/description.ts', 'Declared'),
    ])
  })

  it('adapters/ocapi: names every fault with its status', () => {
    const shown = table('adapters/ocapi/README.md', 'status').flatMap(([statuses = '', faults = '']) =>
      [...faults.matchAll(/\w+Exception/g)].map(([type]) => ({ type, statuses: statuses.split(', ') })),
    )
    expect(shown.map(({ type }) => type)).to.have.members(Object.keys(faultTypes))
    for (const { type, statuses } of shown)
      expect(statuses, type).to.include(String(faultTypes[type as keyof typeof faultTypes].status))
  })

  it('adapters/yaas: names every event', () => {
    const names = table('adapters/yaas/README.md', 'event').flatMap(([first = '']) => first.split(', '))
    expect(names).to.have.members(Object.keys(events))
  })

  it('adapters/ocapi: shows settings that are accepted', () => {
    const [, text = ''] = /```json\n([^]*?)```/.exec(readText('adapters/ocapi/README.md')) ?? []
    ocapi({ settings: JSON.parse(text) as OcapiOptions['settings'] & object })
  })

  it('examples: names every setting of the example server, and no other', () => {
    const source = readText('adapters/command/server/settings.ts')
    const settings = new Set([...source.matchAll(/(?:given\(|environment\[)'([A-Z_]+)'/g)].map((match) => match[1]))
    expect(named(table('examples/README.md', 'variable'))).to.have.members([...settings])
  })

  it('examples: names every file', () => {
    const files = sources('examples').map(({ name }) => name.replace('examples/', ''))
    const links = [...readText('examples/README.md').matchAll(/\]\(([\w-]+\.ts)\)/g)].map((match) => match[1])
    expect(links).to.have.members(files)
  })

  it('contributing: gives a reason for every package beyond the given ones', () => {
    const manifest = JSON.parse(readText('package.json')) as {
      readonly dependencies: object
      readonly peerDependencies: object
    }
    const given = ['koa', '@koa/router', 'koa-body', 'tsyringe', 'ajv', 'lowdb']
    const others = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })
    expect(named(table('.github/CONTRIBUTING.md', 'package'))).to.have.members(
      others.filter((name) => !given.includes(name)),
    )
  })

  it('contributing: fits on a page', () => {
    expect(readText('.github/CONTRIBUTING.md').split('\n').length).to.be.at.most(81)
  })
})
