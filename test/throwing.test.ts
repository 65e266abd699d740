/** The failure path trusts nothing: whatever is thrown, whoever throws it (4.12). */
import { expect } from 'chai'
import { describe, it } from 'mocha'
import { errorOf, messageOf, stackOf } from '../core/model/thrown.js'
import { start } from './support/child.js'
import { thrownThings } from './throwing/thrown-things.js'

describe('4.12: the failure path trusts nothing', () => {
  for (const thing of thrownThings)
    it(`reads ${thing.name} without failing`, () => {
      const { message } = thing
      const thrown = thing.make()
      expect(messageOf(thrown)).to.include(message ?? '')
      expect(stackOf(thrown)).to.include(message ?? '')
      expect(stackOf(thrown).length).to.be.lessThan(140_000)
      const error = errorOf(thrown)
      expect(error).to.be.instanceOf(Error)
      expect(error.message).to.include(message ?? '')
    })

  it('a sound error stays what it is', () => {
    const error = new RangeError('boom')
    expect(errorOf(error)).to.equal(error)
  })

  it('everything imaginable thrown from every callback: the right answer, the right line, a living process', async () => {
    const child = start('test/throwing/run.js', {}, ['150'])
    const { code } = await child.ended
    expect(code, child.output().slice(-6000)).to.equal(0)
  })
})
