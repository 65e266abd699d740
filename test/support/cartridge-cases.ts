/** What scripts may do, one case each: the body of a function, and what it gives back as JSON. */

/** A case. Its source runs at `customers.beforePOST` with `create` and `list`, or at `afterPOST` with `customer`. */
export interface Case {
  readonly what: string
  readonly source: string
  readonly gives: unknown
}

/** Files of the first cartridge of the path, `app_cases`; `hooks.json` is the test's. */
export const firstFiles: Readonly<Record<string, string>> = {
  'cartridge/scripts/which.js': `exports.name = 'first'; exports.below = module.superModule.name`,
  'cartridge/scripts/own.js': `exports.which = require('./which').name`,
  'cartridge/scripts/count.js': `var n = 0; exports.next = function () { return ++n }`,
  'cartridge/scripts/data.json': '{ "list": [1, 2] }',
  'cartridge/scripts/score.js': `exports.score = function (n) { return n > 2 ? undefined : n * 2 }`,
  'cartridge/templates/resources/texts.properties': 'hello=Hello {0}\nonly=only in the default\n',
  'cartridge/templates/resources/texts_de.properties': 'hello=Hallo {0}\nwide=\\u00fcber\n',
}
/** Files of the second, `app_base`. */
export const secondFiles: Readonly<Record<string, string>> = {
  'cartridge/scripts/which.js': `exports.name = 'second'`,
  'cartridge/scripts/deep.js': `exports.which = require('~/cartridge/scripts/which').name + ' ' + require('*/cartridge/scripts/which').name`,
  'cartridge/scripts/score.js': `exports.score = function (n) { return n * 10 }`,
  'cartridge/templates/resources/texts.properties': 'base=from the base\nhello=never\n',
}
/** Custom points of both. */
export const customPoint = { name: 'app.customer.score', script: './cartridge/scripts/score.js' }

/** Preferences of the site. */
export const preferences = { on: true, limit: 5 }

