/** Time grows with the request, and no request holds the event loop: a generator for each property and parameter. */
import { expect } from 'chai'
import { describe, it } from 'mocha'
import { costOf, costlyRequests, growthOf } from './cost/measure.js'

describe('how cost is measured', () => {
  it('a turn of the loop that takes long is seen', async () => {
    const { held } = await costOf(async () => {
      for (const start = process.cpuUsage(); process.cpuUsage(start).user < 30_000;);
    })
    expect(held).to.be.within(20, 1_000)
  })

  it('what grows like n log n is not told, what grows like n² is', () => {
    const sizes = [1, 2, 4, 8, 16].map((times) => times * 300_000)
    const costs = (of: (size: number) => number) => sizes.map((size) => [size, of(size)] as const)
    expect(growthOf(costs((size) => (size * Math.log(size)) / 1e5))).to.equal(undefined)
    expect(growthOf(costs((size) => size ** 2 / 1e9))).to.match(/^90 ms of 300000 bytes, 23040 of 4800000$/)
  })
})

describe('cost: no request holds the event loop longer than 100 ms for each MB', () => {
  it('each property and parameter at 64 KB; `npm run check` doubles them up to the body limit', async () => {
    expect(await costlyRequests([65_536])).to.deep.equal([])
  })
})
