/** The environment, read once: every problem is told at once, and what comes out is checked and frozen. */
import { join } from 'node:path'
import {
  addressees,
  databaseUrl,
  deepFreeze,
  durations,
  type Environment,
  hookUrl,
  hosts,
  httpUrl,
  integer,
  isLoopbackUrl,
  keys,
  listOf,
  locale,
  mailSender,
  oneOf,
  onOff,
  type Problem,
  pace,
  rates,
  readVariables,
  redisUrl,
  serviceAccount,
  smtpUrl,
  type Table,
  text,
  timeZone,
  type Values,
  words,
  wordsOrNone,
} from './lib/env.ts'
import { isPlainAbroad, TRACING, tracingOf } from './lib/tracing-settings.ts'

const LIVE_URL = 'https://api.m2m.leapfinancial.com'
const TEST_URL = 'https://api.sandbox.m2m.leapfinancial.com'
const LINK_HOSTS = ['widget.m2m.leapfinancial.com', 'send.m2m.leapfinancial.com']
const DAY = 86_400_000
/** Wherever the process was started from. */
const OWN_TEMPLATES = join(import.meta.dirname, '..', 'templates')

/** The variable that says a provider is to be used. */
const PROVIDERS = ['TWILIO_ACCOUNT_SID', 'VONAGE_API_KEY', 'SMTP_URL', 'FCM_SERVICE_ACCOUNT'] as const

const NEW_KEY = 'Make one with: echo "k1:$(openssl rand -base64 32)"'
const NEW_SECRET = 'Make one with: openssl rand -hex 32'
const PORTAL = 'Copy it from the Partner Portal.'
const TWILIO = 'Copy it from the Twilio Console.'
const VONAGE = 'Copy it from the Vonage dashboard.'
const STAND_IN = 'Leave it unset, or name a stand-in.'

