/** `npm run fuzz`, a tenth of it. */
import { expect } from 'chai'
import { describe, it } from 'mocha'
import { fuzz } from '../fuzz/fuzz.js'

describe('fuzz: requests from routes and schemas, bent byte by byte', () => {
  it('10,000 requests: no 5xx, no silence, nothing of another list, every answer as the OpenAPI document says', async () => {
    const { kinds, wrong } = await fuzz(10_000, Date.now() % 1_000_000)
    expect(wrong).to.deep.equal([])
    expect(kinds.size, 'the requests reach most checks').to.be.above(45)
  })
})
