/**
 * `npm run bench`: the table of the benchmark; `npm run bench -- post` the rows whose names begin so. Ratios are requests
 * per CPU-second of the server process, in interleaved rounds, with servers and client on one processor. Exits with 1 when
 * a row is below its floor on Node 24.
 * `npm run bench -- json-file` prints what the JSON file costs on this disk, without HTTP; `npm run bench -- scale` what
 * PostgreSQL answers in with 1,000, 100,000 and 1,000,000 customers.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { benchmarkJsonFile } from './json-file.js'
import { cartridgeRow, measureCartridge, measureGroup, measureHolds, measureStart, startRow } from './rounds.js'
import type { Measured } from './rounds.js'
import { groupsOf, holds } from './rows.js'
import { benchmarkScale } from './scale.js'
import { peers, released, runtimes, stayOnOneProcessor } from './runtimes.js'
import { startPostgres } from '../support/postgres.js'

const jsonFile = fileURLToPath(new URL('../../benchmark.json', import.meta.url))

const number = (value: number): string => (value >= 100 ? String(Math.round(value)) : value.toFixed(2))

/** `below` fails the benchmark; a row without a target says nothing. */
function verdictOf({ median, target, floor, isCost, isJudged }: Measured): string {
  if (target === undefined || floor === undefined) return ''
  const isAtLeast = (bound: number): boolean => (isCost ? median <= bound : median >= bound)
  if (isAtLeast(target)) return 'target'
  return isAtLeast(floor) ? 'floor' : isJudged ? 'BELOW' : 'below'
}

function lineOf(one: Measured): string {
  const { row, what, runtime, median, low, high, micros, target, floor } = one
  const wanted = target === undefined ? '' : `${number(target)} / ${number(floor ?? target)}`
  const cpu = micros ? `${number(micros.of)} / ${number(micros.to)}` : ''
  const spread = low === high ? '' : ` [${number(low)}–${number(high)}]`
  return `| ${row} | ${what} | ${runtime} | ${number(median)}${spread} | ${wanted} | ${verdictOf(one)} | ${cpu} |`
}

async function benchmark(names: readonly string[]): Promise<readonly Measured[]> {
  const isWanted = ({ name }: { readonly name: string }): boolean =>
    names.length === 0 || names.some((wanted) => name === wanted || name.startsWith(`${wanted}-`))
  const all: Measured[] = []
  console.log('| row | what | on | ratio [spread] | target / floor | reaches | µs of CPU a request |')
  console.log('|---|---|---|---|---|---|---|')
  const tell = (measured: readonly Measured[]): void => {
    all.push(...measured)
    for (const one of measured) console.log(lineOf(one))
  }
  for (const runtime of runtimes()) {
    const folder = await mkdtemp(path.join(tmpdir(), 'clientele-bench-'))
    const server = await startPostgres({ durable: true })
    const needs = { folder, peers, released, database: () => server.url() }
    try {
      for (const group of groupsOf(needs)) {
        const rows = group.rows.filter(isWanted)
        if (rows.length > 0) tell(await measureGroup(group, rows, runtime))
      }
      if (isWanted(startRow)) tell([await measureStart(runtime)])
      if (isWanted(cartridgeRow)) tell([await measureCartridge(runtime)])
      const held = holds.filter(isWanted).map(({ name }) => name)
      if (held.length > 0) tell(await measureHolds(held, runtime))
    } finally {
      await server.remove()
      await rm(folder, { recursive: true, force: true })
    }
  }
  return all
}

const names = process.argv.slice(2)
if (names.includes('json-file')) await benchmarkJsonFile()
else if (names[0] === 'scale')
  await benchmarkScale(names.length > 1 ? names.slice(1).map(Number) : [1_000, 100_000, 1_000_000])
else {
  stayOnOneProcessor()
  const measured = await benchmark(names)
  if (measured.length === 0) throw new Error(`no row begins with ${names.join(' or ')}`)
  const facts = { date: new Date().toISOString(), cpu: cpus()[0]?.model, cpus: cpus().length, measured }
  await writeFile(jsonFile, `${JSON.stringify(facts, undefined, 2)}\n`)
  console.log(`\nthe same as JSON: ${path.relative(process.cwd(), jsonFile)}`)
  const failed = measured.filter((one) => verdictOf(one) === 'BELOW')
  if (failed.length > 0) console.log(`below their floor: ${failed.map(({ row }) => row).join(', ')}`)
  if (!measured.some(({ isJudged }) => isJudged)) console.log('floors were not judged: they are those of Node 24')
  if (failed.length > 0) process.exitCode = 1
}