/** Every variable there is: how it is read, its default, and what to do when it is wrong. */
export const VARIABLES = {
  PORT: [integer(0, 65_535).default(3000), 'Set a free TCP port; 0 takes any.'],
  HOST: [text(/^[\w.:-]+$/, 'is no host name or address').default('127.0.0.1'), 'Set the address to listen on.'],
  PUBLIC_URL: [httpUrl().optional(), 'Set the https address under which the world reaches this service.'],
  ROLES: [words('api', 'worker').default(['api', 'worker']), 'Set api, worker, or api,worker.'],
  DATABASE_URL: [databaseUrl().optional(), 'Set postgres://user:password@host:5432/name.'],
  REDIS_URL: [redisUrl().optional(), 'Set redis://host:6379, or leave it unset for queues in Postgres.'],
  DATA_DIR: [text().default('.data'), 'Set a directory this process may write to.'],
  LOG_LEVEL: [oneOf('silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace').default('info'), 'Set info.'],
  DEFAULT_LOCALE: [locale().default('en'), 'Set a tag such as en or es-MX.'],
  DEFAULT_TIME_ZONE: [timeZone().default('America/Chicago'), 'Set a name such as America/Chicago.'],
  DEFAULT_CHANNELS: [words('sms', 'email', 'push', 'in_app').default(['sms', 'email', 'push']), 'Set sms,email,push.'],
  TEMPLATES_DIR: [text().optional(), 'Set the directory that holds the templates, or leave it unset for our own.'],
  SENDER_NAME: [
    text(/^[^\r\n]{1,40}$/, 'is longer than 40 letters').optional(),
    'Set the name people know you by; messages begin with it.',
  ],
  REMINDERS_AFTER: [durations(1000).default([DAY, 3 * DAY]), 'Set durations such as PT24H,PT72H, or none.'],
  LINK_MAX_MINUTES: [integer(15, 10_080).default(10_080), 'Set minutes; 10080 is 7 days.'],
  CAP_PER_DAY: [pace(1, 1_000).default(3), 'Set how many messages one person gets in 24 h at most, or off.'],
  CAP_PER_WEEK: [pace(1, 1_000).default(7), 'Set how many messages one person gets in 7 days at most, or off.'],
  PROVIDER_LIMITS: [
    rates('twilio', 'vonage', 'smtp', 'fcm').optional(),
    'List twilio=60/PT1M,smtp=14/PT1S: SMS segments, mails or pushes in a time.',
  ],
  RESEND_UNCLEAR: [
    wordsOrNone('sms', 'email', 'push').default(['push']),
    'List channels where an unclear message is sent once more, or none.',
  ],
  START_HELD: [onOff().default(false), 'Set on to send nothing until a person lifts the hold.'],
  DELIVER_ONLY_TO: [addressees().optional(), 'List +15125550123, ana@example.com, @example.com or push tokens.'],
  ALERT_WEBHOOK_URL: [hookUrl().optional(), 'Set the https URL that is told of every hold.'],
  API_KEY: [text().optional(), NEW_SECRET],
  VAULT_KEYS: [keys().optional(), NEW_KEY],
  LOOKUP_KEYS: [keys().optional(), NEW_KEY],
  M2M_BASE_URL: [httpUrl().optional(), 'Leave it unset: the key decides between the partner’s live and sandbox host.'],
  M2M_API_KEY: [text(/^m2m_(test|live)_\S+$/, 'begins with neither m2m_test_ nor m2m_live_').optional(), PORTAL],
  M2M_WEBHOOK_SECRETS: [listOf((value) => ({ value })).optional(), `${PORTAL} While it changes, list new and old.`],
  M2M_CREATES_PER_MINUTE: [pace(1, 100_000).default(95), 'Set 95, or what your contract allows, or off.'],
  M2M_LINK_HOSTS: [hosts().default(LINK_HOSTS), 'List host names, without https:// and without a path.'],
  M2M_CALLBACK: [oneOf('portal', 'per_link').default('portal'), 'Set portal unless links must name their own webhook.'],
  TWILIO_ACCOUNT_SID: [text(/^AC\w+$/, 'does not begin with AC').optional(), TWILIO],
  TWILIO_AUTH_TOKEN: [text().optional(), TWILIO],
  TWILIO_AUTH_TOKEN_SECONDARY: [text().optional(), `${TWILIO} Only while the token is being changed.`],
  TWILIO_FROM: [text().optional(), 'Set the sender, or set TWILIO_MESSAGING_SERVICE_SID.'],
  TWILIO_MESSAGING_SERVICE_SID: [text(/^MG\w+$/, 'does not begin with MG').optional(), TWILIO],
  TWILIO_BASE_URL: [httpUrl().default('https://api.twilio.com'), STAND_IN],
  VONAGE_API_KEY: [text().optional(), VONAGE],
  VONAGE_API_SECRET: [text().optional(), VONAGE],
  VONAGE_FROM: [text().optional(), 'Set the sender.'],
  VONAGE_BASE_URL: [httpUrl().default('https://rest.nexmo.com'), STAND_IN],
  SMTP_URL: [smtpUrl().optional(), 'Set smtps://user:password@host:465, or smtp://…:587?requireTLS=true.'],
  EMAIL_FROM: [mailSender().optional(), 'Set an address, or a name with the address in angle brackets.'],
  EMAIL_WEBHOOK_SECRET: [
    listOf((value) => (value.length < 16 ? { problem: 'is shorter than 16 characters' } : { value })).optional(),
    NEW_SECRET,
  ],
  SES_TOPIC_ARNS: [
    listOf((value) =>
      /^arn:aws[\w-]*:sns:[\w-]+:\d+:[\w.-]+$/.test(value) ? { value } : { problem: 'is not the ARN of an SNS topic' },
    ).optional(),
    'Copy it from the Amazon SNS console.',
  ],
  MAILGUN_SIGNING_KEY: [listOf((value) => ({ value })).optional(), 'Copy the HTTP webhook signing key from Mailgun.'],
  SENDGRID_WEBHOOK_PUBLIC_KEY: [
    listOf((value) => ({ value })).optional(),
    'Copy the verification key of the event webhook from SendGrid.',
  ],
  FCM_SERVICE_ACCOUNT: [serviceAccount().optional(), 'Set the path or the text of the Firebase JSON key.'],
  FCM_BASE_URL: [httpUrl().default('https://fcm.googleapis.com'), STAND_IN],
  ...TRACING,
  SANDBOX: [onOff().optional(), 'Set on to try, off to send.'],
  SANDBOX_PORT: [integer(0, 65_535).optional(), 'Set a free TCP port; unset it is PORT + 1.'],
} satisfies Table

