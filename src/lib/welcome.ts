export interface WelcomeOptions {
  url: string | undefined
  world: string
  /** A one-time link into the console. */
  signIn: string | undefined
  inbox: string | undefined
  /** Printed in the sandbox only. */
  apiKey: string | undefined
  example: string | undefined
}

/** What a newcomer reads first: where things are, and one command that shows the whole story. */
export function welcome({ url, world, signIn, inbox, apiKey, example }: WelcomeOptions): string {
  if (!url) return `link-dispatcher works (${world}, no HTTP here).`
  const lines = [
    ``,
    `link-dispatcher is ready (${world})`,
    ``,
    `  Console   ${signIn ?? url}   signs you in, once`,
    ...(inbox ? [`  Inbox     ${inbox}/   what people receive`] : []),
    ...(apiKey ? [`  API key   ${apiKey}`] : []),
    `  API       ${url}/docs`,
  ]
  if (example)
    lines.push(
      ``,
      `  Paste this, then watch the inbox: reminders follow after 20 and 40 seconds, and stop when you open the link.`,
      ``,
      example,
    )
  return [...lines, ``, `  Ctrl-C stops everything.`, ``].join('\n')
}

/**
 * The seed's example as a command. Each run writes to a new user, since one who opened within the hour is left alone;
 * the zone is one where it is afternoon now, since reminders keep to send windows.
 */
export function exampleCurl({ url, apiKey, now }: { url: string; apiKey: string; now: Date }): string {
  const body = {
    referenceId: 'user_NOW',
    userData: {
      name: { firstName: 'Michael', lastName: 'Johnson' },
      paymentMethod: { type: 'bank_account', bankAccount: { country: 'MX', accountNumber: '014027000005555558' } },
    },
    contact: { phone: '+15125550123', email: 'michael@example.com', pushTokens: ['token-1'] },
    channels: ['push', 'sms', 'email'],
    locale: 'es-MX',
    timeZone: afternoonZone(now),
    reminders: { after: ['PT20S', 'PT40S'] },
    metadata: { crmCaseId: '42' },
  }
  const data = JSON.stringify(body).replace('user_NOW', `user_'$(date +%s)'`)
  return `curl -sS ${url}/v1/dispatches -H "Authorization: Bearer ${apiKey}" -H 'Content-Type: application/json' -d '${data}'; echo`
}

const ZONES = [
  'America/Chicago',
  'America/New_York',
  'America/Los_Angeles',
  'America/Sao_Paulo',
  'Pacific/Honolulu',
  'Europe/Madrid',
  'Africa/Nairobi',
  'Asia/Kolkata',
  'Asia/Tokyo',
  'Australia/Sydney',
  'Pacific/Auckland',
  'Atlantic/Azores',
]
export function afternoonZone(now: Date): string {
  const hourIn = (timeZone: string) =>
    Number(new Intl.DateTimeFormat('en', { timeZone, hour: 'numeric', hourCycle: 'h23' }).format(now))
  const distance = (timeZone: string) => Math.abs(hourIn(timeZone) - 15)
  return ZONES.find((zone) => distance(zone) <= 1) ?? [...ZONES].sort((a, b) => distance(a) - distance(b))[0] ?? 'UTC'
}
