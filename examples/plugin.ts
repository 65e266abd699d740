import { definePlugin, Status } from 'clientele'

export default definePlugin({
  name: 'companies',
  hooks: {
    'dw.ocapi.data.customer_list.customers.beforePOST'(create) {
      create.preferredLocale ??= 'de_DE'
      if (create.jobTitle && !create.companyName) return Status.error('COMPANY_MISSING', 'A job needs a company.')
      return Status.ok()
    },
    async 'dw.ocapi.data.customer_list.customers.afterPOST'(customer, _create, _customerListId, context) {
      const { customerNo, companyName } = customer
      if (!companyName) return
      await context.customers.createAddress({ customerNo, create: { addressId: 'work', companyName } })
      context.afterCommit(() => console.log(`customer ${customerNo} has a work address`))
    },
  },
})
