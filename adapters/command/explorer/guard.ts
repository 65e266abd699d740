/**
 * Who may see the explorer: browsers of this machine that ask it by its own name. A page of elsewhere whose name leads here
 * (DNS rebinding) sends its own Host, and one that reaches over says so in Sec-Fetch-Site.
 */
import type { IncomingHttpHeaders } from 'node:http'

/** Whether a request asks this machine by its own name, and did not come through a proxy. */
export function isAskedHere(headers: IncomingHttpHeaders): boolean {
  const isForwarded = ['forwarded', 'via', 'x-forwarded-for', 'x-forwarded-host'].some((name) => name in headers)
  return !isForwarded && /^(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?$/i.test(headers.host ?? '')
}

/** Whether a page of ours asks, or somebody without a browser: no page of elsewhere. */
export function isAskedByUs({ 'sec-fetch-site': site = 'none' }: IncomingHttpHeaders): boolean {
  return site === 'same-origin' || site === 'none'
}

/** Headers of everything that the explorer answers: it loads nothing from elsewhere, and nobody frames or embeds it. */
export const safeHeaders: Readonly<Record<string, string>> = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'Cache-Control': 'no-store',
}
