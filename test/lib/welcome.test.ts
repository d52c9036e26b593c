import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { isOpen, placeOf } from '../../src/domain/window.ts'
import { afternoonZone, exampleCurl, welcome } from '../../src/lib/welcome.ts'

const HOUR = 3_600_000
const monday = Date.parse('2026-11-16T00:30:00Z')
const hoursOf = (start: number, count: number) =>
  Array.from({ length: count }, (_, hour) => new Date(start + hour * HOUR))

describe('the zone of the example', () => {
  const hourIn = (timeZone: string, at: Date) =>
    Number(new Intl.DateTimeFormat('en', { timeZone, hour: 'numeric', hourCycle: 'h23' }).format(at))

  it.each(hoursOf(monday, 24).map((at) => [at.toISOString().slice(11, 16), at] as const))(
    'is one where it is afternoon at %s UTC',
    (_, at) => {
      const hour = hourIn(afternoonZone(at), at)

      expect(hour).toBeGreaterThanOrEqual(12)
      expect(hour).toBeLessThanOrEqual(17)
    },
  )

  it.each([
    ['in November', monday],
    ['in July', Date.parse('2026-07-06T00:30:00Z')],
  ])('lets the reminders of the example leave at every hour of a week %s', (_, start) => {
    const isClosed = (at: Date) =>
      !isOpen(at, placeOf({ timeZone: afternoonZone(at), phone: '+15125550123', defaultTimeZone: 'UTC' }))

    expect(hoursOf(start, 7 * 24).filter(isClosed)).toEqual([])
  })
})

describe('the example', () => {
  const curl = exampleCurl({ url: 'http://127.0.0.1:3000', apiKey: 'key_1', now: new Date(monday) })

  it('is one command that a shell turns into a request of its own', () => {
    const shell = spawnSync('sh', ['-c', `curl() { printf '%s\\n' "$@"; }\n${curl}`], { encoding: 'utf8' })

    const [, url, , key, , type, , body = ''] = shell.stdout.split('\n')
    expect([url, key]).toEqual(['http://127.0.0.1:3000/v1/dispatches', 'Authorization: Bearer key_1'])
    expect(type).toBe('Content-Type: application/json')
    expect(JSON.parse(body)).toMatchObject({
      referenceId: expect.stringMatching(/^user_\d+$/),
      channels: ['push', 'sms', 'email'],
      timeZone: afternoonZone(new Date(monday)),
    })
  })
})

describe('the welcome', () => {
  const all = {
    url: 'http://127.0.0.1:3000',
    world: 'sandbox',
    signIn: 'http://127.0.0.1:3000/sign-in?token=t',
    inbox: 'http://127.0.0.1:3001',
    apiKey: 'key_1',
    example: 'curl …',
  }

  it('says where everything is', () => {
    const text = welcome(all)

    for (const part of ['sandbox', all.signIn, `${all.inbox}/`, all.apiKey, `${all.url}/docs`, all.example])
      expect(text).toContain(part)
  })

  it('says nothing of what is not there', () => {
    const text = welcome({ ...all, signIn: undefined, inbox: undefined, apiKey: undefined, example: undefined })

    expect(text).toContain(`Console   ${all.url} `)
    expect(text).not.toMatch(/Inbox|API key|Paste/)
  })

  it('is a line where nobody listens', () => {
    expect(welcome({ ...all, url: undefined })).toBe('link-dispatcher works (sandbox, no HTTP here).')
  })
})
