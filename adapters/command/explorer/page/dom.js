/** Elements in one line each, and the small parts that every view uses. */

/**
 * Makes an element: `h('a', { href: '#/', class: 'brand' }, 'clientele')`. A property that is a function listens; false, null
 * and undefined leave an attribute or a child out. Texts are never read as HTML.
 */
export function h(name, properties = {}, ...children) {
  const element = document.createElement(name)
  for (const [property, value] of Object.entries(properties))
    if (typeof value === 'function') element.addEventListener(property, value)
    else if (value !== undefined && value !== null && value !== false)
      element.setAttribute(property, value === true ? '' : String(value))
  element.append(...children.flat(3).filter((child) => child !== undefined && child !== null && child !== false))
  return element
}

/** The heading of a view; the focus goes there when it opens. */
export const heading = (text, level = 1) => h(`h${level}`, { tabindex: level === 1 ? '-1' : undefined }, text)

/** A short word in colour; the word itself says all that the colour does. */
export const tag = (text, kind = '') => h('span', { class: `tag ${kind}` }, text)

/** The name of an API as people write it. */
export const apiName = (name) => ({ ocapi: 'OCAPI', yaas: 'YaaS' })[name] ?? name

/** The tag of an API. */
export const apiTag = (name) => tag(apiName(name), `api-${name}`)

/** The tag of a status. */
export const statusTag = (status) => tag(String(status), status < 300 ? 'ok' : status < 400 ? '' : 'bad')

/** Milliseconds in three digits or so. */
export const milliseconds = (ms) => `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`

/** `refusedByHook` as words. */
export const words = (name) => name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)

/** A number with its noun. */
export const count = (n, noun, nouns = `${noun}s`) => `${n.toLocaleString('en-US')} ${n === 1 ? noun : nouns}`

let silence

/** Says something at the edge of the page, to screen readers too. */
export function say(text) {
  const said = document.getElementById('said')
  said.textContent = text
  said.classList.add('shown')
  clearTimeout(silence)
  silence = setTimeout(() => said.classList.remove('shown'), 6_000)
}

/** A button that copies a text, which may be a promise. */
export function copyButton(label, textOf, what) {
  const copy = async () => {
    await navigator.clipboard.writeText(await textOf())
    say(`${what} is in the clipboard`)
  }
  return h(
    'button',
    { type: 'button', click: () => copy().catch((error) => say(`Not copied: ${error.message}`)) },
    label,
  )
}

/** JSON, indented, its names and values in colours; other text as it is. A page can scroll it by keyboard. */
export function code(text, label) {
  const pre = h('pre', { tabindex: '0', role: 'region', 'aria-label': label })
  const json = jsonOf(text)
  pre.append(...(json === undefined ? [text] : coloured(JSON.stringify(json, undefined, 2))))
  return pre
}

function jsonOf(text) {
  if (typeof text !== 'string') return text
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function coloured(text) {
  const parts = text.split(/("(?:[^"\\]|\\.)*"(?:\s*:)?|\b(?:true|false|null)\b|-?\b\d[\d.eE+-]*)/)
  return parts.map((part, at) => {
    if (at % 2 === 0) return part
    return h('span', { class: part.endsWith(':') ? 'name' : part.startsWith('"') ? 'text' : 'value' }, part)
  })
}

/** A table with a caption for screen readers; it scrolls by itself where it is wider than the page. */
export function table(caption, columns, rows) {
  return h(
    'div',
    { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': caption },
    h(
      'table',
      { class: columns.length > 3 ? 'wide' : undefined },
      h('caption', { class: 'unseen' }, caption),
      h(
        'thead',
        {},
        h(
          'tr',
          {},
          columns.map((column) => h('th', { scope: 'col' }, column)),
        ),
      ),
      h('tbody', {}, rows),
    ),
  )
}

/** A value as one line of JSON; text without quotes. */
export const valueText = (value) => (typeof value === 'string' ? value : (JSON.stringify(value) ?? ''))
