/** `npm run soak`, one minute of it. */
import { expect } from 'chai'
import { describe, it } from 'mocha'
import { randomSource } from '../random-queries.js'
import { soak, storages } from '../soak/soak.js'

describe('soak: memory, handles and latency stay as they are, the store is whole', () => {
  for (const storage of storages)
    it(`${storage}, half a minute`, async () => {
      const seed = Date.now() % 1_000_000
      const { requests, wrong } = await soak(storage, 30_000, randomSource(seed))
      expect(wrong, `seed ${seed}`).to.deep.equal([])
      expect(requests).to.be.above(1_000)
    })
})
