import { describe, expect, it } from 'vitest'
import { openHouse, PATH, textOf } from './kit.ts'

/** What the form holds: the values of its fields, as a browser would send them. */
function valuesOf(page: string): Record<string, string> {
  const inputs = [...page.matchAll(/<input id="(\w+)" name="\w+" value="([^"]*)"/g)]
  const choices = [...page.matchAll(/<select id="(\w+)".*?<\/select>/gs)].map(([select, name]) => [
    select,
    name,
    /<option value="([^"]*)" selected>/.exec(select)?.[1] ?? '',
  ])
  return Object.fromEntries([...inputs, ...choices].map(([, name, value]) => [name, value]))
}

const filledIn = async (ports: Parameters<typeof openHouse>[0] = {}) => {
  const house = openHouse(ports)
  return { ...house, fields: valuesOf((await house.get('/new')).text) }
}

describe('the form', () => {
  it('comes filled in with the example in the sandbox', async () => {
    const { fields } = await filledIn()

    expect(fields).toMatchObject({
      firstName: 'Michael',
      lastName: 'Johnson',
      country: 'MX',
      accountNumber: '014027000005555558',
      channel1: 'sms',
      locale: 'es-MX',
      reminders: 'PT20S,PT40S',
    })
    expect(fields['referenceId']).toMatch(/^user_\w{5}$/)
  })

  it.each(['test', 'live'] as const)('holds nobody’s address in the %s world', async (world) => {
    const { fields } = await filledIn({ ports: { world } })

    expect(fields).toMatchObject({ phone: '', email: '', pushToken: '', accountNumber: '', reminders: 'PT24H,PT72H' })
  })

  it.each([
    ['2026-11-22T15:00:00Z', 'a Sunday morning in Chicago'],
    ['2026-11-24T05:00:00Z', 'night in Chicago'],
    ['2026-11-24T11:00:00Z', 'dawn in Chicago'],
  ])('at %s, %s, chooses a zone in which reminders may leave', async (now) => {
    const { fields } = await filledIn({ ports: { now: () => new Date(now) } })
    const hour = Number(
      new Intl.DateTimeFormat('en-GB', {
        hour: '2-digit',
        hourCycle: 'h23',
        timeZone: fields['timeZone'] ?? '',
      }).format(new Date(now)),
    )

    expect(hour).toBeGreaterThanOrEqual(9)
    expect(hour).toBeLessThan(20)
  })

  it('chooses Chicago, where the number is at home, on a weekday at noon', async () => {
    const { fields } = await filledIn({ ports: { now: () => new Date('2026-11-24T18:00:00Z') } })

    expect(fields['timeZone']).toBe('America/Chicago')
  })

  it('becomes an order and leads to its dispatch', async () => {
    const { post, asked, fields } = await filledIn()

    const answer = await post('/new', {
      ...fields,
      channel1: 'in_app',
      channel2: 'push',
      channel3: '',
      locale: 'pt-BR',
      timeZone: '',
    })

    expect(answer.headers['location']).toBe(PATH)
    expect(asked.orders).toEqual([
      expect.objectContaining({
        referenceId: fields['referenceId'],
        userData: {
          name: { firstName: 'Michael', lastName: 'Johnson' },
          paymentMethod: { type: 'bank_account', bankAccount: { country: 'MX', accountNumber: '014027000005555558' } },
        },
        contact: {
          phone: '+15125550123',
          email: 'michael@example.com',
          pushTokens: ['token-1'],
          name: { firstName: 'Michael', lastName: 'Johnson' },
        },
        channels: ['in_app', 'push'],
        locale: 'pt-BR',
        timeZone: null,
        template: 'magic-link',
        reminders: { afterMs: [20_000, 40_000], channels: null, template: null },
        ifActive: 'supersede',
      }),
    ])
  })

  it('can do without reminders and without an account', async () => {
    const { post, asked, fields } = await filledIn()

    await post('/new', { ...fields, reminders: 'none', accountNumber: '', country: '' })

    expect(asked.orders[0]).toMatchObject({ reminders: null, userData: null })
  })

  it.each([
    ['referenceId', '', 'is required'],
    ['referenceId', 'michael@example.com', 'looks like an email address'],
    ['referenceId', '+1 512 555 0123', 'looks like a phone number'],
    ['referenceId', '<script>alert(1)</script>', 'must have 1 to 128 of the characters'],
    ['phone', '5125550123', 'needs its country code'],
    ['phone', '+1800', 'is no phone number that can be written to'],
    ['email', 'a@b@c', 'is no email address'],
    ['accountNumber', '014027000005555559', 'must be a CLABE'],
    ['firstName', '', 'must not be empty'],
    ['channel1', 'pigeon', 'is no channel'],
    ['channel2', 'sms', 'was chosen above already'],
    ['locale', '!', 'is no language tag'],
    ['timeZone', 'Mars/Olympus', 'is no time zone'],
    ['reminders', 'tomorrow', 'must be up to ten durations'],
  ])('with %s %j says at the field what is wrong, and keeps the rest', async (name, value, words) => {
    const { post, asked, fields } = await filledIn()

    const answer = await post('/new', { ...fields, [name]: value })

    expect(answer.status).toBe(422)
    expect(answer.text).toMatch(new RegExp(`id="${name}"[^>]*aria-invalid="true" aria-describedby="${name}-note"`))
    expect(answer.text).toMatch(new RegExp(`id="${name}-note">[^<]*${words}`))
    expect(answer.text).toContain('value="Johnson"')
    expect(answer.text).not.toContain('<script>alert')
    expect(asked.orders).toEqual([])
  })

  it('shows what the service refuses, at the field it names', async () => {
    const create = async () => ({
      ok: false as const,
      message: 'Some fields are not valid.',
      errors: [{ path: 'userData.name.lastName', message: 'must not be empty' }],
    })
    const { post, fields } = await filledIn({ ports: { create } })

    const answer = await post('/new', fields)

    expect(answer.status).toBe(422)
    expect(textOf(answer.text)).toContain('One thing is not right yet. Nothing was sent. Last name must not be empty')
  })

  it('shows what the service refuses as a whole', async () => {
    const create = async () => ({ ok: false as const, message: 'A dispatch for this recipient is still running.' })
    const { post, fields } = await filledIn({ ports: { create } })

    const answer = await post('/new', fields)

    expect(textOf(answer.text)).toContain('Nothing was sent. A dispatch for this recipient is still running.')
  })

  it('offers another reference each time', async () => {
    const { get } = openHouse()

    const pages = await Promise.all([get('/new'), get('/new')])

    expect(new Set(pages.map((page) => valuesOf(page.text)['referenceId'])).size).toBe(2)
  })
})
