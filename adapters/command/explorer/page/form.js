/** A form for one operation of an API, made of its OpenAPI document. */
import { copyButton, h, say } from './dom.js'
import { ask, chosen, curlOf, send } from './server.js'

/** What a parameter of the path most likely is. */
const guesses = {
  list_id: () => chosen.list.id,
  tenant: () => chosen.list.tenant,
  customer_no: () => chosen.customerNo,
  customerNumber: () => chosen.customerNo,
}

/** A schema with its reference followed. */
export const schemaOf = (document, schema = {}) =>
  schema.$ref ? document.components.schemas[schema.$ref.split('/').at(-1)] : schema

const typeText = ({ type, enum: values, maxLength, const: only }) =>
  values
    ? values.join(' | ')
    : only !== undefined
      ? JSON.stringify(only)
      : [[type ?? 'any'].flat().join(' or '), maxLength && `up to ${maxLength}`].filter(Boolean).join(', ')

function input({ name, required, schema, description, in: place }, id) {
  const common = { id, name, 'data-in': place, required, 'aria-describedby': `${id}-about` }
  const about = h(
    'small',
    { id: `${id}-about` },
    [description, schema.type === 'string' && !schema.enum ? '' : typeText(schema)].join(' ').trim(),
  )
  const control = schema.enum
    ? h(
        'select',
        common,
        h('option', { value: '' }, ''),
        schema.enum.map((value) => h('option', {}, value)),
      )
    : h('input', {
        ...common,
        type: 'text',
        autocomplete: 'off',
        spellcheck: 'false',
        list: guesses[name] && /customer/.test(name) ? 'known-customers' : undefined,
      })
  return h('div', { class: 'input' }, h('label', { for: id }, name), control, about)
}

function bodyOf(document, { requestBody }) {
  if (!requestBody) return []
  const [[type, { schema, example }]] = Object.entries(requestBody.content)
  const properties = Object.entries(schemaOf(document, schema).properties ?? {})
  const known = properties.map(([name, each]) =>
    h('li', {}, h('code', {}, name), ' ', h('span', { class: 'quiet' }, typeText(schemaOf(document, each)))),
  )
  return [
    h('label', { for: 'body' }, `Document (${type})`),
    h(
      'textarea',
      { id: 'body', rows: '10', spellcheck: 'false', 'data-type': type },
      JSON.stringify(example, undefined, 2),
    ),
    known.length > 0 &&
      h('details', {}, h('summary', {}, `${known.length} properties`), h('ul', { class: 'properties' }, known)),
  ]
}

/** The request that the form says. */
function requestOf(form, { api, method, path, base }) {
  const headers = {}
  const query = new URLSearchParams()
  let filled = path
  for (const control of form.querySelectorAll('[data-in]')) {
    const { name, value } = control
    if (control.dataset.in === 'path') filled = filled.replace(`{${name}}`, encodeURIComponent(value))
    else if (value !== '' && control.dataset.in === 'query') query.append(name, value)
    else if (value !== '') headers[name] = value
  }
  const text = form.querySelector('#body')
  if (text) headers['content-type'] = text.dataset.type
  if (form.querySelector('[name=dry]')?.checked) headers['x-clientele-dry-run'] = '1'
  const search = query.toString()
  const tenant = form.querySelector('[name=tenant]')?.value ?? chosen.list.tenant
  return { api, tenant, method, path: base + filled + (search && `?${search}`), headers, body: text?.value }
}

async function fillNumbers(form) {
  const { customers } = await ask('customers', { list: chosen.list.id })
  chosen.customerNo ??= customers[0]?.customerNo
  const options = customers.map(({ customerNo, firstName, lastName }) =>
    h('option', { value: customerNo }, [firstName, lastName].filter(Boolean).join(' ')),
  )
  form.append(h('datalist', { id: 'known-customers' }, options))
  for (const [name, guess] of Object.entries(guesses)) {
    const control = form.querySelector(`[name=${name}][data-in=path]`)
    if (control) control.value = guess() ?? ''
  }
}

/** The form of an operation; `answered` is called with what came back. */
export async function operationForm(document, operation, answered) {
  const { method, parameters = [] } = operation
  const inputs = (place) =>
    parameters.filter((each) => each.in === place).map((each) => input(each, `in-${place}-${each.name}`))
  const isChange = method !== 'GET'
  const more = [...inputs('query'), ...inputs('header')]
  const button = h('button', { type: 'submit', class: 'primary' }, 'Send')
  const submit = async (event) => {
    event.preventDefault()
    button.disabled = true
    await send(requestOf(form, operation)).then(answered, (error) => say(error.message))
    button.disabled = false
  }
  const form = h(
    'form',
    { class: 'operation', submit },
    inputs('path'),
    bodyOf(document, operation),
    more.length > 0 && h('details', {}, h('summary', {}, `${more.length} parameters and headers`), more),
    h('p', { class: 'token quiet' }, 'A token is sent with it: this page has one already.'),
    h(
      'p',
      { class: 'buttons' },
      button,
      copyButton('Copy as curl', () => curlOf(requestOf(form, operation)), 'The curl line'),
      isChange &&
        h('label', { class: 'check' }, h('input', { type: 'checkbox', name: 'dry' }), 'Dry run: store nothing'),
    ),
  )
  await fillNumbers(form)
  return form
}
