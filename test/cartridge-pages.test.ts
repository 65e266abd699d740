/** hooks/README.md, Bring your cartridge: its tables are what the code says. */
import { expect } from 'chai'
import { describe, it } from 'mocha'
import { operations } from '../core/model/operations.js'
import { supportedModules, supportedObjects } from '../hooks/cartridge/catalogue.js'
import type { Supported } from '../hooks/cartridge/catalogue.js'
import { elsewhere } from '../hooks/cartridge/modules/elsewhere.js'
import { readText } from './support/sources.js'

const page = readText('hooks/README.md')
const modules = supportedModules()
const objects = supportedObjects()

/** Members as the page shows them: the getter, setter and `is` of a property that is shown are not repeated. */
function shown(names: readonly string[] = []): string {
  const isRepeated = (name: string): boolean => {
    const [, behind] = /^(?:get|set|is)([A-Z]\w*)$/.exec(name) ?? []
    return (
      behind !== undefined && [behind, behind.charAt(0).toLowerCase() + behind.slice(1)].some((n) => names.includes(n))
    )
  }
  return names
    .filter((name) => !isRepeated(name))
    .map((name) => `\`${name}\``)
    .join(', ')
}
const tableOf = (header: readonly string[], rows: readonly (readonly string[])[]): string =>
  [header, header.map(() => '---'), ...rows]
    .map((cells, at) => (at === 1 ? `|${cells.join('|')}|` : `| ${cells.join(' | ')} |`))
    .join('\n')

/** Rows of the porting map: what is in a script, what is in a plug-in. */
function portingMap(): readonly (readonly [string, string])[] {
  const begin = page.indexOf('| in a script | in a plug-in |')
  expect(begin).to.be.greaterThan(-1)
  return page
    .slice(begin, page.indexOf('\n\n', begin))
    .split('\n')
    .slice(2)
    .map((line) => {
      const [script = '', plugin = ''] = line.slice(2, -2).split(' | ')
      return [script, plugin] as const
    })
}

describe('hooks/README.md: the tables of what scripts find are those of the code', () => {
  it('modules, with their members and those of their instances', () => {
    const rows = modules.map(({ name, members, instance }) => [`\`${name}\``, shown(members), shown(instance)])
    expect(page).to.contain(tableOf(['module', 'members', 'of an instance'], rows))
  })
  it('objects', () => {
    const rows = objects.map(({ name, members }) => [`\`${name}\``, shown(members)])
    expect(page).to.contain(tableOf(['object', 'members'], rows))
  })
  it('modules that are not here', () => {
    const rows = Object.entries(elsewhere).map(([name, why]) => [`\`${name}\``, why])
    expect(page).to.contain(tableOf(['not here', 'why, and what to do'], rows))
  })
})

describe('hooks/README.md: the porting map names what is there, on both sides', () => {
  const byVariable: Readonly<Record<string, string>> = {
    customer: 'dw.customer.Customer',
    profile: 'dw.customer.Profile',
    credentials: 'dw.customer.Credentials',
    book: 'dw.customer.AddressBook',
    address: 'dw.customer.CustomerAddress',
    request: 'request',
    session: 'session',
  }
  const known = (name: string): Supported | undefined =>
    objects.find((each) => each.name === byVariable[name]) ?? modules.find((each) => each.name.endsWith(`/${name}`))

  it('in a script: members of modules and objects', () => {
    const wrong = portingMap().flatMap(([script]) =>
      [...script.matchAll(/\b([A-Za-z]+)\.([A-Za-z]+)/g)].flatMap(([whole, name = '', member = '']) => {
        const found = known(name)
        if (!found || ['create', 'update'].includes(name)) return []
        return [...found.members, ...(found.instance ?? [])].includes(member) ? [] : [whole]
      }),
    )
    expect(wrong).to.deep.equal([])
    const named = portingMap().flatMap(([script]) => [...script.matchAll(/`(dw\/\w+\/\w+)/g)].map(([, name]) => name))
    expect(named.filter((name) => !modules.some((module) => module.name === name))).to.deep.equal([])
  })
  it('in a plug-in: members of the context, operations', () => {
    const context = /export interface Context\b[^{]*\{([^]*?)\n\}/.exec(readText('core/extension/hooks.ts'))?.[1] ?? ''
    const members = [...context.matchAll(/^ {2}readonly (\w+)/gm)].map((match) => match[1])
    const used = portingMap().flatMap(([, plugin]) => [...plugin.matchAll(/\bcontext\.(\w+)(?:\.(\w+)\()?/g)])
    expect(used.length).to.be.greaterThan(8)
    expect(used.filter(([, member]) => !members.includes(member)).map(([whole]) => whole)).to.deep.equal([])
    const called = used.flatMap(([, member, operation]) => (member === 'customers' && operation ? [operation] : []))
    expect(called.filter((operation) => !Object.hasOwn(operations, operation))).to.deep.equal([])
  })
})
