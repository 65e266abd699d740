import { expect } from 'chai'
import { describe, it } from 'mocha'
import { faultsOf } from './support/faults-of.js'

describe('every call of the port fails, hangs or is late, once, in every operation (adapters/storage/README.md, Failures)', () => {
  it('the process lives, the store is whole, the answer right, the next call served (memory; npm run check: all storages)', async () => {
    expect(await faultsOf('memory')).to.be.greaterThan(300)
  })
})
