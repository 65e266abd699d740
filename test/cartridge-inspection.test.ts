/** What a cartridge would do here, read and not run (4.11; hooks/README.md, Bring your cartridge). */
import path from 'node:path'
import { expect } from 'chai'
import { describe, it } from 'mocha'
import { inspectCartridges } from '../hooks/cartridge/index.js'
import type { Finding, InspectedCartridge } from '../hooks/cartridge/index.js'
import { cartridge, points } from './support/cartridges.js'
import { root } from './support/sources.js'

const inspect = (...folders: readonly string[]): InspectedCartridge => {
  const [first] = inspectCartridges(folders)
  if (!first) throw new Error('nothing was inspected')
  return first
}
/** `hook0.js:3: …` */
const told = (findings: readonly Finding[]): readonly string[] =>
  findings.map(({ file, line, message }) => `${path.basename(file)}${line === undefined ? '' : `:${line}`}: ${message}`)
/** A cartridge with one script, as it stands in its file. */
const scripted = (source: string, files: Readonly<Record<string, string>> = {}): string =>
  cartridge(
    {},
    {
      'hooks.json': JSON.stringify({ hooks: [{ name: points.beforeCreate, script: './x.js' }] }),
      'x.js': source,
      ...files,
    },
  )

describe('inspectCartridges: what will run, what will not and why, with line numbers', () => {
  it('of the example cartridge: points, files, modules with members, services; nothing is wrong', () => {
    const found = inspect(path.join(root, 'examples/cartridge/app_example'))
    expect(found.points.map(({ point, runs, why }) => [point.replace(/.*customer/, ''), runs, why])).to.deep.equal([
      ['s.beforePOST', 'point', undefined],
      ['s.afterPOST', 'point', undefined],
      ['.afterPATCH', 'point', undefined],
      ['.beforePOST', 'never', 'a point of another API'],
    ])
    expect(found.files.map((file) => path.basename(file))).to.have.members(['customers.js', 'customer.js', 'digest.js'])
    expect(found.services).to.deep.equal(['crm'])
    const status = found.modules.find(({ module }) => module === 'dw/system/Status')
    expect(status?.uses.map(({ line, member }) => [line, member])).to.deep.include.members([
      [3, undefined],
      [9, 'ERROR'],
    ])
    expect(found.modules.every(({ isSupported }) => isSupported)).to.equal(true)
    expect([found.errors, found.warnings]).to.deep.equal([[], []])
  })

  it('what a script needs when it is loaded is an error, what it needs later a warning', () => {
    const found = inspect(
      scripted(
        [
          `var Status = require('dw/system/Status'), Mail = require('dw/net/Mail')`,
          `var gone = require('~/cartridge/gone')`,
          `// require('dw/none/Comment')`,
          `var text = "require('dw/none/Text')", pattern = /require('dw\\/none')"/`,
          `exports.beforePOST = function () {`,
          `  require('dw/none/Such')`,
          `  new Mail().send()`,
          `  return Status.OKAY || new Status(Status.OK).getStatuses() || dw.system.Site.current.foo`,
          `}`,
          `Status.NONE`,
        ].join('\n'),
      ),
    )
    expect(told(found.errors)).to.deep.equal([
      "x.js:2: cannot find module '~/cartridge/gone'",
      "x.js:10: dw.system.Status has no member 'NONE' here; it has: ERROR, OK",
    ])
    expect(told(found.warnings)).to.deep.equal([
      'x.js:1: dw/net/Mail is not supported: no mail is sent from here; a service can send it',
      "x.js:6: there is no module 'dw/none/Such' here",
      "x.js:8: dw.system.Status has no member 'OKAY' here; it has: ERROR, OK",
    ])
  })

  it('members of instances, services that the host does not name, importScript, a source that does not compile', () => {
    const source = `var HashMap = require('dw/util/HashMap'), map = new HashMap()
      exports.beforePOST = function () { map.putAll(); map.put(1, 2)
        require('dw/svc/LocalServiceRegistry').createService('crm')
        require('dw/system/Site').getCurrent().getCustomPreferenceValue('on')
        importScript('x.ds') }`
    const [found] = inspectCartridges([scripted(source)], { services: { other: {} } })
    expect(told(found?.warnings ?? [])).to.deep.equal([
      "x.js:2: dw.util.HashMap has no member 'putAll' here; it has: clear, containsKey, empty, get, isEmpty, keySet, length, put, remove, size, values",
      "x.js:3: the host names no service 'crm'",
      'x.js:5: importScript is not supported: use require',
    ])
    expect(told(inspect(scripted('var a = 1\nvar = 2')).errors)).to.deep.equal([
      "x.js:2: it cannot be compiled: Unexpected token '='",
    ])
  })

  it('mistakes of the files themselves, an export that is missing, a superModule of the next cartridge', () => {
    expect(told(inspect('/none').errors)).to.deep.equal(['none: cartridges: there is no folder /none'])
    expect(told(inspect(scripted('exports.other = 1')).errors)).to.deep.equal([
      `x.js: it exports no function beforePOST or beforePost for '${points.beforeCreate}'`,
    ])
    const below = cartridge({}, { 'x.js': `exports.beforePOST = function () {}; require('dw/none/Such')` })
    const found = inspect(scripted('module.exports = module.superModule'), below)
    expect(told(found.errors)).to.deep.equal(["x.js:1: there is no module 'dw/none/Such' here"])
    expect(found.files).to.have.lengthOf(2)
  })
})
