'use strict'

var Logger = require('dw/system/Logger').getLogger('crm')
var LocalServiceRegistry = require('dw/svc/LocalServiceRegistry')
var digest = require('*/cartridge/scripts/digest')

/** Tells another system of a change; a failing service is no reason to refuse. */
exports.afterPATCH = function (customer, update, customerListId) {
  var profile = customer.getProfile()
  var service = LocalServiceRegistry.createService('crm', {
    createRequest: function (svc, payload) {
      svc.setRequestMethod('PUT')
      svc.addHeader('Content-Type', 'application/json')
      return JSON.stringify(payload)
    },
    parseResponse: function (svc, client) {
      return JSON.parse(client.text)
    },
  })
  var result = service.call({ list: customerListId, email: digest(profile.email), changed: Object.keys(update) })
  if (result.ok) profile.custom.crmId = result.object.id
  else Logger.warn('crm answered {0}', result.status)
}
