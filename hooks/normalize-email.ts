import { definePlugin } from '../core/extension/hooks.js'
import type { Plugin } from '../core/extension/hooks.js'

/** The address trimmed, its domain in lower case: what stands after the last `@` never depends on case, the rest may. */
function normalized(email: string): string {
  const at = email.lastIndexOf('@')
  return (email.slice(0, at + 1) + email.slice(at + 1).toLowerCase()).trim()
}

/**
 * Changes the input: emails are stored trimmed and with their domain in lower case, whichever API they come through.
 *
 * ```ts
 * createClientele({ …, plugins: [normalizeEmail()] })
 * ```
 */
export function normalizeEmail(): Plugin {
  return definePlugin({
    name: 'normalize-email',
    hooks: {
      'dw.ocapi.data.customer_list.customers.beforePOST'(create) {
        if (create.email !== undefined) create.email = normalized(create.email)
      },
      'dw.ocapi.data.customer_list.customer.beforePATCH'(_customer, update) {
        if (typeof update.email === 'string') update.email = normalized(update.email)
      },
      'clientele.customer.accounts.beforePOST'(_customer, create) {
        if (create.email !== undefined) create.email = normalized(create.email)
      },
    },
  })
}
