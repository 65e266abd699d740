/** Time grows with the request: the long version of `test/cost.test.ts`. */
import { expect } from 'chai'
import { describe, it } from 'mocha'
import { costlyRequests } from '../cost/measure.js'

describe('cost, the long version: each property and parameter doubled up to the body limit', () => {
  it('no request holds the event loop longer than 100 ms for each MB, and no time grows faster than n log n', async () => {
    const sizes = [16, 8, 4, 2, 1].map((part) => Math.floor((5 * 1024 * 1024) / part) - 200)
    expect(await costlyRequests(sizes)).to.deep.equal([])
  }).timeout(600_000)
})
