import { appendFile } from 'node:fs/promises'
import type { Plugin } from '../core/extension/hooks.js'
import { warnIfOpen } from '../core/ports/private-file.js'
import { changePlugin } from './change-notice.js'
import type { ChangeNotice } from './change-notice.js'

const lineOf = (notice: ChangeNotice): string => `${JSON.stringify(notice)}\n`

/** Where lines go: a file that grows, or a function. */
export type AuditSink = string | ((line: string) => void | Promise<void>)

/**
 * Writes after the commit, to a file of its owner alone: one NDJSON line for every change of a customer or address that was stored, and none for one
 * that was rolled back. A line is a `ChangeNotice`: who did what to which customer, without personal data.
 *
 * ```ts
 * createClientele({ …, plugins: [auditLog('audit.ndjson')] })
 * ```
 */
export function auditLog(sink: AuditSink): Plugin {
  if (typeof sink !== 'string') return changePlugin('audit-log', (notice) => sink(lineOf(notice)))
  return {
    ...changePlugin('audit-log', (notice) => appendFile(sink, lineOf(notice), { mode: 0o600 })),
    start: ({ logger }) => warnIfOpen(sink, (message, fields) => logger.warn(message, fields)),
  }
}
