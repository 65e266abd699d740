/** The first view: what this is, and every request as it happens. */
import { apiTag, count, h, heading, milliseconds, statusTag, tag, words } from './dom.js'
import { onSeen, seen } from './live.js'
import { outcomeOf, requestPanel } from './request.js'
import { loadSamples } from './samples.js'
import { about } from './server.js'
import { sparkline } from './waterfall.js'

const filters = {
  all: () => true,
  changes: ({ method }) => method !== 'GET' && method !== 'HEAD',
  refused: ({ status }) => status >= 400,
}
const labels = { all: 'All', changes: 'Changes', refused: 'Refused' }
let filter = 'all'

/** The path below the customer list, which nearly all requests share. */
const short = (path) =>
  path.replace(
    /^\/(?:s\/-\/)?dw\/data\/v16_2(?:\/customer_lists\/[^/?]+)?|^\/hybris\/cecentercustomer\/v1\/[^/?]+/,
    '',
  ) || path

function row(request, open) {
  const { id, method, path, operation, status, flavour, ms, time, isDryRun } = request
  const isOpen = String(id) === open
  return h(
    'li',
    {},
    h(
      'a',
      { href: `#/requests/${id}`, 'aria-current': isOpen ? 'true' : undefined },
      statusTag(status),
      h(
        'span',
        { class: 'what' },
        h('b', { class: 'line' }, operation ? words(operation) : 'no operation'),
        h('span', { class: 'line quiet' }, outcomeOf(request), ' · ', h('code', {}, `${method} ${short(path)}`)),
      ),
      sparkline(request),
      h('span', { class: 'tags' }, isDryRun && tag('dry run'), apiTag(flavour)),
      h(
        'span',
        { class: 'number quiet' },
        milliseconds(ms),
        h('span', { class: 'clock' }, ` ${new Date(time).toLocaleTimeString()}`),
      ),
    ),
  )
}

const empty = () =>
  h(
    'p',
    { class: 'empty' },
    'Nothing yet. Load the sample customers, try an API, or point your own program here: its requests show up at once.',
  )

function list(open) {
  const rows = h('ol', { class: 'requests', 'aria-label': 'Requests, the newest first' })
  const total = h('span', { class: 'quiet' })
  const place = h('div', {})
  const fill = () => {
    const shown = seen().filter(filters[filter])
    total.textContent = ` ${shown.length === seen().length ? count(shown.length, 'request') : `${shown.length} of ${count(seen().length, 'request')}`}`
    rows.replaceChildren(...shown.map((request) => row(request, open)))
    place.replaceChildren(shown.length > 0 ? rows : empty())
  }
  const add = (request) => {
    if (request === undefined || !rows.isConnected) return fill()
    if (filters[filter](request)) rows.prepend(row(request, open))
    while (rows.childElementCount > about.keptRequests) rows.lastElementChild.remove()
    total.textContent = ` ${count(rows.childElementCount, 'request')}`
    return undefined
  }
  fill()
  const choose = ({ target }) => {
    filter = target.value
    fill()
  }
  const choices = Object.entries(labels).map(([value, label]) =>
    h(
      'label',
      {},
      h('input', { type: 'radio', name: 'filter', value, checked: value === filter, change: choose }),
      h('span', {}, label),
    ),
  )
  const head = h(
    'div',
    { class: 'head' },
    h('h2', {}, 'Latest requests', total),
    h('fieldset', { class: 'switch' }, h('legend', { class: 'unseen' }, 'Which requests'), choices),
  )
  return { element: h('section', { class: 'list' }, head, place), end: onSeen(add) }
}

function facts() {
  const handlers = about.points.reduce((sum, point) => sum + point.handlers.length, 0)
  const lists = about.lists.map(({ id, tenant }) => (tenant ? `${id} (tenant ${tenant})` : id)).join(', ')
  const pairs = [
    ['Storage', about.storage],
    [about.lists.length === 1 ? 'Customer list' : 'Customer lists', lists],
    [
      'Hooks',
      h(
        'a',
        { href: '#/hooks' },
        handlers === 0
          ? `none yet, ${about.points.length} places for them`
          : `${count(handlers, 'handler')} at ${count(about.points.filter((point) => point.handlers.length > 0).length, 'point')}`,
      ),
    ],
    ['Version', `${about.version} on Node ${about.node.replace('v', '')}`],
  ]
  return h(
    'dl',
    { class: 'facts' },
    pairs.map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, value))),
  )
}

function introduction(isBehind) {
  const samples = h(
    'button',
    { type: 'button', class: 'primary', click: () => loadSamples(samples) },
    'Load sample customers',
  )
  return h(
    'section',
    { class: isBehind ? 'introduction behind' : 'introduction' },
    h(
      'div',
      {},
      heading('One store, two APIs, your rules'),
      h(
        'p',
        { class: 'lede' },
        'Programs that speak OCAPI or YaaS work on the same customers here. Hooks of yours run before and after every change, whichever API it comes through, and may refuse it.',
      ),
      h(
        'p',
        { class: 'buttons' },
        samples,
        h('a', { class: 'button', href: '#/try/ocapi/createCustomer' }, 'Create one through OCAPI'),
        h('a', { class: 'button', href: '#/try/yaas/findCustomers' }, 'List them through YaaS'),
      ),
    ),
    facts(),
  )
}

/** The view; with an id, that request is open beside the list. */
export async function requests([id]) {
  const { element, end } = list(id)
  const panel = id
    ? await requestPanel(id)
    : h(
        'div',
        { class: 'panel hint' },
        h('p', {}, 'Choose a request to see its hooks, the records before and after, and what was sent and answered.'),
      )
  return {
    elements: [introduction(Boolean(id)), h('div', { class: id ? 'split open' : 'split' }, element, panel)],
    end,
    keepsPlace: Boolean(id),
    focus: id ? panel.querySelector('h2') : undefined,
  }
}
