/** Cartridges of a test, written to a folder of their own. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'

/** Files of a cartridge, or scripts by point: each script is the text of one function. */
export type Scripts = Readonly<Record<string, string>>

const base = mkdtempSync(path.join(os.tmpdir(), 'clientele-cartridges-'))
process.once('exit', () => rmSync(base, { recursive: true, force: true }))
let count = 0

/** Short for a point of the customer list. */
export const points = {
  beforeCreate: 'dw.ocapi.data.customer_list.customers.beforePOST',
  afterCreate: 'dw.ocapi.data.customer_list.customers.afterPOST',
  beforeUpdate: 'dw.ocapi.data.customer_list.customer.beforePATCH',
  afterUpdate: 'dw.ocapi.data.customer_list.customer.afterPATCH',
} as const

/** Writes a cartridge whose scripts are the bodies of functions; `files` are more files, by path. Gives its folder. */
export function cartridge(
  scripts: Scripts,
  files: Readonly<Record<string, string>> = {},
  name = `app_${++count}`,
): string {
  const folder = path.join(mkdtempSync(path.join(base, 'c-')), name)
  const write = (file: string, text: string): void => {
    mkdirSync(path.dirname(path.join(folder, file)), { recursive: true })
    writeFileSync(path.join(folder, file), text)
  }
  const entries = Object.entries(scripts).map(([point, body], at) => {
    const method = point.slice(point.lastIndexOf('.') + 1)
    write(`cartridge/scripts/hook${at}.js`, `exports.${method} = function () {\n${body}\n}\n`)
    return { name: point, script: `./cartridge/scripts/hook${at}.js` }
  })
  write('package.json', JSON.stringify({ hooks: './hooks.json' }))
  write('hooks.json', JSON.stringify({ hooks: entries }))
  for (const [file, text] of Object.entries(files)) write(file, text)
  return folder
}
