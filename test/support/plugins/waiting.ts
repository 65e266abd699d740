/** A plug-in that takes its time on creation: the last name says how long. */
import { setTimeout as delay } from 'node:timers/promises'
import { definePlugin } from '../../../core/extension/hooks.js'

export default definePlugin({
  name: 'waiting',
  hooks: {
    async 'dw.ocapi.data.customer_list.customers.beforePOST'(create, _customerListId, context) {
      console.log(`handler waits for ${create.lastName}`)
      if (create.lastName === 'a moment') await delay(300)
      if (create.lastName === 'the signal') await delay(60_000, undefined, { signal: context.signal })
      if (create.lastName === 'ever') await delay(60_000)
    },
  },
})
