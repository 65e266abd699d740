/** `npx clientele cartridge check <folder>…`: can these cartridges run here? */
import path from 'node:path'
import type { Finding, InspectedCartridge, InspectedModule } from '../../hooks/cartridge/index.js'
import { UsageError, lastOf } from './command.js'
import type { Command } from './command.js'

/** The command. */
export const cartridgeCheck: Command = {
  name: 'cartridge check',
  names: '<folder>…',
  about: 'says what of cartridges with OCAPI hook scripts runs here, what does not, and why',
  options: {
    'cartridge-settings': { value: '<file>', means: 'JSON, as for serve: services that it does not name are told' },
  },
  more: `  The folders are in the order of the cartridge path. Scripts are read, not run. Exit code 1: something cannot run here,
  at the start or where a script reaches it.`,
  async run(given) {
    const { names: folders } = given
    if (folders.length === 0)
      throw new UsageError('cartridge check needs a folder: npx clientele cartridge check ./app_custom')
    const { inspectCartridges } = await import('../../hooks/cartridge/index.js')
    const { cartridgeOptions } = await import('./server/plugin-files.js')
    const cartridgeSettings = lastOf(given, 'cartridge-settings')
    const found = inspectCartridges(folders, cartridgeOptions({ plugins: [], cartridges: folders, cartridgeSettings }))
    console.log(found.flatMap(linesOf).join('\n'))
    const failing = found.flatMap(failuresOf).length
    console.log(failing === 0 ? '\nAll that is meant for customers runs here.' : `\nCannot run here: ${failing}.`)
    if (failing > 0) process.exitCode = 1
  },
}

/** What the start refuses, and lines that fail when they are reached; a warning without a line is no failure. */
const failuresOf = ({ errors, warnings }: InspectedCartridge): readonly Finding[] => [
  ...errors,
  ...warnings.filter(({ line }) => line !== undefined),
]

function linesOf(cartridge: InspectedCartridge): readonly string[] {
  const { name, folder, points, modules, services, preferences, errors, warnings } = cartridge
  const pointsThat = (runs: 'point' | 'call' | 'never'): readonly string[] =>
    points
      .filter((each) => each.runs === runs)
      .map(({ point, script, why }) => `${point}: ${script}${why === undefined ? '' : ` (${why})`}`)
  return [
    `${name} (${folder})`,
    ...section('runs when the point is passed', pointsThat('point')),
    ...section('runs when a script calls it', pointsThat('call')),
    ...section('is not run here', pointsThat('never')),
    ...section(
      'uses',
      modules.map((module) => usesOf(module, folder)),
    ),
    ...section('asks the host for', [
      ...services.map((service) => `service ${service}`),
      ...preferences.map((preference) => `preference ${preference}`),
    ]),
    ...section('cannot run: the start refuses it', errors.map(textOf)),
    ...section('fails when it is reached', warnings.filter(({ line }) => line !== undefined).map(textOf)),
    ...section(
      'is odd',
      warnings.filter(({ line }) => line === undefined).map(({ message }) => message),
    ),
  ]
}

const section = (title: string, lines: readonly string[]): readonly string[] =>
  lines.length === 0 ? [] : [`  ${title}`, ...lines.map((line) => `    ${line}`)]

/** A module with its members, each with the first place where it stands; the file is named where it is another one. */
function usesOf({ module, isSupported, uses }: InspectedModule, folder: string): string {
  const told = new Map<string, string>()
  let current = ''
  for (const { member = '', file, line } of uses) {
    if (told.has(member)) continue
    const place = `${file === current ? '' : path.relative(folder, file)}:${line}`
    told.set(member, member === '' ? place : `${member} ${place}`)
    current = file
  }
  return `${module}${isSupported ? '' : ' (not supported)'}: ${[...told.values()].join(', ')}`
}

/** `cartridges/app_custom/cartridge/scripts/x.js:10: …`, as an editor opens it. */
const textOf = ({ file, line, message }: Finding): string =>
  `${path.relative('.', file) || '.'}${line === undefined ? '' : `:${line}`}: ${message}`