/** As read. While problems are being collected a wrong variable is undefined, whatever its default. */
type Variables = Values<typeof VARIABLES>
type Name = keyof Variables
type Given = (name: Name) => boolean

/** Absent in the sandbox: keys, secrets, partner address and providers, which are made or played there. */
export type Config = ReturnType<typeof assemble>

export class ConfigError extends Error {
  readonly problems: readonly Problem[]

  constructor(problems: readonly Problem[]) {
    const lines = problems.map(({ variable, problem, fix }) => `  ${variable} ${problem}. ${fix}`)
    super(['The configuration is wrong, nothing was started:', ...lines].join('\n'))
    this.name = 'ConfigError'
    this.problems = problems
  }
}

/** Throws a `ConfigError` that names everything that is wrong. */
export function readConfig(env: Environment = process.env): Config {
  const given: Given = (name) => Boolean(env[name]?.trim())
  const { values, problems } = readVariables(VARIABLES, env)
  const sandbox = values.SANDBOX ?? !given('M2M_API_KEY')
  const all = [
    ...problems,
    ...(sandbox ? realThings(values, given) : missingThings(values, given)),
    ...incompleteProviders(given),
    ...mixedWorlds(values, given, sandbox),
  ]
  if (all.length > 0) throw new ConfigError(all)
  return deepFreeze(assemble(values, sandbox, warningsAbout(values, sandbox, env)))
}

/** What must not stand beside the sandbox: anything that could reach a real person or the real partner. */
function realThings(values: Variables, given: Given): Problem[] {
  const real = realProviders(values, given)
  if (values.M2M_API_KEY?.startsWith('m2m_live_')) real.push('M2M_API_KEY')
  if (values.M2M_BASE_URL && !isLoopbackUrl(values.M2M_BASE_URL)) real.push('M2M_BASE_URL')
  return real.map((name) => problem(name, 'is real, and the sandbox is on', 'Remove it, or set SANDBOX=off.'))
}

/** Outside the sandbox nothing falls open: every secret is there, long enough and used for one thing. */
function missingThings(values: Variables, given: Given): Problem[] {
  const required: Name[] = ['PUBLIC_URL', 'API_KEY', 'VAULT_KEYS', 'LOOKUP_KEYS', 'M2M_API_KEY', 'M2M_WEBHOOK_SECRETS']
  const problems = required
    .filter((name) => !given(name))
    .map((name) => problem(name, 'is missing', VARIABLES[name][1]))
  if (!PROVIDERS.some(given) && incompleteProviders(given).length === 0)
    problems.push(problem(PROVIDERS[0], 'and every other provider is missing', 'Set up Twilio, Vonage, SMTP or FCM.'))
  if (values.API_KEY && values.API_KEY.length < 32)
    problems.push(problem('API_KEY', 'is shorter than 32 characters', NEW_SECRET))
  if (values.LOOKUP_KEYS?.some(({ key }) => values.VAULT_KEYS?.some((vault) => vault.key.equals(key))))
    problems.push(problem('LOOKUP_KEYS', 'repeats a key of VAULT_KEYS', NEW_KEY))
  return problems
}

function incompleteProviders(given: Given): Problem[] {
  const together = (names: Name[]) =>
    names.some(given)
      ? names
          .filter((name) => !given(name))
          .map((name) => problem(name, `is missing beside ${names.find(given)}`, VARIABLES[name][1]))
      : []

  const sender = given('TWILIO_MESSAGING_SERVICE_SID') ? 'TWILIO_MESSAGING_SERVICE_SID' : 'TWILIO_FROM'
  return [
    ...together(['TWILIO_ACCOUNT_SID', 'TWILIO_AUTH_TOKEN', sender]),
    ...together(['VONAGE_API_KEY', 'VONAGE_API_SECRET', 'VONAGE_FROM']),
    ...(given('SMTP_URL') ? together(['SMTP_URL', 'EMAIL_FROM']) : []),
  ]
}