/** At `customers.beforePOST`. */
export const before: readonly Case[] = [
  {
    what: 'Status',
    source: `var Status = require('dw/system/Status'), StatusItem = require('dw/system/StatusItem')
      var s = new Status(Status.ERROR, 'C', 'm {0}', 'x')
      s.addDetail('k', 'v')
      s.addItem(new StatusItem(Status.OK, 'D'))
      return [s.status, s.error, s.isError(), s.code, s.getCode(), s.message, s.getDetails().get('k'), s.getDetail('k'),
        s.items.length, s.items[1].code, s.parameters[0], new Status().status, new Status(Status.ERROR).code]`,
    gives: [1, true, true, 'C', 'C', 'm {0}', 'v', 'v', 2, 'D', 'x', 0, null],
  },
  {
    what: 'misspelt',
    source: `var Status = require('dw/system/Status')
      try { return new Status(Status.Error, 'C').status } catch (e) { return e.message.slice(0, 46) }`,
    gives: "dw.system.Status has no member 'Error' here; i",
  },
  {
    what: 'Logger',
    source: `var Logger = require('dw/system/Logger')
      Logger.info('told {0} of {1}', 'one', 2)
      Logger.getLogger('crm').warn('warned')
      Logger.getLogger('file', 'tax').error('failed {0}', new Error('x'))
      require('dw/system/Log').getRootLogger().debug('quiet')
      return Logger.getLogger('crm').isDebugEnabled()`,
    gives: true,
  },
  {
    what: 'Site',
    source: `var Site = require('dw/system/Site'), site = Site.getCurrent(), custom = site.preferences.custom
      return [site.ID, Site.current.getID(), site.getCustomPreferenceValue('on'), site.getCustomPreferenceValue('none'),
        site.getPreferences().getCustom().limit, custom.none, 'on' in custom, custom.hasOwnProperty('none')]`,
    gives: ['shop', 'shop', true, null, 5, null, true, false],
  },
  {
    what: 'System',
    source: `var System = require('dw/system/System')
      return [System.getInstanceType() === System.DEVELOPMENT_SYSTEM, System.instanceType === System.PRODUCTION_SYSTEM]`,
    gives: [true, false],
  },
  {
    what: 'Transaction',
    source: `var Transaction = require('dw/system/Transaction')
      Transaction.begin(); create.lastName = 'Lebowski'; Transaction.commit()
      return Transaction.wrap(function () { return create.lastName })`,
    gives: 'Lebowski',
  },
  {
    what: 'Resource',
    source: `var Resource = require('dw/web/Resource')
      request.setLocale('de_DE')
      return [Resource.msgf('hello', 'texts', null, 'W'), Resource.msg('only', 'texts', null),
        Resource.msg('base', 'texts', null), Resource.msg('wide', 'texts', null), Resource.msg('none', 'texts', 'x'),
        Resource.msg('none', 'texts', null)]`,
    gives: ['Hallo W', 'only in the default', 'from the base', 'über', 'x', 'none'],
  },
  {
    what: 'StringUtils and Calendar',
    source: `var StringUtils = require('dw/util/StringUtils'), Calendar = require('dw/util/Calendar')
      var calendar = new Calendar(new Date(Date.UTC(2020, 1, 3, 4, 5, 6)))
      return [StringUtils.format('{0}-{1}-{0}', 'a', 1), StringUtils.formatCalendar(calendar, "yyyy-MM-dd'T'HH:mm:ss"),
        StringUtils.formatCalendar(calendar), StringUtils.encodeBase64('é'), StringUtils.decodeBase64('w6k='),
        StringUtils.trim(' a '), calendar.getTime().getTime() === calendar.time.getTime()]`,
    gives: ['a-1-a', '2020-02-03T04:05:06', '02/03/2020', 'w6k=', 'é', 'a', true],
  },
  {
    what: 'HashMap',
    source: `var HashMap = require('dw/util/HashMap'), map = new HashMap()
      var wasEmpty = empty(map)
      map.put('a', 1); map.b = 2
      return [wasEmpty, map.get('a'), map.a, map['b'], map.get('none'), map.length, map.size(), map.containsKey('b'),
        map.keySet().toArray(), Object.keys(map), map.put('a', 3), map.remove('b'), empty(map)]`,
    gives: [true, 1, 1, 2, null, 2, 2, true, ['a', 'b'], ['a', 'b'], 1, 2, false],
  },
  {
    what: 'ArrayList',
    source: `var ArrayList = require('dw/util/ArrayList'), list = new ArrayList()
      var wasEmpty = list.empty, found = []
      list.add('a'); list.add('b')
      for (var i = list.iterator(); i.hasNext();) found.push(i.next())
      return [wasEmpty, list.length, list[1], list.get(0), list.toArray(), found, empty(list), list.contains('a')]`,
    gives: [true, 2, 'b', 'a', ['a', 'b'], ['a', 'b'], false, true],
  },
  {
    what: 'MessageDigest, Encoding, Bytes and UUIDUtils',
    source: `var MessageDigest = require('dw/crypto/MessageDigest'), Encoding = require('dw/crypto/Encoding')
      var Bytes = require('dw/util/Bytes'), digest = new MessageDigest(MessageDigest.DIGEST_SHA_256)
      return [Encoding.toHex(digest.digestBytes(new Bytes('abc', 'UTF-8'))).slice(0, 8), Encoding.toBase64(new Bytes('é')),
        Encoding.fromHex('6162').toString(), new Bytes('é').length, require('dw/util/UUIDUtils').createUUID().length]`,
    gives: ['ba7816bf', 'w6k=', 'ab', 2, 32],
  },
  {
    what: 'HookMgr',
    source: `var HookMgr = require('dw/system/HookMgr')
      return [HookMgr.hasHook('app.customer.score'), HookMgr.hasHook('app.none'), HookMgr.callHook('app.customer.score', 'score', 2),
        HookMgr.callHook('app.customer.score', 'score', 3), HookMgr.callHook('app.none', 'x') === undefined]`,
    gives: [true, false, 4, 30, true],
  },
  {
    what: 'LocalServiceRegistry',
    source: `var LocalServiceRegistry = require('dw/svc/LocalServiceRegistry')
      var make = function (name) { return LocalServiceRegistry.createService(name, {
        createRequest: function (svc, what) {
          var credential = svc.getConfiguration().getCredential()
          svc.setRequestMethod('PUT')
          svc.setURL(credential.getURL() + '/' + what)
          svc.addHeader('X-User', credential.getUser() + ' ' + credential.getPassword().length)
          svc.addParam('q', '1')
          return JSON.stringify({ what: what })
        },
        parseResponse: function (svc, client) { return [client.statusCode, JSON.parse(client.text)] } }) }
      var fine = make('crm').call('customers'), failed = make('crm').call('fail'), gone = make('gone').call('x')
      var mocked = LocalServiceRegistry.createService('mocked', {}).call()
      var message
      try { make('none') } catch (e) { message = e.message.slice(0, 30) }
      return [fine.isOk(), fine.ok, fine.status, fine.object, fine.getObject()[0], failed.status, failed.getError(), failed.isOk(),
        gone.status, mocked.object.text, message]`,
    gives: [
      true,
      true,
      'OK',
      [
        200,
        { method: 'PUT', url: '/api/customers?q=1', user: 'u 1', auth: 'Basic dTpw', body: '{"what":"customers"}' },
      ],
      200,
      'ERROR',
      500,
      false,
      'SERVICE_UNAVAILABLE',
      'mock',
      "the host names no service 'non",
    ],
  },
  {
    what: 'HTTPClient',
    source: `var HTTPClient = require('dw/net/HTTPClient'), client = new HTTPClient()
      var url = require('dw/svc/LocalServiceRegistry').createService('crm', {}).getConfiguration().getCredential().getURL()
      client.setTimeout(5000)
      client.open('POST', url + '/x')
      client.setRequestHeader('X-User', 'script')
      client.send('hi')
      var failing = new HTTPClient(), message
      failing.open('GET', url + '/fail'); failing.send()
      try { var elsewhere = new HTTPClient(); elsewhere.open('GET', 'http://elsewhere.example/'); elsewhere.send() }
      catch (e) { message = e.message.slice(0, 50) }
      return [client.statusCode, JSON.parse(client.getText()).user, failing.getStatusCode(), failing.text, failing.errorText, message]`,
    gives: [200, 'script', 500, null, 'no', 'the host names no service for http://elsewhere.exa'],
  },
  {
    what: 'CustomerMgr',
    source: `var CustomerMgr = require('dw/customer/CustomerMgr')
      var known = CustomerMgr.getCustomerByLogin('known@example.com')
      var found = CustomerMgr.searchProfiles('email = {0} AND custom.x = {1}', null, 'known@example.com', 'y')
      return [CustomerMgr.getSiteCustomerList().getID(), CustomerMgr.getCustomerByLogin('none'), known.profile.customerNo,
        CustomerMgr.searchProfile('email = {0}', 'known@example.com') === known.profile, found.hasNext(), found.next().lastName,
        CustomerMgr.searchProfile('email = {0}', 'none'), CustomerMgr.getCustomerByCustomerNumber('known') === known]`,
    gives: ['SiteGenesis', null, 'known', true, true, 'Known', null, true],
  },
  {
    what: 'require',
    source: `return [require('~/cartridge/scripts/own').which, require('*/cartridge/scripts/which').below,
        require('app_base/cartridge/scripts/which').name, require('*/cartridge/scripts/deep').which,
        require('./data.json').list, require('*/cartridge/scripts/data').list[1]]`,
    gives: ['first', 'second', 'second', 'second first', [1, 2], 2],
  },
  {
    what: 'state of modules and globals, fresh for each request',
    source: `var count = require('~/cartridge/scripts/count'), was = typeof leaked
      leaked = 1
      count.next()
      return [count.next(), require('./count').next(), was]`,
    gives: [2, 3, 'undefined'],
  },
  {
    what: 'what is not there',
    source: `var told = []
      var attempt = function (work) { try { work(); told.push('no error') } catch (e) { told.push(e.message.replace(/(here|has|are): .*/, '$1').replace(/required by .*/, '')) } }
      attempt(function () { require('dw/none/Such') })
      attempt(function () { require('dw/util/StringUtils').pad })
      attempt(function () { require('dw/object/CustomObjectMgr').getCustomObject('a', 'b') })
      attempt(function () { new (require('dw/net/Mail'))() })
      attempt(function () { dw.web.URLUtils.url('x') })
      attempt(function () { create.lastname = 'x' })
      attempt(function () { importScript('x.ds') })
      attempt(function () { require('./x.ds') })
      attempt(function () { require('./none') })
      attempt(function () { response.addHttpHeader('a', 'b') })
      attempt(function () { request.httpParameterMap.requestBodyAsString })
      return told.map(function (text) { return text.slice(0, 60) })`,
    gives: [
      "there is no module 'dw/none/Such' here; there are",
      "dw.util.StringUtils has no member 'pad' here; it has",
      'dw/object/CustomObjectMgr is not supported: custom objects a',
      'dw/net/Mail is not supported: no mail is sent from here; a s',
      'dw/web/URLUtils is not supported: there is no storefront her',
      "the document has no property 'lastname'; it has",
      'importScript is not supported: use require',
      "cannot require './x.ds': .ds files are not supported",
      "cannot find module './none', ",
      'response is not supported: the API makes the answer',
      'the body is not shown to scripts, since it may hold a passwo',
    ],
  },
  {
    what: 'request and session',
    source: `request.custom.seen = 'before'
      var map = request.httpParameterMap
      return [request.httpMethod, request.getHttpParameters().get('x'), request.httpParameters.x[0], map.x.stringValue,
        map.x.intValue, map.none.submitted, map.isParameterSubmitted('x'), request.httpHeaders.get('X-Probe'),
        request.httpHeaders['x-probe'], request.getHttpHeaders().containsKey('authorization'),
        JSON.stringify(request.httpHeaders).indexOf('Bearer'), request.locale, request.isSCAPI(), request.isHttpRequest(),
        request.getClientId().slice(-6), typeof request.getRequestID(), session.customer, session.isCustomerAuthenticated(), customer]`,
    gives: [
      ...['POST', ['1', '2'], '1', '1', 1, false, true, 'p', 'p', false, -1, 'fr_CA', false, true],
      ...['client', 'string', null, false, null],
    ],
  },
  {
    what: 'empty and dw',
    source: `return [empty(null), empty(''), empty([]), empty('a'), empty({}), dw.system.Status.ERROR,
        dw.util.StringUtils.format('{0}', 1), PIPELET_NEXT]`,
    gives: [true, true, true, false, false, 1, '1', 1],
  },
  {
    what: 'documents',
    source: `create.lastName = 'L'
      create.phone_mobile = '1'
      create.c_temp = 'x'
      var had = ['lastName' in create, 'last_name' in create, 'firstName' in create, create.last_name, create.phoneMobile,
        create.firstName, create.c_temp, create.c_none, 'c_temp' in create, typeof create.getProfile]
      delete create.c_temp
      create.birthday = new Date(Date.UTC(1980, 0, 2))
      return had.concat(['c_temp' in create, create.birthday.getTime(), Object.keys(create).indexOf('last_name'),
        Object.keys(create).indexOf('phoneMobile') >= 0, list])`,
    gives: [
      ...[true, true, false, 'L', '1', null, 'x', null, true, 'undefined'],
      ...[false, 315619200000, -1, true, 'SiteGenesis'],
    ],
  },
]

