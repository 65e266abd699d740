import { test } from 'node:test'
import { loadCartridges } from 'clientele/cartridge'
import { hookKit } from 'clientele/testing'

await test('the script refuses a job without a company', async () => {
  const kit = await hookKit(loadCartridges(['examples/cartridge/app_example']))
  const ran = await kit.request('ocapi', 'POST /customers', { job_title: 'bowler', credentials: { login: 'dude' } })
  ran.refused('COMPANY_MISSING')
  await kit.close()
})
