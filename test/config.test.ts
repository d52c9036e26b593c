import { randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { isAbsolute, join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { ConfigError, readConfig } from '../src/config.ts'

const key = (id: string) => `${id}:${randomBytes(32).toString('base64')}`
const folder = mkdtempSync(join(tmpdir(), 'config-'))
afterAll(() => rmSync(folder, { recursive: true }))

const account = {
  project_id: 'demo',
  client_email: 'sender@demo.iam.example',
  private_key: '-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----\n',
}
const twilio = { TWILIO_ACCOUNT_SID: 'AC0123', TWILIO_AUTH_TOKEN: 'twilio-token', TWILIO_FROM: '+15125550100' }
const live = {
  PUBLIC_URL: 'https://dispatcher.example.com/',
  DATABASE_URL: 'postgres://localhost/dispatcher',
  API_KEY: 'a'.repeat(64),
  VAULT_KEYS: key('v1'),
  LOOKUP_KEYS: key('l1'),
  M2M_API_KEY: 'm2m_live_0123',
  M2M_WEBHOOK_SECRETS: 'whsec_new,whsec_old',
  ...twilio,
}
const testKey = { ...live, M2M_API_KEY: 'm2m_test_0123', DELIVER_ONLY_TO: '+15125550123,@example.com' }

/** The variables complained about, in order. */
function complaints(env: Record<string, string | undefined>): string[] {
  try {
    readConfig(env)
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map(({ variable }) => variable)
    throw error
  }
}

describe('without any variable', () => {
  test('it is a sandbox with the documented defaults', () => {
    const config = readConfig({})

    expect(config).toMatchObject({
      world: 'sandbox',
      warnings: [],
      roles: ['api', 'worker'],
      server: { port: 3000, host: '127.0.0.1' },
      partner: { createsPerMinute: 95, callback: 'portal', webhookSecrets: [] },
      links: { hosts: ['widget.m2m.leapfinancial.com', 'send.m2m.leapfinancial.com'], maxMinutes: 10_080 },
      vault: { keys: [], lookupKeys: [] },
      defaults: { locale: 'en', channels: ['sms', 'email', 'push'], remindersAfter: [86_400_000, 259_200_000] },
      sandbox: { on: true, port: 3001 },
    })
    expect(config.apiKey).toBeUndefined()
    expect(config.channels).toEqual({ twilio: undefined, vonage: undefined, smtp: undefined, fcm: undefined })
  })

  test('what comes out is frozen to the leaves', () => {
    const config = readConfig({ VAULT_KEYS: key('v1') })

    expect(Object.isFrozen(config)).toBe(true)
    expect(Object.isFrozen(config.defaults.remindersAfter)).toBe(true)
    expect(Object.isFrozen(config.vault.keys[0])).toBe(true)
  })
})

describe('with a live key', () => {
  test('it is the live world, the partner’s live host, and every slice filled', () => {
    const config = readConfig({ ...live, REDIS_URL: 'rediss://cache:6380', ROLES: 'worker', START_HELD: 'on' })

    expect(config).toMatchObject({
      world: 'live',
      warnings: [],
      publicUrl: 'https://dispatcher.example.com',
      roles: ['worker'],
      startHeld: true,
      queue: { redisUrl: 'rediss://cache:6380' },
      partner: {
        baseUrl: 'https://api.m2m.leapfinancial.com',
        apiKey: 'm2m_live_0123',
        webhookSecrets: ['whsec_new', 'whsec_old'],
      },
      channels: { twilio: { accountSid: 'AC0123', from: '+15125550100', baseUrl: 'https://api.twilio.com' } },
      sandbox: { on: false },
    })
    expect(config.vault.keys.map(({ id, key: bytes }) => [id, bytes.length])).toEqual([['v1', 32]])
  })

  test.each([
    'PUBLIC_URL',
    'API_KEY',
    'VAULT_KEYS',
    'LOOKUP_KEYS',
    'M2M_WEBHOOK_SECRETS',
    'TWILIO_ACCOUNT_SID',
    'TWILIO_AUTH_TOKEN',
    'TWILIO_FROM',
  ])('it refuses to start without %s', (name) => {
    expect(complaints({ ...live, [name]: undefined })).toEqual([name])
  })

  test('an empty or blank variable is a missing one', () => {
    expect(complaints({ ...live, API_KEY: '', VAULT_KEYS: '  ' })).toEqual(['API_KEY', 'VAULT_KEYS'])
  })

  test('SANDBOX=off without anything lists everything at once', () => {
    expect(complaints({ SANDBOX: 'off' })).toEqual([
      'PUBLIC_URL',
      'API_KEY',
      'VAULT_KEYS',
      'LOOKUP_KEYS',
      'M2M_API_KEY',
      'M2M_WEBHOOK_SECRETS',
      'TWILIO_ACCOUNT_SID',
    ])
  })

  test('one provider of any channel is enough', () => {
    const { TWILIO_ACCOUNT_SID: _, TWILIO_AUTH_TOKEN: __, TWILIO_FROM: ___, ...rest } = live
    const vonage = { VONAGE_API_KEY: 'key', VONAGE_API_SECRET: 'secret', VONAGE_FROM: 'Example' }
    const smtp = { SMTP_URL: 'smtps://user:secret@smtp.example.com', EMAIL_FROM: 'Example <a@example.com>' }

    expect(readConfig({ ...rest, ...vonage }).channels.vonage?.from).toBe('Example')
    expect(readConfig({ ...rest, ...smtp }).channels.smtp?.from).toBe('Example <a@example.com>')
    expect(readConfig({ ...rest, FCM_SERVICE_ACCOUNT: JSON.stringify(account) }).channels.fcm).toBeDefined()
  })

  test('a provider that is set up by half is refused', () => {
    expect(complaints({ ...live, VONAGE_FROM: 'Example' })).toEqual(['VONAGE_API_KEY', 'VONAGE_API_SECRET'])
    expect(complaints({ ...live, SMTP_URL: 'smtps://smtp.example.com' })).toEqual(['EMAIL_FROM'])
  })

  test('a messaging service stands in for the sender', () => {
    const config = readConfig({ ...live, TWILIO_FROM: undefined, TWILIO_MESSAGING_SERVICE_SID: 'MG01' })

    expect(config.channels.twilio).toMatchObject({ messagingServiceSid: 'MG01', from: undefined })
  })

  test('weak or shared secrets are refused', () => {
    const shared = key('k')

    expect(complaints({ ...live, API_KEY: 'changeme' })).toEqual(['API_KEY'])
    expect(complaints({ ...live, VAULT_KEYS: shared, LOOKUP_KEYS: shared })).toEqual(['LOOKUP_KEYS'])
    expect(complaints({ ...live, VAULT_KEYS: `v1:${Buffer.alloc(32).toString('base64')}` })).toEqual(['VAULT_KEYS'])
  })

  test('it warns of what may surprise an operator', () => {
    const surprising = { DATABASE_URL: undefined, M2M_CREATES_PER_MINUTE: '101', DELIVER_ONLY_TO: '@example.com' }

    const { warnings } = readConfig({ ...live, ...surprising, M2M_WEBHOOK_SECRET: 'typo' })

    expect(warnings.map((sentence) => sentence.split(' ')[0])).toEqual([
      'M2M_CREATES_PER_MINUTE',
      'DATABASE_URL',
      'DELIVER_ONLY_TO',
      'M2M_WEBHOOK_SECRET',
    ])
  })
})

describe('worlds do not mix (P12)', () => {
  test.each([
    ['a live key with the sandbox host', live, { M2M_BASE_URL: 'https://api.sandbox.m2m.leapfinancial.com' }],
    ['a test key with the live host', testKey, { M2M_BASE_URL: 'https://API.m2m.leapfinancial.com./v2' }],
  ])('%s is refused', (_, env, mixed) => {
    expect(complaints({ ...env, ...mixed })).toEqual(['M2M_BASE_URL'])
  })

  test('a test key means the test world and the partner’s sandbox host', () => {
    const config = readConfig(testKey)

    expect(config.world).toBe('test')
    expect(config.partner.baseUrl).toBe('https://api.sandbox.m2m.leapfinancial.com')
    expect(config.deliverOnlyTo).toEqual(['+15125550123', '@example.com'])
  })

  test('a test key with real providers needs DELIVER_ONLY_TO, with stand-ins it does not', () => {
    const open = { ...testKey, DELIVER_ONLY_TO: undefined }

    expect(complaints(open)).toEqual(['DELIVER_ONLY_TO'])
    expect(complaints({ ...open, TWILIO_BASE_URL: 'http://127.0.0.1:4010' })).toEqual([])
  })

  test.each([
    ['Twilio', twilio, 'TWILIO_ACCOUNT_SID'],
    ['Vonage', { VONAGE_API_KEY: 'k', VONAGE_API_SECRET: 's', VONAGE_FROM: 'f' }, 'VONAGE_API_KEY'],
    ['a relay', { SMTP_URL: 'smtps://smtp.example.com', EMAIL_FROM: 'a@example.com' }, 'SMTP_URL'],
    ['FCM', { FCM_SERVICE_ACCOUNT: JSON.stringify(account) }, 'FCM_SERVICE_ACCOUNT'],
    ['a live key', { M2M_API_KEY: 'm2m_live_0123' }, 'M2M_API_KEY'],
    ['the partner’s host', { M2M_BASE_URL: 'https://api.m2m.leapfinancial.com' }, 'M2M_BASE_URL'],
  ])('the sandbox refuses to start beside %s', (_, env, named) => {
    expect(complaints({ SANDBOX: 'on', ...env })).toEqual([named])
  })

  test('the sandbox runs beside stand-ins on this machine', () => {
    const standIns = {
      ...twilio,
      TWILIO_BASE_URL: 'http://localhost:1',
      SMTP_URL: 'smtp://127.0.0.1:2',
      EMAIL_FROM: 'a@b.example',
    }

    expect(readConfig(standIns).world).toBe('sandbox')
  })

  test('SANDBOX=on with a test key is a sandbox, and says that the key is not used', () => {
    const config = readConfig({ SANDBOX: 'on', M2M_API_KEY: 'm2m_test_0123' })

    expect(config.world).toBe('sandbox')
    expect(config.warnings).toHaveLength(1)
  })

  test('a wrong key does not silently turn the sandbox on', () => {
    expect(complaints({ ...live, M2M_API_KEY: 'sk_live_0123' })).toEqual(['M2M_API_KEY'])
  })
})

describe('single variables', () => {
  test.each([
    ['PORT', '65536'],
    ['PORT', '3000x'],
    ['HOST', 'http://localhost'],
    ['PUBLIC_URL', 'http://dispatcher.example.com'],
    ['PUBLIC_URL', 'https://user:pass@example.com'],
    ['PUBLIC_URL', 'https://example.com/?a=b'],
    ['ROLES', 'api,pump'],
    ['ROLES', 'api,api'],
    ['DATABASE_URL', 'mysql://localhost/x'],
    ['REDIS_URL', 'http://localhost:6379'],
    ['LOG_LEVEL', 'verbose'],
    ['DEFAULT_LOCALE', 'english_us'],
    ['DEFAULT_TIME_ZONE', 'UTC+2'],
    ['DEFAULT_TIME_ZONE', '+02:00'],
    ['DEFAULT_TIME_ZONE', '../etc/passwd'],
    ['DEFAULT_CHANNELS', 'sms,,push'],
    ['DEFAULT_CHANNELS', 'whatsapp'],
    ['REMINDERS_AFTER', 'PT72H,PT24H'],
    ['REMINDERS_AFTER', 'P1M'],
    ['REMINDERS_AFTER', 'PT0S'],
    ['LINK_MAX_MINUTES', '10081'],
    ['START_HELD', 'true'],
    ['DELIVER_ONLY_TO', '512 555 0123'],
    ['ALERT_WEBHOOK_URL', 'http://alerts.example.com'],
    ['VAULT_KEYS', 'v1:c2hvcnQ='],
    ['VAULT_KEYS', Buffer.alloc(32, 'x1').toString('base64')],
    ['M2M_BASE_URL', 'http://api.m2m.leapfinancial.com'],
    ['M2M_API_KEY', 'abc'],
    ['M2M_CREATES_PER_MINUTE', '-7'],
    ['M2M_CREATES_PER_MINUTE', '100001'],
    ['M2M_LINK_HOSTS', 'https://widget.example.com'],
    ['M2M_CALLBACK', 'both'],
    ['TWILIO_BASE_URL', 'http://10.0.0.1'],
    ['SMTP_URL', 'smtp://smtp.example.com'],
    ['SMTP_URL', 'smtp://smtp.example.com?ignoreTLS=true'],
    ['EMAIL_FROM', 'nobody'],
    ['EMAIL_FROM', 'a@example.com\r\nBcc: b@example.com'],
    ['FCM_SERVICE_ACCOUNT', '{"project_id":"x"}'],
    ['FCM_SERVICE_ACCOUNT', './no/such/file.json'],
    ['SANDBOX', 'yes'],
  ])('%s=%s is refused, named, and not repeated', (name, value) => {
    const read = () =>
      readConfig({ ...live, ...(name === 'SMTP_URL' ? { EMAIL_FROM: 'a@b.example' } : {}), [name]: value })

    expect(read).toThrow(ConfigError)
    expect(read).toThrow(new RegExp(`^ {2}${name} .+\\. .+`, 'm'))
    expect(read).not.toThrow(value)
  })

  test.each([
    ['smtp://user:secret@smtp.example.com:587?requireTLS=true'],
    ['smtps://user:secret@smtp.example.com'],
    ['smtp://127.0.0.1:2525'],
  ])('SMTP_URL=%s is safe enough', (url) => {
    expect(readConfig({ ...live, SMTP_URL: url, EMAIL_FROM: 'a@b.example' }).channels.smtp?.url).toBe(url)
  })

  test('a service account is read from its file, with its own token address', () => {
    const path = join(folder, 'account.json')
    writeFileSync(path, JSON.stringify({ ...account, token_uri: 'http://127.0.0.1:9/token' }))

    const { fcm } = readConfig({ ...live, FCM_SERVICE_ACCOUNT: path }).channels

    expect(fcm?.serviceAccount).toMatchObject({ projectId: 'demo', tokenUri: 'http://127.0.0.1:9/token' })
  })

  test('a service account never sends its key in clear to another machine', () => {
    const leaking = JSON.stringify({ ...account, token_uri: 'http://tokens.example.com' })

    expect(complaints({ ...live, FCM_SERVICE_ACCOUNT: leaking })).toEqual(['FCM_SERVICE_ACCOUNT'])
  })

  test('"none" switches reminders off and "off" the limit of creations', () => {
    const config = readConfig({ REMINDERS_AFTER: 'none', M2M_CREATES_PER_MINUTE: 'off' })

    expect(config.defaults.remindersAfter).toEqual([])
    expect(config.partner.createsPerMinute).toBeNull()
  })

  test('our own templates are found wherever the process was started from', () => {
    const folder = readConfig({}).templatesDir

    expect(isAbsolute(folder)).toBe(true)
    expect(readdirSync(folder)).toContain('magic-link')
    expect(readConfig({ TEMPLATES_DIR: 'mine' }).templatesDir).toBe('mine')
  })

  test('an alert URL may carry its key as a query', () => {
    const url = 'https://alerts.example.com/hook?sig=abc'

    expect(readConfig({ ALERT_WEBHOOK_URL: url }).alertWebhookUrl).toBe(url)
  })
})
