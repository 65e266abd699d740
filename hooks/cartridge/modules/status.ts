/** `dw/system/Status` and `StatusItem`. */
import { listOf } from '../objects/collections.js'
import type { ScriptList } from '../objects/collections.js'
import { HashMap } from '../objects/collections.js'
import type { Document, Returned } from '../messages.js'
import { formatted } from './text.js'

/** One status of a Status. */
export class StatusItem {
  status: number
  code: string | null
  message: string | null
  parameters: ScriptList
  readonly details = new HashMap()

  constructor(status: number = 0, code?: unknown, message?: unknown, ...parameters: unknown[]) {
    if (status !== 0 && status !== 1)
      throw new TypeError('the first argument of Status is Status.OK or Status.ERROR; is the constant misspelt?')
    this.status = status
    this.code = textOf(code)
    this.message = textOf(message)
    this.parameters = listOf(parameters)
  }
  get error(): boolean {
    return this.status === 1
  }
  isError(): boolean {
    return this.error
  }
  getStatus(): number {
    return this.status
  }
  getCode(): string | null {
    return this.code
  }
  getMessage(): string | null {
    return this.message
  }
  getParameters(): ScriptList {
    return this.parameters
  }
  getDetails(): HashMap {
    return this.details
  }
  addDetail(key: unknown, value: unknown): void {
    this.details.put(key, value)
  }
}

const textOf = (value: unknown): string | null => {
  if (value === undefined || value === null) return null
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** Outcome of a script. */
export class Status {
  static readonly OK = 0
  static readonly ERROR = 1
  readonly #items: StatusItem[] = []

  /** Without arguments OK; a first argument that is given is OK or ERROR. */
  constructor(...given: [status?: number, code?: unknown, message?: unknown, ...parameters: unknown[]]) {
    if (given.length > 0 && given[0] === undefined)
      throw new TypeError('the first argument of Status is Status.OK or Status.ERROR; is the constant misspelt?')
    this.#items.push(new StatusItem(...given))
  }
  /** The first that is an error, else the first. */
  get #first(): StatusItem {
    return this.#items.find(({ error }) => error) ?? this.#items[0] ?? new StatusItem()
  }
  get status(): number {
    return this.#first.status
  }
  get code(): string | null {
    return this.#first.code
  }
  get message(): string | null {
    return this.#first.message
  }
  get error(): boolean {
    return this.#first.error
  }
  get details(): HashMap {
    return this.#first.details
  }
  get parameters(): ScriptList {
    return this.#first.parameters
  }
  get items(): ScriptList<StatusItem> {
    return listOf(this.#items)
  }
  isError(): boolean {
    return this.error
  }
  getStatus(): number {
    return this.status
  }
  getCode(): string | null {
    return this.code
  }
  getMessage(): string | null {
    return this.message
  }
  getDetails(): HashMap {
    return this.details
  }
  getDetail(key: unknown): unknown {
    return this.details.get(key)
  }
  getParameters(): ScriptList {
    return this.parameters
  }
  getItems(): ScriptList<StatusItem> {
    return this.items
  }
  addItem(item: StatusItem): void {
    this.#items.push(item)
  }
  addDetail(key: unknown, value: unknown): void {
    this.details.put(key, value)
  }
}

/** What a script returned, for the library. Null and undefined are nothing. */
export function returnedOf(value: unknown): Returned {
  if (value === undefined || value === null) return { what: 'nothing' }
  const status = value === Status.OK || value === Status.ERROR ? new Status(value) : value
  if (!(status instanceof Status))
    return { what: 'other', type: typeof value === 'object' ? 'an object' : `a ${typeof value}` }
  const details: Document = {}
  for (const key of status.details.keySet()) details[String(key)] = status.details.get(key)
  const { message, parameters } = status
  return {
    what: 'status',
    isError: status.error,
    code: status.code ?? undefined,
    message: message === null ? undefined : formatted(message, parameters),
    details,
  }
}
