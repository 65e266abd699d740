import { expect } from 'chai'
import { describe, it } from 'mocha'
import { readSettings, SettingError } from '../adapters/command/server/settings.js'

describe('example server settings', () => {
  it('have the defaults of the README', () => {
    expect(readSettings({})).to.deep.equal({
      port: 3000,
      host: '127.0.0.1',
      storage: 'json-file',
      dataFile: 'data/customers.json',
      databaseUrl: undefined,
      customerLists: [
        { id: 'SiteGenesis', tenant: 'sitegenesis' },
        { id: '4711', tenant: 'acme' },
      ],
      clientId: 'demo',
      clientSecret: 'demo',
      logLevel: 'info',
      tokenSecret: undefined,
      plugins: [],
      cartridges: [],
      cartridgeSettings: undefined,
      explorer: true,
      trustsProxy: false,
    })
  })

  it('EXPLORER is on, but never beyond this machine, behind a proxy or in production', () => {
    const explorer = (environment: Readonly<Record<string, string>>): boolean =>
      readSettings({ CLIENT_SECRET: 'own', ...environment }).explorer
    for (const HOST of ['127.0.0.1', 'localhost', '::1']) expect(explorer({ HOST, EXPLORER: 'on' })).to.equal(true)
    expect(explorer({ NODE_ENV: 'development' })).to.equal(true)
    expect(explorer({ EXPLORER: 'off' })).to.equal(false)
    for (const elsewhere of [{ HOST: '0.0.0.0' }, { NODE_ENV: 'production' }, { TRUST_PROXY: 'true' }])
      expect(explorer({ EXPLORER: 'on', ...elsewhere })).to.equal(false)
  })

  it('read every variable', () => {
    const environment = {
      PORT: '0',
      HOST: '0.0.0.0',
      STORAGE: 'postgres',
      DATA_FILE: '/tmp/x.json',
      DATABASE_URL: 'postgres://localhost/x',
      CUSTOMER_LISTS: ' a:abc , b ',
      CLIENT_ID: 'me',
      CLIENT_SECRET: 'own',
      LOG_LEVEL: 'silent',
      TOKEN_SECRET: 'sixteen characters',
      PLUGINS: './a.js, ./b.js',
      CARTRIDGES: 'app_one, app_two',
      CARTRIDGE_SETTINGS: ' ./settings.json ',
      TRUST_PROXY: 'true',
    }
    expect(readSettings(environment)).to.deep.equal({
      port: 0,
      host: '0.0.0.0',
      storage: 'postgres',
      dataFile: '/tmp/x.json',
      databaseUrl: 'postgres://localhost/x',
      customerLists: [{ id: 'a', tenant: 'abc' }, { id: 'b' }],
      clientId: 'me',
      clientSecret: 'own',
      logLevel: 'silent',
      tokenSecret: 'sixteen characters',
      plugins: ['./a.js', './b.js'],
      cartridges: ['app_one', 'app_two'],
      cartridgeSettings: './settings.json',
      explorer: false,
      trustsProxy: true,
    })
    expect(readSettings({ PORT: '', STORAGE: ' ', CLIENT_SECRET: '' })).to.deep.equal(readSettings({}))
  })

  const wrong: readonly (readonly [Readonly<Record<string, string>>, string])[] = [
    [{ PORT: '80x' }, "PORT: '80x' is not a number from 0 to 65535"],
    [{ PORT: '-1' }, 'PORT'],
    [{ EXPLORER: 'yes' }, "EXPLORER: 'yes' is neither on nor off"],
    [{ PORT: '65536' }, 'PORT'],
    [{ PORT: '3000.5' }, 'PORT'],
    [{ STORAGE: 'redis' }, "STORAGE: 'redis' is not one of memory, json-file, postgres"],
    [{ STORAGE: 'postgres' }, 'DATABASE_URL: missing'],
    [{ STORAGE: 'postgres', DATABASE_URL: 'mysql://u:secret@h/x' }, 'DATABASE_URL: does not begin'],
    [{ HOST: '0.0.0.0' }, 'CLIENT_SECRET: choose one of your own before listening on 0.0.0.0'],
    [{ HOST: '::', CLIENT_ID: 'me' }, 'CLIENT_SECRET: choose'],
    [{ HOST: '127.0.0.1.example.com' }, 'CLIENT_SECRET: choose'],
    [{ CUSTOMER_LISTS: ',' }, 'CUSTOMER_LISTS: names no list'],
    [{ CUSTOMER_LISTS: ':acme' }, "CUSTOMER_LISTS: ':acme' is not list:tenant"],
    [{ CUSTOMER_LISTS: 'a:b:c' }, "CUSTOMER_LISTS: 'a:b:c' is not list:tenant"],
    [{ CUSTOMER_LISTS: 'a:Acme' }, "CUSTOMER_LISTS: 'Acme' in 'a:Acme' is no tenant"],
    [{ CUSTOMER_LISTS: 'a:' }, "CUSTOMER_LISTS: '' in 'a:' is no tenant"],
    [{ CUSTOMER_LISTS: 'a:one,a:two' }, "CUSTOMER_LISTS: 'a' is there twice"],
    [{ CUSTOMER_LISTS: 'a:one,b:one' }, "CUSTOMER_LISTS: 'one' is there twice"],
    [{ TRUST_PROXY: 'yes' }, "TRUST_PROXY: 'yes' is neither true nor false"],
  ]
  for (const [environment, message] of wrong)
    it(`refuse ${JSON.stringify(environment)} by name, without a secret`, () => {
      const refusal = expect(() => readSettings(environment)).to.throw(SettingError, message)
      refusal.with.property('message').not.match(/secret@|\n/)
    })
})
