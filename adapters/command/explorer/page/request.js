/** One request: what was sent and answered, its hooks, the records before and after. */
import { apiName, apiTag, code, copyButton, h, heading, milliseconds, say, statusTag, tag, words } from './dom.js'
import { seenAs } from './live.js'
import { changesOf } from './records.js'
import { about, ask, curlOf, listOf, send } from './server.js'
import { waterfall } from './waterfall.js'

const isRead = ({ method }) => method === 'GET' || method === 'HEAD' || method === 'OPTIONS'

/** What it came to, in words. */
export function outcomeOf(request) {
  const { status, problem, isDryRun } = request
  if (status >= 400) return words(problem ?? 'refused')
  if (isDryRun) return 'dry run, nothing stored'
  return isRead(request) ? 'answered' : 'stored'
}

/** The tenant that a request was about: the list of its operation says it, else its path. */
function tenantOf({ trace, path }) {
  const [plain = ''] = path.split('?')
  const list = trace ? listOf(trace.list) : about.lists.find(({ tenant }) => plain.split('/').includes(tenant))
  return list?.tenant ?? about.lists[0].tenant
}

/** What is to be sent to make it again. */
function again(request, more = {}) {
  const { flavour, method, path, sent } = request
  const headers = { ...sent.headers, ...more }
  for (const name of Object.keys(headers)) if (/^x-forwarded-|^x-request-id$/.test(name)) delete headers[name]
  return { api: flavour, tenant: tenantOf(request), method, path, headers, body: sent.body?.text }
}

async function run(request, button) {
  button.disabled = true
  try {
    const { status, requestId } = await send(again(request, isRead(request) ? {} : { 'x-clientele-dry-run': '1' }))
    say(isRead(request) ? `Answered ${status}` : `Answered ${status}. It was a dry run: nothing was stored`)
    const found = await seenAs(requestId)
    if (found) location.hash = `#/requests/${found.id}`
  } catch (error) {
    say(error.message)
  } finally {
    button.disabled = false
  }
}

function buttons(request) {
  const label = isRead(request) ? 'Run again' : 'Run again as dry run'
  const button = h('button', { type: 'button', class: 'primary', click: () => run(request, button) }, label)
  const isWhole = !request.sent.body?.isCut
  if (!isWhole) button.disabled = true
  return h(
    'p',
    { class: 'buttons' },
    button,
    copyButton(
      'Copy as curl',
      () => curlOf(again(request, request.isDryRun ? { 'x-clientele-dry-run': '1' } : {})),
      'The curl line',
    ),
  )
}

function message(title, { headers, body }) {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
  return h(
    'section',
    {},
    heading(title, 3),
    lines.length > 0 &&
      h(
        'details',
        {},
        h('summary', {}, `${lines.length} ${lines.length === 1 ? 'header' : 'headers'}`),
        code(lines.join('\n'), `Headers of the ${title.toLowerCase()}`),
      ),
    body ? code(body.text, title) : h('p', { class: 'quiet' }, 'No body.'),
    body?.isCut && h('p', { class: 'quiet' }, 'The rest is left out here.'),
  )
}

/** The panel of one request. */
export async function requestPanel(id) {
  const request = await ask('request', { id })
  if (!request)
    return h(
      'div',
      { class: 'panel' },
      heading('This request is forgotten', 2),
      h('p', {}, `The last ${about.keptRequests} are kept, until the server stops.`),
    )
  const { flavour, method, operation, route, status, ms, time, path, trace, isDryRun } = request
  const title = h('h2', { tabindex: '-1' }, operation ? words(operation) : `${method} ${route ?? path}`)
  const facts = [apiName(flavour), trace && `list ${trace.list}`, milliseconds(ms), new Date(time).toLocaleTimeString()]
  return h(
    'article',
    { class: 'panel' },
    h('p', { class: 'back' }, h('a', { href: '#/' }, '← All requests')),
    h('div', { class: 'title' }, title, statusTag(status), apiTag(flavour), isDryRun && tag('dry run')),
    h('p', { class: 'outcome' }, outcomeOf(request)),
    h('p', { class: 'quiet' }, facts.filter(Boolean).join(' · ')),
    h('p', { class: 'path' }, h('code', {}, `${method} ${path}`)),
    buttons(request),
    heading('Hooks', 3),
    waterfall(request),
    ...changesOf(request),
    message('Request', request.sent),
    message('Answer', request.answered),
  )
}
