import { expect, test } from 'vitest'
import { makeProviders } from '../../src/channels/registry.ts'
import { localHttp } from './local-http.ts'

const twilio = { accountSid: 'AC1', authToken: 'secret', from: '+15005550006' }
const vonage = { apiKey: 'key', apiSecret: 'secret', from: 'Acme' }
const smtp = { url: 'smtp://127.0.0.1:2525', from: 'hello@links.example.com' }
const fcm = { serviceAccount: '{}' }

test('what is configured exists, in the order of preference', () => {
  const providers = makeProviders({ http: localHttp(), now: () => new Date(0), fcm, smtp, vonage, twilio })

  expect(providers.map(({ channel, name }) => `${channel} ${name}`)).toEqual([
    'sms twilio',
    'sms vonage',
    'email smtp',
    'push fcm',
  ])
})

test('what is not configured does not exist', () => {
  const providers = makeProviders({ http: localHttp(), now: () => new Date(0), vonage })

  expect(providers.map((provider) => provider.name)).toEqual(['vonage'])
})
