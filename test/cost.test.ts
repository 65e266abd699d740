/** Time grows with the request, and no request holds the event loop: a generator for each property and parameter. */
import { expect } from 'chai'
import { describe, it } from 'mocha'
import { costlyRequests } from './cost/measure.js'

describe('cost: no request holds the event loop longer than 100 ms for each MB', () => {
  it('each property and parameter at 256 KB; `npm run check` doubles them up to the body limit', async () => {
    expect(await costlyRequests([262_144])).to.deep.equal([])
  })
})