/** Promise P12: a live key and the partner's sandbox never meet, nor a test key and somebody's phone. */
function mixedWorlds(values: Variables, given: Given, sandbox: boolean): Problem[] {
  if (sandbox || !values.M2M_API_KEY) return []
  const world = worldOf(values.M2M_API_KEY)
  const problems: Problem[] = []
  if (values.M2M_BASE_URL && ![world, undefined].includes(worldOfHost(values.M2M_BASE_URL)))
    problems.push(problem('M2M_BASE_URL', `is not for a ${world} key`, VARIABLES.M2M_BASE_URL[1]))
  if (world === 'live' && values.PUBLIC_URL?.startsWith('http:'))
    problems.push(problem('PUBLIC_URL', 'is plain http with a live key', VARIABLES.PUBLIC_URL[1]))
  if (world === 'test' && !given('DELIVER_ONLY_TO') && realProviders(values, given).length > 0)
    problems.push(problem('DELIVER_ONLY_TO', 'is missing beside real providers', VARIABLES.DELIVER_ONLY_TO[1]))
  return problems
}

/** One variable for each configured provider that is not a stand-in on this machine. */
function realProviders(values: Variables, given: Given): Name[] {
  const standIn = {
    TWILIO_ACCOUNT_SID: isLoopbackUrl(values.TWILIO_BASE_URL),
    VONAGE_API_KEY: isLoopbackUrl(values.VONAGE_BASE_URL),
    SMTP_URL: isLoopbackUrl(values.SMTP_URL),
    FCM_SERVICE_ACCOUNT: isLoopbackUrl(values.FCM_BASE_URL) && isLoopbackUrl(values.FCM_SERVICE_ACCOUNT?.tokenUri),
  }
  return PROVIDERS.filter((name) => given(name) && !standIn[name])
}

function warningsAbout(values: Variables, sandbox: boolean, env: Environment): string[] {
  const live = values.M2M_API_KEY?.startsWith('m2m_live_')
  const unknown = Object.keys(env).filter(
    (name) =>
      /^(M2M|TWILIO|VONAGE|SMTP|EMAIL|SES|MAILGUN|SENDGRID|FCM|SANDBOX|VAULT|LOOKUP)_/.test(name) &&
      !(name in VARIABLES),
  )
  const warnings: [boolean, string][] = [
    [
      (values.M2M_CREATES_PER_MINUTE ?? 101) > 100,
      'M2M_CREATES_PER_MINUTE is above the documented 100: the partner may answer 429.',
    ],
    [
      !sandbox && !values.DATABASE_URL,
      'DATABASE_URL is unset: everything is kept in the embedded Postgres below DATA_DIR; back it up.',
    ],
    [
      !sandbox && isLoopbackUrl(values.PUBLIC_URL),
      'PUBLIC_URL is this machine: no webhook or receipt from outside can arrive.',
    ],
    [Boolean(live && values.DELIVER_ONLY_TO), 'DELIVER_ONLY_TO is set with a live key: nobody else gets a message.'],
    [isPlainAbroad(tracingOf(values)?.url), 'Traces leave this machine over plain http: stay in your own network.'],
    [sandbox && Boolean(values.M2M_API_KEY), 'M2M_API_KEY is not used: the sandbox plays the partner.'],
    [unknown.length > 0, `${unknown.join(', ')} is not known and has no effect: see .env.example.`],
  ]
  return warnings.filter(([holds]) => holds).map(([, sentence]) => sentence)
}

