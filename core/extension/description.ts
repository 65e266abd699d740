/** What is registered where, in words: the answer to "is my hook there, and after which others?" */
import { extensionPoints } from '../model/operations.js'
import type { ExtensionPoint, Operation } from '../model/operations.js'
import type { Registry } from './registry.js'

/** A point with its handlers. */
export interface PointDescription {
  readonly point: ExtensionPoint
  readonly operation: Operation
  readonly phase: 'before' | 'after'
  /** In the order in which they run. */
  readonly handlers: readonly {
    readonly plugin: string
    readonly handler: string
    readonly file: string | undefined
  }[]
}

/** Every extension point with its handlers. */
export interface HookDescription {
  readonly points: readonly PointDescription[]
  /** One line per point, and one per handler with its plug-in and file. */
  toString(): string
}

/** The description of a registry. */
export function descriptionOf(registry: Registry): HookDescription {
  const points = extensionPoints.map(({ name, operation, phase }) => ({
    point: name,
    operation,
    phase,
    handlers: registry.handlersOf(name).map(({ plugin, name: handler, file }) => ({ plugin, handler, file })),
  }))
  return { points, toString: () => points.map(textOf).join('\n') }
}

function textOf({ point, handlers }: PointDescription): string {
  const lines = handlers.map(({ plugin, handler, file }, at) => {
    const where = file === undefined ? '' : ` (${file})`
    return `  ${at + 1}. ${plugin}${handler === point ? '' : `: ${handler}`}${where}`
  })
  return [handlers.length === 0 ? `${point}: no handlers` : point, ...lines].join('\n')
}
