import { appendFile } from 'node:fs/promises'
import type { Plugin } from '../core/extension/hooks.js'
import { changePlugin } from './change-notice.js'

/** Where lines go: a file that grows, or a function. */
export type AuditSink = string | ((line: string) => void | Promise<void>)

/**
 * Writes after the commit: one NDJSON line for every change of a customer or address that was stored, and none for one
 * that was rolled back. A line is a `ChangeNotice`: who did what to which customer, without personal data.
 *
 * ```ts
 * createClientele({ …, plugins: [auditLog('audit.ndjson')] })
 * ```
 */
export function auditLog(sink: AuditSink): Plugin {
  const write = typeof sink === 'string' ? (line: string) => appendFile(sink, line, { mode: 0o600 }) : sink
  return changePlugin('audit-log', (notice) => write(`${JSON.stringify(notice)}\n`))
}
