'use strict'

var Status = require('dw/system/Status')
var Resource = require('dw/web/Resource')

/** Refuses a job or a title without a company. */
exports.beforePOST = function (create) {
  if ((create.jobTitle || create.title) && !create.companyName) {
    var status = new Status(Status.ERROR, 'COMPANY_MISSING', Resource.msg('company.missing', 'example', null))
    status.addDetail('field', 'companyName')
    return status
  }
  create.preferredLocale = create.preferredLocale || 'de_DE'
  delete create.c_captcha
}

/** Writes profile and address. */
exports.afterPOST = function (customer) {
  var Transaction = require('dw/system/Transaction')
  var profile = customer.profile
  Transaction.wrap(function () {
    profile.custom.welcomed = true
    if (empty(profile.companyName)) return
    var address = profile.addressBook.createAddress('work')
    address.setCompanyName(profile.companyName)
    address.city = 'Los Angeles'
  })
}
