/** The fault matrix on the storages that `npm test` leaves out. */
import { expect } from 'chai'
import { describe, it } from 'mocha'
import { faultsOf } from '../support/faults-of.js'
import { newDatabase } from '../support/postgres.js'

describe('every call of the port fails, hangs or is late, once, in every operation: the store is whole, the answer right', () => {
  it('JSON file', async () => {
    expect(await faultsOf('json-file')).to.be.greaterThan(300)
  })
  it('PostgreSQL', async () => {
    expect(await faultsOf('postgres', { DATABASE_URL: await newDatabase() })).to.be.greaterThan(300)
  })
})
