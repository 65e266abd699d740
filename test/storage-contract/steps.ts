/** Steps that the tests of the storage contract are made of. */
import assert from 'node:assert/strict'
import { DuplicateKey } from '../../core/ports/storage.js'
import type { CustomerRecord, Kind, KeyOf, Query, Storage, WriteUnit } from '../../core/ports/storage.js'

/** The list that most tests work on. */
export const list = 'SiteGenesis'

/** A promise and its ends. */
export function deferred(): { readonly promise: Promise<void>; resolve(): void } {
  let end: (() => void) | undefined
  const promise = new Promise<void>((resolve) => (end = resolve))
  return { promise, resolve: () => end?.() }
}

/** Gives others time to go as far as they can: some round trips to the storage. */
export async function pause(storage: Storage): Promise<void> {
  for (let i = 0; i < 5; i++) await storage.read(list, (unit) => unit.customers.find({ limit: 1 }))
}

/** Stores customer records in one unit. */
export const store = (storage: Storage, ...records: readonly CustomerRecord[]): Promise<void> =>
  storage.write(list, async (unit) => {
    for (const record of records) await unit.customers.insert(record)
  })

/** The committed customer record that a key names. */
export const load = (storage: Storage, key: KeyOf<'customers'>): Promise<CustomerRecord | undefined> =>
  storage.read(list, (unit) => unit.customers.get(key))

/** The committed customer records that a query finds. */
export const all = async (storage: Storage, query: Query = {}): Promise<readonly CustomerRecord[]> =>
  (await storage.read(list, (unit) => unit.customers.find(query))).items

/** The record that must be there. */
export async function loaded(unit: Pick<WriteUnit, 'customers'>, customerNo: string): Promise<CustomerRecord> {
  const record = await unit.customers.get({ customerNo })
  assert.ok(record, `customer ${customerNo} is not there`)
  return record
}

class Undo extends Error {}

/** Runs a unit whose work ends with a failure of its own. */
export async function undone(storage: Storage, work: (unit: WriteUnit) => Promise<unknown>): Promise<void> {
  const undo = new Undo('undo')
  await assert.rejects(
    storage.write(list, async (unit) => {
      await work(unit)
      throw undo
    }),
    (error) => error === undo,
  )
}

/** A unit that did `work` and stays open until it is told how to end. */
export async function openUnit(storage: Storage, work: (unit: WriteUnit) => Promise<unknown>) {
  const ready = deferred()
  const end = deferred()
  let isKept = true
  const done = storage.write(list, async (unit) => {
    await work(unit)
    ready.resolve()
    await end.promise
    if (!isKept) throw new Undo('undo')
  })
  const ended = done.catch((error: unknown) => {
    ready.resolve()
    if (!(error instanceof Undo)) throw error
  })
  // a unit that failed says so to whoever ends it
  ended.catch(() => {})
  await ready.promise
  return {
    commit: (): Promise<void> => (end.resolve(), ended),
    rollback: (): Promise<void> => ((isKept = false), end.resolve(), ended),
  }
}

/** Outcomes of several promises: values of those fulfilled, errors of the others. */
export async function outcomes<T>(promises: readonly Promise<T>[]): Promise<{ values: T[]; errors: unknown[] }> {
  const settled = await Promise.allSettled(promises)
  const values = settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
  return { values, errors: settled.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : [])) }
}

/** Tells whether an error is the DuplicateKey of this key. */
export const isDuplicate = (kind: Kind, key: string) => (error: unknown) =>
  error instanceof DuplicateKey && error.kind === kind && error.key === key
