/** What a sample of a seed document is: a request and the answer that the document shows for it. */

/** A value of a sample; a pattern stands for a value that is compared by its form (decision 5k). */
export type Expected =
  null | boolean | number | string | RegExp | readonly Expected[] | { readonly [property: string]: Expected }

/** A request of a sample, or one that makes its precondition. */
export interface SampleRequest {
  readonly method: string
  readonly path: string
  /** The value `<etag>` stands for the ETag of the last precondition's answer. */
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
}

/** One sample. */
export interface Sample {
  readonly name: string
  /** Line of the seed document where the request begins, or what describes it. */
  readonly line: number
  /** Where the sample is not followed: letters of section 5 (adapters/README.md, Samples), and what is not listed there in words. */
  readonly repairs?: readonly string[]
  /** Requests that make the precondition; each must succeed. */
  readonly given?: readonly SampleRequest[]
  readonly request: SampleRequest
  readonly answer: {
    readonly status: number
    readonly headers?: Readonly<Record<string, string | RegExp>>
    /** Absent: the answer has no body. */
    readonly body?: Expected
    /** Top-level properties that must not be there. */
    readonly absent?: readonly string[]
  }
}

/** Where an answer differs from what a sample shows; empty if it does not. More properties may be there. */
export function differences(expected: Expected, actual: unknown, path = ''): readonly string[] {
  if (expected instanceof RegExp)
    return typeof actual === 'string' && expected.test(actual)
      ? []
      : [`${path}: ${JSON.stringify(actual)} does not look like ${expected}`]
  if (Array.isArray(expected)) {
    if (!Array.isArray(actual)) return [`${path}: ${JSON.stringify(actual)} is no list`]
    return expected.flatMap((each: Expected, index) => differences(each, actual[index], `${path}[${index}]`))
  }
  if (expected !== null && typeof expected === 'object') {
    if (actual === null || typeof actual !== 'object') return [`${path}: ${JSON.stringify(actual)} is no object`]
    return Object.entries(expected).flatMap(([name, value]) =>
      differences(value, (actual as Record<string, unknown>)[name], path === '' ? name : `${path}.${name}`),
    )
  }
  return expected === actual ? [] : [`${path}: ${JSON.stringify(actual)} instead of ${JSON.stringify(expected)}`]
}
