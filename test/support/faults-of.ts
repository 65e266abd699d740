/** Runs `fault-matrix.ts` on a storage, as a process of its own. */
import { expect } from 'chai'
import { start } from './child.js'
import type { Environment } from './child.js'

/** Fails if a promise was left without a handler, a store is not whole, or an answer is wrong; returns how many cases there were. */
export async function faultsOf(storage: string, environment: Environment = {}): Promise<number> {
  const child = start('test/support/fault-matrix.js', environment, [storage])
  const ended = await child.ended
  expect(ended, child.output()).to.deep.equal({ code: 0, signal: null })
  const { cases, counts, wrong } = JSON.parse(child.output()) as { cases: number; counts: object; wrong: string[] }
  console.log(`      ${storage}: ${cases} cases, ${JSON.stringify(counts)}`)
  expect(wrong).to.deep.equal([])
  return cases
}
