/** `dw/web/Resource`: property files of the cartridges. */
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import type { Surroundings } from './surroundings.js'

const files = new Map<string, ReadonlyMap<string, string>>()

/** Texts by key and bundle: `de_DE` falls back to `de` and to the bundle itself, cartridge by cartridge. */
export function resourceModule({ cartridges }: Surroundings): object {
  const find = (key: string, bundle: string): string | undefined => {
    const locale = (globalThis as { request?: { locale?: string } }).request?.locale ?? 'default'
    const [language = ''] = locale.split('_')
    for (const suffix of new Set([`_${locale}`, `_${language}`, '']))
      for (const { root } of cartridges) {
        const text = propertiesAt(
          path.join(root, 'cartridge/templates/resources', `${bundle}${suffix}.properties`),
        ).get(key)
        if (text !== undefined) return text
      }
    return undefined
  }
  const msg = (key: string, bundle: string, otherwise?: string | null): string => find(key, bundle) ?? otherwise ?? key
  return {
    msg,
    msgf: (key: string, bundle: string, otherwise: string | null, ...values: unknown[]) =>
      msg(key, bundle, otherwise).replace(/\{(\d+)\}/g, (whole, at: string) =>
        Number(at) in values ? String(values[Number(at)]) : whole,
      ),
  }
}

function propertiesAt(file: string): ReadonlyMap<string, string> {
  let texts = files.get(file)
  if (!texts) files.set(file, (texts = existsSync(file) ? parsed(readFileSync(file, 'utf8')) : new Map()))
  return texts
}

function parsed(text: string): ReadonlyMap<string, string> {
  const texts = new Map<string, string>()
  for (const line of text.replace(/\\\r?\n\s*/g, '').split(/\r?\n/)) {
    const [, key, value] = /^\s*([^#!\s][^=:\s]*)\s*[=:\s]\s*(.*)$/.exec(line) ?? []
    if (key !== undefined)
      texts.set(
        key,
        (value ?? '').replace(/\\u([0-9a-fA-F]{4})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16))),
      )
  }
  return texts
}
