/** The rules of ERP mappings (decision 3.15). */
import type { Running } from './customers.js'
import { ownedBy } from './customers.js'
import { Draft } from '../extension/draft.js'
import { fail } from '../model/problems.js'
import { keyOf } from '../model/keys.js'
import type { Live, MappingCreate, SdCustomerMapping } from '../model/documents.js'
import { mappingOf } from '../work/records.js'
import { mappingCreateSchema } from '../model/schemas.js'
import { schemaVersions } from '../ports/storage.js'
import type { MappingRecord } from '../ports/storage.js'
import type { Unit } from '../work/unit.js'

/** Creates a mapping; the customer need not exist, and equal mappings may stand side by side. */
export async function createMapping(unit: Unit, call: Running<'createMapping'>): Promise<SdCustomerMapping> {
  const { create } = call.document(undefined)
  const draft = new Draft(create, 'create', mappingCreateSchema)
  await unit.phase('createMapping', 'before', {
    documents: [draft],
    args: () => [draft.live as Live<MappingCreate>],
  })
  const { sdCustomerNumber, deletedInYaaS = false } = draft.seen
  const customerNumber = draft.seen.customerNumber.trim()
  const key = keyOf(customerNumber)
  await unit.tx.lock(`customer/${key}`)
  const record = await unit.tx.mappings.insert({
    id: unit.ids.hex24(),
    version: 1,
    schema: schemaVersions.mappings,
    keys: { customer: key },
    customerNumber,
    sdCustomerNumber,
    deletedInYaaS,
  })
  const mapping = mappingOf(record)
  await unit.phase('createMapping', 'after', { record: record.id, args: () => [mapping, draft.seen] })
  return mapping
}

/** Deletes every mapping of a customer number; if there is none, or no number is given, the one with an id. */
export async function deleteMappings(unit: Unit, call: Running<'deleteMappings'>): Promise<void> {
  const { customerNumber, id }: { readonly customerNumber?: string; readonly id?: string } = call.target
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
  const mappings = Object.freeze(records.map((record) => mappingOf(record)))
  call.document(mappings)
  await unit.phase('deleteMappings', 'before', { previous: mappings, args: () => [mappings] })
  for (const record of records) await unit.tx.mappings.remove(record)
  await unit.phase('deleteMappings', 'after', { previous: mappings, args: () => [mappings] })
}
