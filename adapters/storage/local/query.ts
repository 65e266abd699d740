/** Answers queries from a table, and from what a unit of work has staged on top of it. */
import type { Condition, Kind, Page, Path, Query, Records, Scalar } from '../../../core/ports/storage.js'
import { compileCondition, compileSort } from '../../../core/ports/condition.js'
import type { Test } from '../../../core/ports/condition.js'
import { seriesOf } from './ordered.js'
import type { Series } from './ordered.js'
import { compilePatterns, hasPatterns, patternLimits, tooManyRecords } from '../../../core/ports/query-patterns.js'
import type { RecordTable, Slot } from './record-table.js'
import { Slices } from './slices.js'
import { Window } from './window.js'

/** Slots that a unit of work staged, by record id; undefined for a removed record. */
export type Staged<K extends Kind> = ReadonlyMap<string, Slot<K> | undefined>

/** Slots among which the answer is, what remains to be tested, and the order in which they come. */
interface Selection<K extends Kind> {
  readonly slots: Series<Slot<K>>
  readonly rest: Condition | undefined
  readonly order: 'creation' | 'sort' | 'other'
}

/** Up to so many slots are looked at in one go. */
const few = 5_000

/**
 * One page of the records that meet the condition, all of one moment. A long look, and any with regular expressions, goes
 * over references taken in that moment, and leaves the event loop free now and then; it ends when the signal fires.
 */
export async function find<K extends Kind>(
  table: RecordTable<K>,
  query: Query,
  staged?: Staged<K>,
  limits = patternLimits,
  signal?: AbortSignal,
): Promise<Page<Records[K]>> {
  const patterns = hasPatterns(query) ? await compilePatterns(query.where, limits) : undefined
  signal?.throwIfAborted()
  const from = query.offset ?? 0
  const to = from + (query.limit ?? Infinity)
  const { slots, rest, order } = candidates(table, query, staged)
  const isOrdered = order === (query.sort?.length ? 'sort' : 'creation')
  if (!rest && isOrdered) return { items: slots.slice(from, to).map((slot) => slot.record), total: slots.length }
  if (patterns && slots.length > limits.rows) throw tooManyRecords(limits)
  const test: Test = rest ? compileCondition(rest, patterns ?? new Map()) : () => true
  const page = new Window<Slot<K>>(from, to, isOrdered ? undefined : ordering(query.sort))
  if (patterns || slots.length > few) await lookInSlices(slots, test, page, new Slices(signal, patterns && limits))
  else for (const chunk of slots.chunks()) for (const slot of chunk) if (test(slot.record)) page.add(slot)
  return { items: page.items().map((slot) => slot.record), total: page.total }
}

async function lookInSlices<K extends Kind>(
  slots: Series<Slot<K>>,
  test: Test,
  page: Window<Slot<K>>,
  slices: Slices,
): Promise<void> {
  // records never change; what is in a slot does
  const records: Records[K][] = []
  const ordinals: number[] = []
  for (const chunk of slots.chunks())
    for (const { record, ordinal } of chunk) {
      records.push(record)
      ordinals.push(ordinal)
    }
  for (const [index, record] of records.entries()) {
    if (test(record)) page.add({ record, ordinal: ordinals[index] as number })
    if (index % slices.step === 0 && slices.isOver) await slices.next()
  }
  await page.arrange(slices)
}

function ordering<K extends Kind>(sort: Query['sort']): (a: Slot<K>, b: Slot<K>) => number {
  if (!sort?.length) return (a, b) => a.ordinal - b.ordinal
  const compare = compileSort(sort)
  return (a, b) => compare(a.record, b.record) || a.ordinal - b.ordinal
}

/** Slots to look at: of the table, and with a unit's staged slots in the place of those they replace. */
function candidates<K extends Kind>(table: RecordTable<K>, query: Query, staged: Staged<K> | undefined): Selection<K> {
  const selection = select(table, query)
  if (!staged?.size) return selection
  const slots: Slot<K>[] = []
  for (const chunk of selection.slots.chunks())
    for (const slot of chunk) if (!staged.has(slot.record.id)) slots.push(slot)
  for (const slot of staged.values()) if (slot) slots.push(slot)
  return { slots: seriesOf(slots), rest: query.where, order: 'other' }
}

