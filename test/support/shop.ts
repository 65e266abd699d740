import { createClientele } from '../../core/index.js'
import type { Clientele, ClienteleOptions, CustomerOperations, ProblemKind } from '../../core/index.js'
import { CustomerError } from '../../core/index.js'
import { memoryStorage } from '../../adapters/storage/local/memory.js'

/** A library on memory storage with the list `SiteGenesis`, quiet, and its operations. */
export async function openShop(
  options: Partial<ClienteleOptions> = {},
): Promise<{ clientele: Clientele; shop: CustomerOperations }> {
  const nothing = () => undefined
  const clientele = await createClientele({
    customerLists: [{ id: 'SiteGenesis', tenant: 'sitegenesis' }],
    storage: memoryStorage(),
    logger: { debug: nothing, info: nothing, warn: nothing, error: nothing },
    ...options,
  })
  return { clientele, shop: clientele.list('SiteGenesis') }
}

/** The kind of problem that a call fails with; `none` if it does not fail. */
export async function problemOf(call: Promise<unknown>): Promise<ProblemKind | 'none'> {
  try {
    await call
    return 'none'
  } catch (error) {
    if (error instanceof CustomerError) return error.problem.kind
    throw error
  }
}
