import { StorageUnavailable } from '../ports/storage.js'
import type { Handler } from './registry.js'

/** Thrown by a handler that cannot serve now, since what it needs is busy: the caller is told to come again. */
export class PluginBusy extends StorageUnavailable {}

/** A plug-in's mistake, with all that its author needs to find it. */
export class PluginFault extends Error {
  override readonly name = 'PluginFault'
  readonly plugin: string
  readonly extensionPoint: string
  readonly handler: string
  readonly file: string | undefined
  /** Milliseconds from the handler's start to its end. */
  readonly duration: number
  constructor(handler: Handler, duration: number, why: string, options?: ErrorOptions) {
    super(`plug-in '${handler.plugin}' at ${handler.point}: ${why}`, options)
    this.plugin = handler.plugin
    this.extensionPoint = handler.point
    this.handler = handler.name
    this.file = handler.file
    this.duration = duration
  }
}
