/**
 * What a hook script costs above a native handler that does the same, for the row `cartridge`: microseconds a call, the
 * median of each of seven rounds. Both libraries stand in this process and are called in turns, one call at a time.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { memoryStorage } from '../../adapters/storage/local/memory.js'
import { createClientele } from '../../core/index.js'
import type { Clientele, Plugin } from '../../core/index.js'
import { loadCartridges } from '../../hooks/cartridge/index.js'
import { median } from './measure.js'

const point = 'dw.ocapi.data.customer_list.customer.beforePATCH'
const calls = 1_500
const rounds = 7
const warming = 2

const native: Plugin = {
  name: 'native',
  hooks: {
    [point]: async (customer, update) => {
      if (customer.email !== undefined) update.suffix = 'jr.'
    },
  },
}
const source = `'use strict'
var Status = require('dw/system/Status')
exports.beforePATCH = function (customer, update) {
  if (customer.profile.email) update.suffix = 'jr.'
  return new Status(Status.OK)
}
`

/** A cartridge with the script. */
function cartridgeIn(folder: string): string {
  const root = path.join(folder, 'app_bench')
  mkdirSync(root)
  writeFileSync(path.join(root, 'package.json'), '{ "hooks": "./hooks.json" }')
  writeFileSync(path.join(root, 'hooks.json'), JSON.stringify({ hooks: [{ name: point, script: './customer.js' }] }))
  writeFileSync(path.join(root, 'customer.js'), source)
  return root
}

async function open(plugins: readonly Plugin[]): Promise<Clientele> {
  const customerLists = [{ id: 'SiteGenesis' }]
  const clientele = await createClientele({ customerLists, storage: memoryStorage(), plugins })
  const create = { customerNo: '1', email: 'dude@example.com', firstName: 'Jeffrey', lastName: 'Lebowski' }
  await clientele.list('SiteGenesis').createCustomer({ create })
  return clientele
}

/** Microseconds of the typical call. */
async function costOf(clientele: Clientele): Promise<number> {
  const shop = clientele.list('SiteGenesis')
  const times: number[] = []
  for (let n = 0; n < calls; n++) {
    const start = performance.now()
    await shop.updateCustomer({ customerNo: '1', update: { lastName: `L${n}` } })
    times.push((performance.now() - start) * 1_000)
  }
  return median(times)
}

const folder = mkdtempSync(path.join(os.tmpdir(), 'clientele-bench-'))
const [scripted, handled] = [await open(loadCartridges([cartridgeIn(folder)])), await open([native])]
const values: number[] = []
for (let round = -warming; round < rounds; round++) {
  const value = (await costOf(scripted)) - (await costOf(handled))
  if (round >= 0) values.push(value)
}
await Promise.all([scripted.close(), handled.close()])
rmSync(folder, { recursive: true })
console.log(JSON.stringify(values))
