/** The rules of ERP mappings (decision 3.15). */
import { Draft } from '../extension/draft.js'
import type { SdCustomerMapping } from '../model/documents.js'
import { keyOf } from '../model/keys.js'
import { fail } from '../model/problems.js'
import { mappingCreateSchema } from '../model/schemas.js'
import type { Ids } from '../ports/host.js'
import { schemaVersions } from '../ports/storage.js'
import type { MappingRecord } from '../ports/storage.js'
import { mappingOf } from '../work/records.js'
import type { Unit } from '../work/unit.js'
import type { Loaded, WriteOperation } from '../work/write.js'
import { ownedBy } from './belongings.js'

/** Creates a mapping; the customer need not exist, and equal mappings may stand side by side. */
export function createMapping(ids: Ids): WriteOperation<'createMapping', Loaded<'createMapping'>, SdCustomerMapping> {
  return {
    name: 'createMapping',
    documents: { create: mappingCreateSchema },
    draft: (_, __, { create }) => new Draft(create, { name: 'create', schema: mappingCreateSchema }),
    recordId: (_, mapping) => mapping?.id,
    before: (_, create) => [create],
    async apply(unit, _, { create }) {
      const { sdCustomerNumber, deletedInYaaS = false } = create
      const customerNumber = create.customerNumber.trim()
      const key = keyOf(customerNumber)
      await unit.tx.lock(`customer/${key}`)
      const record = await unit.tx.mappings.insert({
        id: ids.hex24(),
        version: 1,
        schema: schemaVersions.mappings,
        keys: { customer: key },
        customerNumber,
        sdCustomerNumber,
        deletedInYaaS,
      })
      return mappingOf(record)
    },
    after: (_, mapping, { create }) => [mapping, create],
    result: (_, mapping) => ({ result: mapping }),
  }
}

/** The mappings that a target names. */
interface LoadedMappings {
  readonly records: readonly MappingRecord[]
  readonly previous: readonly SdCustomerMapping[]
}

/** Deletes every mapping of a customer number; if there is none, or no number is given, the one with an id. */
export function deleteMappings(): WriteOperation<'deleteMappings', LoadedMappings, void> {
  return {
    name: 'deleteMappings',
    documents: {},
    load: loadMappings,
    before: ({ previous }) => [previous],
    async apply(unit, { records }) {
      for (const record of records) await unit.tx.mappings.remove(record)
    },
    after: ({ previous }) => [previous],
    result: () => ({ result: undefined }),
  }
}

async function loadMappings(
  unit: Unit,
  { customerNumber, id }: { readonly customerNumber?: string; readonly id?: string },
): Promise<LoadedMappings> {
  let records: readonly MappingRecord[] = []
  if (customerNumber !== undefined) {
    const key = keyOf(customerNumber)
    await unit.tx.lock(`customer/${key}`)
    records = (await unit.tx.mappings.find({ where: ownedBy(key) })).items
  }
  if (records.length === 0 && id !== undefined) {
    const record = await unit.tx.mappings.get({ id })
    records = record ? [record] : []
  }
  if (records.length === 0) throw fail('mappingNotFound', { customerNumber: customerNumber ?? id ?? '' })
  return { records, previous: Object.freeze(records.map((record) => mappingOf(record))) }
}
