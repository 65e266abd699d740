import { jwt } from 'clientele/oauth'

export const authenticate = jwt({
  keys: new URL('https://login.example.com/.well-known/jwks.json'),
  issuer: 'https://login.example.com/',
  audience: 'https://customers.example.com',
  flavours: ['ocapi', 'yaas'],
  caller: ({ sub, org, permissions }) => {
    if (typeof sub !== 'string' || typeof org !== 'string' || !Array.isArray(permissions)) return undefined
    return { clientId: sub, flavours: ['ocapi', 'yaas'], tenant: org, lists: [org], scopes: permissions.map(String) }
  },
})
