import { test } from 'node:test'
import { hookKit } from 'clientele/testing'
import companies from './plugin.js'

await test('a job needs a company', async () => {
  const kit = await hookKit(companies)
  const ran = await kit.request('ocapi', 'POST /customers', { job_title: 'bowler', credentials: { login: 'dude' } })
  ran.refused('COMPANY_MISSING')
})

await test('a customer of a company gets a work address', async () => {
  const kit = await hookKit(companies)
  const create = { lastName: 'Lebowski', companyName: 'Bowling' }
  const ran = await kit.run((customers) => customers.createCustomer({ create }))
  ran.changed('addresses', { addressId: 'work', companyName: 'Bowling', isDefault: true }).queued(1)
})