/** At `customers.afterPOST`. */
export const after: readonly Case[] = [
  {
    what: 'Customer and Profile',
    source: `var profile = customer.profile
      profile.firstName = 'Jeffrey'; profile.setLastName('Lebowski'); profile.gender = 1
      return [customer.getProfile() === profile, profile.getCustomer() === customer, customer.ID === profile.customerNo,
        customer.getID() === profile.getCustomerNo(), customer.isRegistered(), customer.isAuthenticated(), customer.authenticated,
        profile.getFirstName(), profile.lastName, profile.gender.value, profile.gender.displayValue, profile.getGender().getValue(),
        profile.custom.none, profile.custom.hasOwnProperty('none'), 'none' in profile.custom, profile.phoneHome,
        profile.getWallet().getPaymentInstruments().length, customer.getCustomerGroups().empty, profile.fax,
        profile.creationDate instanceof Date, typeof profile.credentials.login]`,
    gives: [
      ...[true, true, true, true, true, false, false, 'Jeffrey', 'Lebowski', 1, 'Male', 1, null, false, false, null],
      ...[0, true, null, true, 'string'],
    ],
  },
  {
    what: 'dates, null and custom attributes',
    source: `var profile = customer.profile, told = []
      profile.birthday = '1980-01-02'; told.push(profile.birthday.getTime())
      profile.birthday = null; told.push(profile.birthday)
      profile.birthday = new Date(Date.UTC(1990, 4, 6)); told.push(profile.getBirthday().toISOString())
      profile.phoneMobile = '1'; profile.phoneMobile = null; told.push(profile.phoneMobile)
      profile.custom.points = 'many'; told.push(profile.custom.hasOwnProperty('points'), Object.keys(profile.custom))
      profile.custom.points = null; told.push(profile.custom.points, 'points' in profile.custom)
      try { profile.creationDate = new Date() } catch (e) { told.push(e.message) }
      try { profile.nickName } catch (e) { told.push(e.message.slice(0, 50)) }
      return told`,
    gives: [
      ...[315619200000, null, '1990-05-06T00:00:00.000Z', null, true, ['points'], null, false],
      ...['dw.customer.Profile.creationDate can be read only', "dw.customer.Profile has no member 'nickName' here;"],
    ],
  },
  {
    what: 'AddressBook and CustomerAddress',
    source: `var book = customer.getAddressBook(), told = [book.addresses.length, book.getAddress('home')]
      var home = book.createAddress('home')
      home.setCity('Los Angeles'); home.countryCode = 'US'; home.custom.floor = '3'; home.postalCode = '90210'
      told.push(book.createAddress('home'), book.getAddress('home') === home, home.ID, home.getID(), home.city, home.countryCode.value,
        home.custom.floor, home.custom.none)
      var work = book.createAddress('work')
      book.setPreferredAddress(work)
      told.push(book.preferredAddress.ID, book.getAddresses().length, book.addresses[0].ID, book.addresses.toArray().length)
      var names = []
      for (var i = book.addresses.iterator(); i.hasNext();) names.push(i.next().ID)
      book.removeAddress(home)
      work.ID = 'office'
      told.push(names, book.getAddress('home'), book.getAddress('office').ID, profileBook() === 1)
      function profileBook() { return customer.profile.addressBook.addresses.length }
      return told`,
    gives: [
      ...[0, null, null, true, 'home', 'home', 'Los Angeles', 'US', '3', null, 'work', 2, 'home', 2],
      ...[['home', 'work'], null, 'office', true],
    ],
  },
  {
    what: 'request.custom travels',
    source: `return [request.custom.seen || null, Object.keys(request.custom)]`,
    gives: [null, []],
  },
]

const functions = (cases: readonly Case[], parameters: string): string =>
  cases.map(({ what, source }) => `${JSON.stringify(what)}: function (${parameters}) {\n${source}\n}`).join(',\n')

/** The script of both points: the customer's company names the case; what it gives is a custom attribute. */
export const casesScript = `
var befores = {${functions(before, 'create, list')}}
var afters = {${functions(after, 'customer')}}
exports.beforePOST = function (create, list) {
  var run = befores[create.companyName]
  if (run) create.c_result = JSON.stringify(run(create, list))
}
exports.afterPOST = function (customer) {
  var run = afters[customer.profile.companyName]
  if (run) customer.profile.custom.result = JSON.stringify(run(customer))
}
`
