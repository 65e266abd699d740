/** What the README says is what is there. */
import { expect } from 'chai'
import { describe, it } from 'mocha'
import { ocapi, type OcapiOptions } from '../adapters/ocapi/index.js'
import { extensionPoints, operations } from '../core/model/operations.js'
import { readText } from './support/sources.js'

const readme = readText('README.md')

/** Rows of the table whose header begins with these words, as cells. */
const table = (header: string): readonly string[][] => {
  const lines = readme.split('\n')
  const begin = lines.findIndex((line) => line.startsWith(`| ${header} |`))
  expect(begin, `table '${header}'`).to.be.greaterThan(-1)
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

describe('README', () => {
  it('shows examples as they stand in their files, and no other TypeScript', () => {
    const blocks = [...readme.matchAll(/(?:<!-- (\S+) -->\n)?```(?:ts|js)\n([^]*?)```/g)]
    expect(blocks.length).to.be.greaterThan(3)
    for (const [, file, text] of blocks) {
      expect(file, `file of the block that begins ${text?.slice(0, 60)}`).to.match(/^examples\//)
      expect(text, file).to.equal(readText(file ?? ''))
    }
  })

  it('names every extension point of the literal, with its arguments, in its order', () => {
    const source = readText('core/model/operations.ts')
    const expected = extensionPoints.map(({ name, operation, phase }) => {
      const entry = source.slice(source.indexOf(`\n  ${operation}: at(`))
      const [, list = ''] = new RegExp(`\\n    ${phase}: \\[(.*)\\]`).exec(entry) ?? []
      const labels = [...list.matchAll(/(\w+): /g)].map((match) => match[1])
      return [`\`${name}\``, labels.join(', ')]
    })
    expect(table('extension point')).to.deep.equal(expected)
  })

  it('names every operation', () => {
    for (const operation of Object.keys(operations)) expect(readme).to.contain(operation)
  })

  it('names every option of createClientele, and no other', () => {
    const [, block = ''] = /export interface ClienteleOptions \{\n([^]*?)\n\}/.exec(readText('core/container.ts')) ?? []
    const options = [...block.matchAll(/^ {2}readonly (\w+)\??:/gm)].map((match) => match[1])
    expect(named(table('option'))).to.have.members(options)
  })

  it('names every option of customerApi and of the two flavours, and no other', () => {
    for (const [flavour, file, type] of [
      ['customerApi', 'adapters/http/koa.ts', 'CustomerApiOptions'],
      ['ocapi', 'adapters/ocapi/options.ts', 'OcapiOptions'],
      ['yaas', 'adapters/yaas/options.ts', 'YaasOptions'],
    ] as const) {
      const [, block = ''] = new RegExp(`export interface ${type} \\{\n([^]*?)\n\\}`).exec(readText(file)) ?? []
      const options = [...block.matchAll(/^ {2}readonly (\w+)\??:/gm)].map((match) => match[1])
      expect(named(table(`option of \`${flavour}\``))).to.have.members(options)
    }
  })

  it('shows OCAPI settings that are accepted', () => {
    const [, text = ''] = /```json\n([^]*?)```/.exec(readme) ?? []
    ocapi({ settings: JSON.parse(text) as OcapiOptions['settings'] & object })
  })

  it('names every setting of the example server, and no other', () => {
    const source = readText('examples/settings.ts')
    const settings = new Set([...source.matchAll(/(?:given\(|environment\[)'([A-Z_]+)'/g)].map((match) => match[1]))
    expect(named(table('variable'))).to.have.members([...settings])
  })

  it('gives a reason for every package beyond the given ones', () => {
    const manifest = JSON.parse(readText('package.json')) as {
      readonly dependencies: object
      readonly peerDependencies: object
    }
    const given = ['koa', '@koa/router', 'koa-body', 'tsyringe', 'ajv', 'lowdb']
    const others = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })
    expect(named(table('package'))).to.have.members(others.filter((name) => !given.includes(name)))
  })

  it('links only to headings that exist', () => {
    const headings = [...readme.matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
      title
        .toLowerCase()
        .replace(/[^\w\- ]/g, '')
        .replaceAll(' ', '-'),
    )
    for (const [, anchor] of readme.matchAll(/\]\(#([^)]+)\)/g)) expect(headings).to.include(anchor)
  })
})
