import { expect } from 'chai'
import { describe, it } from 'mocha'
import { start } from '../support/child.js'

describe('4.12: everything imaginable thrown from every callback, the long version', () => {
  it('1,500 runs: the right answer, the right line, a living process', async () => {
    const child = start('test/throwing/run.js', {}, ['1500'])
    const { code } = await child.ended
    expect(code, child.output().slice(-6000)).to.equal(0)
  }).timeout(600_000)
})
