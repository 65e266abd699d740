/** What a unit of work leaves to the garbage collector (adapters/storage/README.md, Locks and time). */
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect } from 'chai'
import { describe, it } from 'mocha'
import { openShop } from '../support/shop.js'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

const creates = 3_000

/** Megabytes among the old objects. */
const old = (): number =>
  (getHeapSpaceStatistics().find((space) => space.space_name === 'old_space')?.space_used_size ?? 0) / 1e6

describe('units of work that overlap', () => {
  it('become old garbage no more than units one after the other: 4 MB of 3,000 creates', async () => {
    const { clientele, shop } = await openShop()
    let made = 0
    const create = async (atOnce: number): Promise<void> => {
      const end = made + creates
      const work = async (): Promise<void> => {
        while (made < end) {
          const login = `login-${++made}`
          await shop.createCustomer({ create: { lastName: 'Lebowski', credentials: { login } } })
        }
      }
      await Promise.all(Array.from({ length: atOnce }, work))
    }
    /** Megabytes that only a collection of old objects takes away. */
    const garbage = async (atOnce: number): Promise<number> => {
      collect()
      await create(atOnce)
      const before = old()
      collect()
      return before - old()
    }
    await create(1)
    const [one, fifty] = [await garbage(1), await garbage(50)]
    await clientele.close()
    console.log(`      MB of old garbage: ${one.toFixed(1)} one after the other, ${fifty.toFixed(1)} fifty at once`)
    expect(fifty - one).to.be.below(4)
  })
})
