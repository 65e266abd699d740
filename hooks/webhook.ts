import { createHmac, randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { checkOptions } from '../core/model/options.js'
import { SetupError } from '../core/model/setup-error.js'
import type { Plugin } from '../core/extension/hooks.js'
import { changePlugin } from './change-notice.js'

/** Where to post, and how long to try. All attempts together have the time limit of a handler (`limits.handler`). */
export interface WebhookOptions {
  readonly url: string
  /** Signs every post; the receiver has it too. */
  readonly secret: string
  /** Milliseconds that one attempt may take. Default 2,000. */
  readonly timeout?: number
  /** Attempts after the first one. Default 2. */
  readonly retries?: number
  /** Milliseconds before the first retry; doubled for each one more. Default 200. */
  readonly pause?: number
}

/**
 * Calls another system after the commit: a POST with a `ChangeNotice` as JSON for every stored change, tried again when
 * the receiver cannot be reached or answers 408, 429 or 5xx. `webhook-id` is the same in every attempt, so that a receiver
 * can tell a repetition; `webhook-signature` is `v1,` and the HMAC-SHA256 of `id.timestamp.body` with the secret, in
 * base64. At most once altogether: a process that ends before the post loses it.
 *
 * ```ts
 * createClientele({ …, plugins: [webhook({ url: 'https://crm.example.com/hook', secret: process.env.WEBHOOK_SECRET })] })
 * ```
 */
export function webhook(options: WebhookOptions): Plugin {
  const figure = 'number'
  const table = { url: 'string', secret: 'string', timeout: figure, retries: figure, pause: figure } as const
  checkOptions<WebhookOptions>('webhook', options, table, ['url', 'secret'])
  const { url, secret, timeout = 2000, retries = 2, pause = 200 } = options
  if (!URL.canParse(url)) throw new SetupError('webhook: url: Invalid URL')
  if (secret === '') throw new SetupError('webhook needs a secret')
  const { host } = new URL(url)
  return changePlugin('webhook', async (notice, signal) => {
    const body = JSON.stringify(notice)
    const id = randomUUID()
    for (let attempt = 0; ; attempt++) {
      const timestamp = String(Math.floor(Date.now() / 1000))
      const signature = createHmac('sha256', secret).update(`${id}.${timestamp}.${body}`).digest('base64')
      const headers = { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` }
      const answer = await fetch(url, {
        method: 'POST',
        redirect: 'manual',
        headers: { 'content-type': 'application/json', ...headers },
        body,
        signal: AbortSignal.any([signal, AbortSignal.timeout(timeout)]),
      }).catch((error: unknown) => error as Error)
      if (!(answer instanceof Error)) await answer.body?.cancel()
      if (!(answer instanceof Error) && answer.ok) return
      const mayHelp = answer instanceof Error || answer.status >= 500 || [408, 429].includes(answer.status)
      if (!mayHelp || attempt >= retries)
        throw new Error(`${host} did not take the webhook: ${answer instanceof Error ? answer.name : answer.status}`)
      await delay(pause * 2 ** attempt, undefined, { signal })
    }
  })
}