function assemble(values: Variables, sandbox: boolean, warnings: string[]) {
  const world = sandbox ? 'sandbox' : worldOf(values.M2M_API_KEY ?? '')
  return {
    world,
    warnings,
    roles: values.ROLES,
    server: { port: values.PORT, host: values.HOST },
    publicUrl: values.PUBLIC_URL,
    apiKey: values.API_KEY,
    dataDir: values.DATA_DIR,
    templatesDir: values.TEMPLATES_DIR ?? OWN_TEMPLATES,
    senderName: values.SENDER_NAME,
    logLevel: values.LOG_LEVEL,
    startHeld: values.START_HELD,
    alertWebhookUrl: values.ALERT_WEBHOOK_URL,
    /** Unset: everybody. */
    deliverOnlyTo: values.DELIVER_ONLY_TO,
    /** No url: the embedded Postgres below `dataDir`. */
    database: { url: values.DATABASE_URL },
    /** No url: queues in Postgres. */
    queue: { redisUrl: values.REDIS_URL },
    partner: partnerOf(values, world),
    links: { hosts: values.M2M_LINK_HOSTS, maxMinutes: values.LINK_MAX_MINUTES },
    channels: channelsOf(values),
    receipts: receiptsOf(values),
    vault: { keys: values.VAULT_KEYS ?? [], lookupKeys: values.LOOKUP_KEYS ?? [] },
    defaults: {
      locale: values.DEFAULT_LOCALE,
      timeZone: values.DEFAULT_TIME_ZONE,
      channels: values.DEFAULT_CHANNELS,
      remindersAfter: values.REMINDERS_AFTER,
      fallbackAfterMs: 600_000,
    },
    /** What one person gets at most; null: no cap. */
    caps: { perDay: values.CAP_PER_DAY, perWeek: values.CAP_PER_WEEK },
    /** Providers that are not named have no limit of ours. */
    rates: values.PROVIDER_LIMITS ?? [],
    resendUnclear: values.RESEND_UNCLEAR,
    tracing: tracingOf(values),
    sandbox: { on: sandbox, port: values.SANDBOX_PORT ?? (values.PORT && values.PORT + 1) },
  } as const
}

const partnerOf = (values: Variables, world: 'sandbox' | 'test' | 'live') => ({
  baseUrl: values.M2M_BASE_URL ?? { sandbox: undefined, test: TEST_URL, live: LIVE_URL }[world],
  apiKey: values.M2M_API_KEY,
  webhookSecrets: values.M2M_WEBHOOK_SECRETS ?? [],
  /** null: no limit of ours. */
  createsPerMinute: values.M2M_CREATES_PER_MINUTE,
  callback: values.M2M_CALLBACK,
})

/** What providers sign their later words with. */
const receiptsOf = (values: Variables) => ({
  twilioTokens: [values.TWILIO_AUTH_TOKEN, values.TWILIO_AUTH_TOKEN_SECONDARY].filter((token) => token !== undefined),
  dsnSecrets: values.EMAIL_WEBHOOK_SECRET ?? [],
  sesTopicArns: values.SES_TOPIC_ARNS ?? [],
  mailgunKeys: values.MAILGUN_SIGNING_KEY ?? [],
  sendgridKeys: values.SENDGRID_WEBHOOK_PUBLIC_KEY ?? [],
})

function channelsOf(values: Variables) {
  const { TWILIO_ACCOUNT_SID: accountSid, TWILIO_AUTH_TOKEN: authToken, FCM_SERVICE_ACCOUNT: account } = values
  const { VONAGE_API_KEY: apiKey, VONAGE_API_SECRET: apiSecret, VONAGE_FROM: vonageSender } = values
  const { SMTP_URL: url, EMAIL_FROM: from } = values
  const twilioSender = { from: values.TWILIO_FROM, messagingServiceSid: values.TWILIO_MESSAGING_SERVICE_SID }
  return {
    twilio:
      accountSid && authToken ? { accountSid, authToken, ...twilioSender, baseUrl: values.TWILIO_BASE_URL } : undefined,
    vonage:
      apiKey && apiSecret && vonageSender
        ? { apiKey, apiSecret, from: vonageSender, baseUrl: values.VONAGE_BASE_URL }
        : undefined,
    smtp: url && from ? { url, from } : undefined,
    fcm: account ? { serviceAccount: account, baseUrl: values.FCM_BASE_URL } : undefined,
  }
}

const worldOf = (apiKey: string) => (apiKey.startsWith('m2m_live_') ? 'live' : 'test')

function worldOfHost(baseUrl: string): 'live' | 'test' | undefined {
  const host = new URL(baseUrl).hostname.replace(/\.$/, '')
  if (/(^|\.)sandbox\.m2m\.leapfinancial\.com$/.test(host)) return 'test'
  return /(^|\.)m2m\.leapfinancial\.com$/.test(host) ? 'live' : undefined
}

const problem = (variable: Name, what: string, fix: string): Problem => ({ variable, problem: what, fix })
