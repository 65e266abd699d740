/** Examples of documents, as the service's own pages show them. */

/** What creates a customer. */
export const newCustomer = {
  firstName: 'Arnold',
  contactEmail: 'noreply@hybristest.com',
  company: 'hybris',
  preferredLanguage: 'en_UK',
  preferredCurrency: 'GBP',
}

/** What replaces a customer. */
export const customerChange = { ...newCustomer, firstName: 'Lilu', metadata: { version: 1 } }

/** A customer. */
export const customer = {
  id: 'C6726280624',
  customerNumber: 'C6726280624',
  ...newCustomer,
  preferredSite: 'default',
  active: true,
  metadata: {
    mixins: {},
    version: 1,
    createdAt: '2016-01-31T12:00:00.000Z',
    modifiedAt: '2016-01-31T12:00:00.000Z',
  },
}

/** The answer to what creates something. */
export const link = {
  id: 'C6726280624',
  link: 'https://shop.example.com/hybris/cecentercustomer/v1/acme/customers/C6726280624',
}

/** Accounts of a customer. */
export const accounts = [{ id: 'noreply@hybristest.com', providerId: 'internal' }]

/** What makes an account. */
export const newAccount = { email: 'noreply@hybristest.com', password: 'a long one' }

/** Social media users of a customer. */
export const socialMediaUsers = [{ id: '10203', referenceCustomerNumber: 'C6726280624' }]

/** What creates or replaces an address. */
export const newAddress = {
  contactName: 'Arnold Hybris',
  street: 'Nymphenburger Str.',
  streetNumber: '86',
  zipCode: '80636',
  city: 'Munich',
  country: 'DE',
  tags: ['billing'],
  isDefault: true,
}

/** An address. */
export const address = { id: '57c4a0c5b0d5f0001d5a1f0e', ...newAddress }

/** An ERP mapping. */
export const mapping = { customerNumber: 'C6726280624', sdCustomerNumber: '0000012345', deletedInYaaS: false }
