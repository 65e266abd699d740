/** What a torture run found. */

/** Counts of a run; `losses` must be empty. */
export interface TortureResult {
  readonly rounds: number
  /** Acknowledged writes. */
  readonly writes: number
  /** Acknowledged writes that were not found again, and everything else that was not as it must be. */
  readonly losses: readonly string[]
}

/** How a run goes. */
export interface TortureOptions {
  /** Longest time from the first acknowledged write to the kill, in milliseconds. */
  readonly longest?: number
  /** Told after each round how it went so far. */
  readonly onRound?: (result: TortureResult) => void
}

/** Says how a run went, in one line per part. */
export function describeResult(name: string, { rounds, writes, losses }: TortureResult): string {
  const lines = [`${name}: ${rounds} rounds, ${writes} acknowledged writes, ${losses.length} losses`]
  return [...lines, ...losses.slice(0, 20).map((loss) => `  ${loss}`)].join('\n')
}
