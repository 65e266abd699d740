/**
 * A plug-in that makes what the seed document 000 takes for granted and its API cannot write: social media users
 * (decision 3.14), and a customer without account whose number is given (decision 3.5).
 */
import { definePlugin } from '../../core/index.js'

/** As the document shows them. */
export const socialMediaUsers = [
  {
    communicationMediumID: 'SAP_COMMUNITY',
    consentGivenBy: 'John Marker',
    consentGivenOn: '2015-12-02T14:10:00.000+0000',
    creationDateTime: '2015-10-02T14:10:00.000+0000',
    firstName: 'Mary',
    fullName: 'Mary Smith',
    id: '570f6adaf5563e001d56de87',
    lastName: 'Smith',
    provider: 'John Marker',
    referenceCustomerNumber: 'C8020362178',
    socialMediaEmail: 'mary.smith@hybristest.com',
    socialMediaUserAccountName: 'Mary',
    socialMediaUserID: '579849303',
    socialMediaUserProfilePhotoLink: 'www.test.com',
  },
  {
    communicationMediumID: 'SAP_COMMUNITY',
    consentGivenBy: 'xiao.zhao@sap.com',
    consentGivenOn: '2016-04-11T07:37:47.394+0000',
    creationDateTime: '2015-11-20T05:17:20.000+0000',
    firstName: 'kang',
    fullName: 'kang chengkun',
    id: '570600520941f5001dde7365',
    lastName: 'chengkun',
    provider: 'twitter',
    referenceCustomerNumber: 'C8020362178',
    socialMediaEmail: 'kangwen6663@126.com',
    socialMediaUserAccountName: 'conrad',
    socialMediaUserID: 'ZTbG506cJJFyLjWK6k6bxh',
    socialMediaUserProfilePhotoLink:
      'https://acecorp2.community-demo.sapjam.com/uploads/production/registered_user/profile_photo/ZTbG506cJJFyLjWK6k6bxh/thumb48x48_-5_16_Kang_Chengkun.jpg',
  },
]

export default definePlugin({
  name: 'seed-data',
  hooks: {
    'dw.ocapi.data.customer_list.customers.beforePOST': (create) => {
      if (create.secondName?.startsWith('CO')) create.customerNo = create.secondName
    },
    'dw.ocapi.data.customer_list.customers.afterPOST': async (customer, _create, _list, { customers }) => {
      const users = socialMediaUsers.filter((user) => user.referenceCustomerNumber === customer.customerNo)
      if (users.length > 0) await customers.importSocialMediaUsers({ users })
    },
  },
})
