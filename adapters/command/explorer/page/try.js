/** Both APIs to try: their operations, a form for each, and what comes back. */
import { apiName, code, h, heading, milliseconds, statusTag } from './dom.js'
import { listChoice } from './customers.js'
import { operationForm } from './form.js'
import { seenAs } from './live.js'
import { about, openapiOf } from './server.js'

/** Every operation of a document, in the order of its tags. */
function operationsOf(document, api) {
  const base = new URL(document.servers[0].url).pathname
  const all = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({
      ...operation,
      api,
      base,
      path,
      method: method.toUpperCase(),
    })),
  )
  return document.tags.map(({ name, description }) => ({
    name,
    description,
    operations: all.filter(({ tags }) => tags.includes(name)),
  }))
}

/** Markdown of one line: what stands in backticks is code. */
const withCode = (text) => text.split('`').map((part, at) => (at % 2 === 0 ? part : h('code', {}, part)))

function menu(groups, api, open) {
  const entry = ({ operationId, method, summary }) =>
    h(
      'li',
      {},
      h(
        'a',
        { href: `#/try/${api}/${operationId}`, 'aria-current': operationId === open ? 'true' : undefined },
        h('b', { class: `method ${method}` }, method),
        h('span', {}, summary),
      ),
    )
  return h(
    'nav',
    { class: 'operations', 'aria-label': `Operations of ${apiName(api)}` },
    groups.map(({ name, operations }) => [h('h2', {}, name), h('ul', {}, operations.map(entry))]),
  )
}

async function show(place, { status, headers, text, ms, requestId }) {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
  const link = h('span', {})
  place.replaceChildren(
    h(
      'div',
      { class: 'title' },
      h('h3', { tabindex: '-1' }, 'Answer'),
      statusTag(status),
      h('span', { class: 'quiet' }, milliseconds(ms)),
      link,
    ),
    h('details', {}, h('summary', {}, `${lines.length} headers`), code(lines.join('\n'), 'Headers of the answer')),
    text === '' ? h('p', { class: 'quiet' }, 'Without a body.') : code(text, 'Answer'),
  )
  place.querySelector('h3').focus()
  const seen = await seenAs(requestId)
  if (seen) link.append(h('a', { href: `#/requests/${seen.id}` }, 'Its hooks and records'))
}

async function panel(document, operation) {
  const answer = h('section', { class: 'answer', 'aria-live': 'polite' })
  const form = await operationForm(document, operation, (given) => show(answer, given))
  return h(
    'article',
    { class: 'panel' },
    h('h2', { tabindex: '-1' }, operation.summary),
    h('p', { class: 'path' }, h('code', {}, `${operation.method} ${operation.base}${operation.path}`)),
    form,
    answer,
  )
}

/** The view of `#/try/{api}/{operation}`. */
export async function tryApi([api = about.apis[0], id]) {
  const document = await openapiOf(api)
  const groups = operationsOf(document, api)
  const all = groups.flatMap(({ operations }) => operations)
  const operation = all.find(({ operationId }) => operationId === id)
  const apis = about.apis.map((name) =>
    h('a', { href: `#/try/${name}`, 'aria-current': name === api ? 'page' : undefined }, apiName(name)),
  )
  const hint = h(
    'div',
    { class: 'panel hint' },
    h('p', {}, 'Choose an operation. Its form is filled in with an example, and the token is there already.'),
  )
  const shown = operation ? await panel(document, operation) : hint
  return {
    elements: [
      heading('Try the APIs'),
      h(
        'p',
        { class: 'lede' },
        `${document.info.title}. `,
        withCode(document.info.description),
        ' ',
        h('a', { href: `/openapi/${api}.json` }, 'OpenAPI document'),
      ),
      h(
        'div',
        { class: 'fields' },
        h('nav', { class: 'switch', 'aria-label': 'API' }, apis),
        listChoice(() => dispatchEvent(new Event('hashchange'))),
      ),
      h('div', { class: operation ? 'split open' : 'split' }, menu(groups, api, id), shown),
    ],
    keepsPlace: Boolean(operation),
    focus: operation ? shown.querySelector('h2') : undefined,
  }
}
