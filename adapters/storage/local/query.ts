/** Answers queries from a table, and from what a unit of work has staged on top of it. */
import type { Ending } from '../../../core/model/calls.js'
import type { Condition, Kind, Page, Path, Query, Records, Scalar } from '../../../core/ports/storage.js'
import { compileCondition, compileSort } from '../../../core/ports/condition.js'
import type { Test } from '../../../core/ports/condition.js'
import { Block, markOf, samePath } from './blocks.js'
import { seriesOf } from './ordered.js'
import type { Series } from './ordered.js'
import { compilePatterns, hasPatterns, patternLimits, tooManyRecords } from '../../../core/ports/query-patterns.js'
import type { Patterns } from '../../../core/ports/query-patterns.js'
import type { RecordTable } from './record-table.js'
import type { Slot } from './slot.js'
import { Slices } from './slices.js'
import { Window } from './window.js'

/** Slots that a unit of work staged, by record id; undefined for a removed record. */
export type Staged<K extends Kind> = ReadonlyMap<string, Slot<K> | undefined>

/** Slots among which the answer is, what remains to be tested, and the order in which they come. */
interface Selection<K extends Kind> {
  readonly slots: Series<Slot<K>>
  readonly rest: readonly Condition[]
  readonly order: 'creation' | 'sort' | 'other'
}

/**
 * One page of the records that meet the condition, all of one moment. A long look, and any with regular expressions,
 * leaves the event loop free now and then; it ends when the signal fires.
 */
export async function find<K extends Kind>(
  table: RecordTable<K>,
  query: Query,
  staged?: Staged<K>,
  limits = patternLimits,
  signal?: Ending,
): Promise<Page<Records[K]>> {
  const patterns = hasPatterns(query) ? await compilePatterns(query.where, limits) : undefined
  signal?.throwIfAborted()
  const from = query.offset ?? 0
  const to = from + (query.limit ?? Infinity)
  const { slots, rest, order } = candidates(table, query, staged)
  const isOrdered = order === (query.sort?.length ? 'sort' : 'creation')
  if (rest.length === 0 && isOrdered)
    return { items: slots.slice(from, to).map((slot) => slot.record), total: slots.length }
  if (patterns && slots.length > limits.rows) throw tooManyRecords(limits)
  const test = testOf(rest, patterns)
  const slices = new Slices(signal, patterns && limits)
  if (slots === table.slots) {
    // they come in order of creation, and a window keeps equal ones as they come
    const page = new Window<Records[K]>(from, to, query.sort?.length ? compileSort(query.sort) : undefined)
    await look(table.blocks(), test, placesFor<K>(rest), recordAt, page, slices)
    return { items: page.items(), total: page.total }
  }
  const page = new Window<Slot<K>>(from, to, isOrdered ? undefined : ordering(query.sort))
  await look(blocksOf(slots), test, () => undefined, slotAt, page, slices)
  return { items: page.items().map((slot) => slot.record), total: page.total }
}

const recordAt = <K extends Kind>(block: Block<K>, place: number): Records[K] => block.keep()[place] as Records[K]
const slotAt = <K extends Kind>(block: Block<K>, place: number): Slot<K> => block.slotAt(place)

function blocksOf<K extends Kind>(slots: Series<Slot<K>>): readonly Block<K>[] {
  return Array.from(slots.chunks(), (chunk) => {
    const block = new Block(chunk)
    block.keep()
    return block
  })
}

function testOf(conditions: readonly Condition[], patterns: Patterns = new Map()): Test {
  const [first, second] = conditions
  if (!first) return () => true
  return compileCondition(second ? { op: 'and', of: conditions } : first, patterns)
}

/** The places in a block where a look may find something; undefined: all. Only an equality says so. */
type Places<K extends Kind> = (block: Block<K>) => readonly number[] | undefined

function placesFor<K extends Kind>(conditions: readonly Condition[]): Places<K> {
  for (const condition of conditions)
    if (condition.op === 'eq') {
      const { path } = condition
      const mark = markOf(condition.value)
      return (block) => block.placesOf(path, mark)
    }
  return () => undefined
}

async function look<K extends Kind, T>(
  blocks: readonly Block<K>[],
  test: Test,
  placesIn: Places<K>,
  take: (block: Block<K>, place: number) => T,
  page: Window<T>,
  slices: Slices,
): Promise<void> {
  for (const block of blocks) {
    if (slices.isOver) await slices.next()
    const records = block.keep()
    const places = placesIn(block)
    const count = places?.length ?? records.length
    for (let n = 0; n < count; n++) {
      const place = places?.[n] ?? n
      if (test(records[place] as Records[K])) page.add(take(block, place))
      if (n % slices.step === 0 && slices.isOver) await slices.next()
    }
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
  return { slots: seriesOf(slots), rest: query.where ? conjuncts(query.where) : [], order: 'other' }
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
  if (best) return { slots: best.slots, order: best.order, rest }
  const step = query.sort?.length === 1 ? query.sort[0] : undefined
  const index = step && declaredIndex(table, step.path)
  if (!index) return { slots: table.slots, order: 'creation', rest }
  return { slots: step.descending ? index.descending() : index.slots, order: 'sort', rest }
}

function conjuncts(where: Condition): readonly Condition[] {
  return where.op === 'and' ? where.of.flatMap(conjuncts) : [where]
}

const declaredIndex = <K extends Kind>(table: RecordTable<K>, path: Path) =>
  table.declared.find((index) => samePath(index.path, path))

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