/** The smallest set of slots that an index can give, or all. */
function select<K extends Kind>(table: RecordTable<K>, query: Query): Selection<K> {
  const conditions = query.where ? conjuncts(query.where) : []
  let best: (Omit<Selection<K>, 'rest'> & { readonly condition: Condition }) | undefined
  for (const condition of conditions) {
    const found = lookUp(table, condition, query.sort)
    if (found && (!best || found.slots.length < best.slots.length)) best = { ...found, condition }
  }
  const rest = conditions.filter((condition) => condition !== best?.condition)
  const remaining: Condition | undefined = rest.length > 1 ? { op: 'and', of: rest } : rest[0]
  if (best) return { slots: best.slots, order: best.order, rest: remaining }
  const step = query.sort?.length === 1 ? query.sort[0] : undefined
  const index = step && declaredIndex(table, step.path)
  if (!index) return { slots: table.slots, order: 'creation', rest: remaining }
  return { slots: step.descending ? index.descending() : index.slots, order: 'sort', rest: remaining }
}

function conjuncts(where: Condition): readonly Condition[] {
  return where.op === 'and' ? where.of.flatMap(conjuncts) : [where]
}

const declaredIndex = <K extends Kind>(table: RecordTable<K>, path: Path) =>
  table.declared.find((index) => samePath(index.path, path))

const samePath = (a: Path, b: Path): boolean => a.length === b.length && a.every((name, i) => name === b[i])

/** The slots that meet a condition, if an index knows them. */
function lookUp<K extends Kind>(
  table: RecordTable<K>,
  condition: Condition,
  sort: Query['sort'],
): Omit<Selection<K>, 'rest'> | undefined {
  switch (condition.op) {
    case 'eq':
      return equal(table, condition.path, [condition.value])
    case 'in':
      return equal(table, condition.path, [...new Set(condition.values)])
    case 'lt':
    case 'lte':
    case 'gt':
    case 'gte': {
      const index = declaredIndex(table, condition.path)
      if (!index) return undefined
      const step = sort?.length === 1 ? sort[0] : undefined
      const sorted = step && !step.descending && samePath(step.path, condition.path)
      return { slots: index.range(condition.op, condition.value), order: sorted ? 'sort' : 'other' }
    }
    default:
      return undefined
  }
}

function equal<K extends Kind>(
  table: RecordTable<K>,
  path: Path,
  values: readonly Scalar[],
): Omit<Selection<K>, 'rest'> | undefined {
  const index = declaredIndex(table, path)
  const find = index ? (value: Scalar) => index.equal(value) : keyLookUp(table, path)
  if (!find) return undefined
  const [first] = values
  if (first !== undefined && values.length === 1) return { slots: find(first), order: 'creation' }
  const slots: Slot<K>[] = []
  for (const value of values) for (const chunk of find(value).chunks()) for (const slot of chunk) slots.push(slot)
  return { slots: seriesOf(slots), order: 'other' }
}

/** A look-up in the index of a record's id or of one of its keys. */
function keyLookUp<K extends Kind>(
  table: RecordTable<K>,
  path: Path,
): ((value: unknown) => Series<Slot<K>>) | undefined {
  const [first, second] = path
  if (path.length === 1 && first === 'id') return (value) => oneSlot(table.byId.get(value as string))
  if (path.length !== 2 || first !== 'keys' || second === undefined) return undefined
  if (table.unique.some(({ name }) => name === second))
    return (value) => oneSlot(table.uniqueSlot(second, value as string))
  const index = table.indexed.find(({ name }) => name === second)
  return index && ((value) => index.slots.get(value as string))
}

const oneSlot = <K extends Kind>(slot: Slot<K> | undefined): Series<Slot<K>> => seriesOf(slot ? [slot] : [])
