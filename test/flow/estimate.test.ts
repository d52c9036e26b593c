import { describe, expect, it } from 'vitest'
import { type EstimatePorts, endsLate, estimate } from '../../src/flow/estimate.ts'
import { warningsOf } from '../../src/flow/estimate-warnings.ts'
import { makeMissingVariables } from '../../src/flow/missing-variables.ts'
import type { Campaign, NewCampaign, TakenRow } from '../../src/flow/ports-campaign.ts'
import { anonymous, sampleLinkFor, withFlow } from '../../src/flow/sample-link.ts'
import { loadTemplates } from '../../src/render/renderer.ts'
import { segments } from '../../src/render/segments.ts'
import { aCampaign, aPerson } from '../support/campaigns.ts'
import { aHold } from '../support/fakes.ts'

/** A Monday, 10:00 in Chicago. */
const NOW = new Date('2026-11-23T16:00:00Z')
const MINUTE = 60_000
const HOUR = 60 * MINUTE
const LINK = 'https://widget.example.com/link_partner_000000000000/m2m-basic'
const render = loadTemplates({ dir: 'templates', defaultLocale: 'en', linkHostAllowed: () => true })
const missing = makeMissingVariables({ render, sampleUrl: LINK, now: () => NOW })

type Wish = Partial<Omit<NewCampaign, 'plan'>> & { plan?: Partial<NewCampaign['plan']> }

const campaignOf = (wish: Wish = {}): Campaign => ({
  ...aCampaign(wish),
  status: 'draft',
  reason: null,
  lane: 2,
  revokeLinks: false,
  createdAt: NOW,
  startedAt: null,
  endedAt: null,
  hold: null,
  open: 0,
  waiting: 1,
})

let line = 0
function aRow({
  person,
  ...wish
}: Partial<Omit<TakenRow, 'person'>> & { person?: Parameters<typeof aPerson>[0] } = {}) {
  line += 1
  const contact = wish.contact ?? { phone: '+16465550123', email: 'ana@example.com', name: { firstName: 'Ana' } }
  const row: TakenRow = {
    line,
    referenceId: `user_${String(line).padStart(6, '0')}`,
    locale: 'en',
    timeZone: 'America/Chicago',
    zoneGiven: true,
    channels: ['sms', 'email'],
    bucket: line % 10_000,
    suppressed: false,
    ownLinkUntil: null,
    ...wish,
    contact,
    person: aPerson({ contact, ...person }),
  }
  return row
}
const rowsOf = (count: number, wish: Parameters<typeof aRow>[0] = {}) => Array.from({ length: count }, () => aRow(wish))

function portsFor(rows: TakenRow[], wish: Partial<EstimatePorts> = {}): EstimatePorts {
  return {
    audience: {
      page: async (_, after, limit) =>
        rows.filter(({ referenceId }) => after === null || referenceId > after).slice(0, limit),
    },
    personAt: async () => null,
    holds: { list: async () => [] },
    pacing: { createsPerMinute: 90, unitsPerMinute: new Map() },
    sampleLink: async () => ({ url: LINK, seen: true }),
    codesBase: 'https://dispatch.example.com/l/',
    render,
    segments,
    carries: () => true,
    missingVariables: (template, channels, locale, variables) => missing({ template, channels, locale, variables }),
    defaults: {
      locale: 'en',
      timeZone: 'America/Chicago',
      channels: ['sms', 'email', 'push'],
      remindersAfterMs: [],
      fallBackMs: 600_000,
      linkMaxMinutes: 10_080,
    },
    now: () => NOW,
    breathe: async () => undefined,
    ...wish,
  }
}

const codesOf = (seen: Parameters<typeof warningsOf>[0]) =>
  Object.fromEntries(warningsOf(seen).map(({ code, count }) => [code, count]))

describe('an estimate', () => {
  it('counts people by channel, locale and variant, and those who get nothing', async () => {
    const rows = [
      ...rowsOf(40),
      ...rowsOf(30, { locale: 'es-MX', contact: { email: 'luz@example.com' } }),
      ...rowsOf(20, { suppressed: true }),
      ...rowsOf(10, { contact: {} }),
    ]
    const variants = [
      { name: 'a', weight: 1 },
      { name: 'b', weight: 1 },
    ]
    const campaign = campaignOf({ plan: { variants, holdout: 0 } })

    const { tally } = await estimate(portsFor(rows), campaign)

    expect(tally).toMatchObject({ rows: 100, recipients: 70, suppressed: 20, unreachable: 10, secondChoice: 30 })
    expect([...tally.byChannel]).toEqual([
      ['sms', 40],
      ['email', 30],
    ])
    expect([...tally.byLocale]).toEqual([
      ['en', 40],
      ['es-MX', 30],
    ])
    expect([...tally.byVariant.values()].reduce((sum, n) => sum + n, 0)).toBe(70)
  })

  it('reads an audience of more than a page to its end, and holds people out', async () => {
    const rows = Array.from({ length: 2_500 }, (_, i) => aRow({ bucket: i * 4 }))

    const { tally } = await estimate(portsFor(rows), campaignOf({ plan: { holdout: 0.1, channels: ['email'] } }))

    expect([tally.rows, tally.heldOut, tally.recipients]).toEqual([2_500, 250, 2_250])
  })

  it('counts the segments of each text as it will be written, by encoding and country', async () => {
    const rows = [
      ...rowsOf(3),
      ...rowsOf(2, { contact: { phone: '+525512345678', name: { firstName: 'Łukasz' } }, channels: ['sms'] }),
    ]

    const { tally } = await estimate(portsFor(rows), campaignOf())

    const plain = segments(textFor('Ana'))
    const polish = segments(textFor('Łukasz'))
    expect([plain.encoding, polish.encoding]).toEqual(['GSM-7', 'UCS-2'])
    expect(tally.texts).toMatchObject({ messages: 5, segments: 3 * plain.segments + 2 * polish.segments })
    expect(tally.texts.byEncoding.get('UCS-2')).toEqual({ messages: 2, segments: 2 * polish.segments })
    expect(tally.texts.byCountry.get('MX')).toEqual({ messages: 2, segments: 2 * polish.segments })
  })

  it('counts with the length that links have, or codes of ours', async () => {
    const short = campaignOf({ plan: { link: { mode: 'evergreen' } } })
    const ports = portsFor(rowsOf(1), {
      sampleLink: async () => ({ url: LINK.replace('0/', `${'0'.repeat(300)}/`), seen: false }),
    })

    const [long, code] = [await estimate(ports, campaignOf()), await estimate(ports, short)]

    expect(long.tally.texts.segments).toBeGreaterThan(code.tally.texts.segments)
    expect(codesOf(long)).toMatchObject({ link_length_assumed: 1, long_messages: 1 })
    expect(codesOf(code)).toEqual({})
  })

  it('ends when the limits let it, and says who comes too late', async () => {
    const campaign = campaignOf({ validUntil: new Date(NOW.getTime() + 5 * MINUTE) })

    const late = await estimate(portsFor(rowsOf(900)), campaign)
    const inTime = await estimate(portsFor(rowsOf(300)), campaign)

    expect(((late.forecast.firstsEndAt ?? 0) - NOW.getTime()) / MINUTE).toBeCloseTo(10, 0)
    expect([endsLate(late), endsLate(inTime)]).toEqual([true, false])
    expect(codesOf(late)['ends_late']).toBeGreaterThan(0)
  })

  it('begins when it will begin for each person', async () => {
    const rows = [...rowsOf(2), ...rowsOf(2, { timeZone: 'America/Los_Angeles' })]

    const { forecast } = await estimate(portsFor(rows), campaignOf({ localStart: '2026-11-23T10:30' }))

    expect(new Date(forecast.firstAt ?? 0).toISOString()).toBe('2026-11-23T16:30:00.000Z')
    expect(new Date(forecast.firstsEndAt ?? 0).toISOString()).toMatch(/^2026-11-23T18:30/)
  })

  it('names reasons and first lines of rows that would be refused', async () => {
    const rows = rowsOf(12)
    const ports = portsFor(rows, { missingVariables: () => ['variables.amount'] })

    const { tally } = await estimate(ports, campaignOf())

    const list = tally.refused.get('variable_missing')
    expect([list?.rows, list?.first.length]).toEqual([12, 10])
    expect(list?.first[0]).toMatchObject({ referenceId: rows[0]?.referenceId, missing: ['variables.amount'] })
  })

  it('sees links of the rows that die before their message, surely or probably', async () => {
    const ownLink = (until: number) => ({
      linkId: 'l',
      url: 'https://widget.example.com/own',
      expiresAt: new Date(NOW.getTime() + until),
    })
    const rows = [
      ...rowsOf(5, { person: { ownLink: ownLink(5 * MINUTE) } }),
      ...rowsOf(600, { person: { ownLink: ownLink(3 * HOUR) } }),
    ]

    const seen = await estimate(
      portsFor(rows),
      campaignOf({ perHour: 120, startAt: new Date(NOW.getTime() + 10 * MINUTE) }),
    )

    expect(seen.tally.links.first).toBe(0)
    expect(codesOf(seen)).toMatchObject({ links_die: 5, links_at_risk: seen.linksAtRisk })
    // Of five hours' worth of people, those after two and a quarter.
    expect(seen.linksAtRisk).toBeGreaterThan(310)
    expect(seen.linksAtRisk).toBeLessThan(370)
  })

  it('counts the links that reminders need anew', async () => {
    const reminders = { afterMs: [HOUR, 30 * HOUR], channels: null, template: null }
    const campaign = campaignOf({ plan: { reminders, link: { expiresInMinutes: 24 * 60 } } })

    const seen = await estimate(portsFor(rowsOf(10)), campaign)

    expect(seen.tally.links).toEqual({ first: 10, again: 10 })
    expect(codesOf(seen)['links_made_again']).toBe(10)
    expect(seen.tally.texts.byKind.get('reminder')?.messages).toBe(10)
  })

  it('warns of what would stop it or be a surprise', async () => {
    const rows = [...rowsOf(2, { locale: 'fi' }), aRow({ timeZone: 'Asia/Kolkata' })]
    const hold = aHold('all', '*', {})
    const ports = portsFor(rows, {
      holds: { list: async () => [hold] },
      pacing: { createsPerMinute: null, unitsPerMinute: new Map() },
    })

    const seen = await estimate(ports, campaignOf())

    expect(seen.holds).toEqual([hold])
    expect(codesOf(seen)).toEqual({ held: 1, locale_falls_back: 2, partner_limit_off: 3 })
  })

  it('says where hours never meet, and that nobody is left', async () => {
    const campaign = campaignOf({ ownWindow: { from: '22:00', to: '23:00', days: [1, 2, 3, 4, 5, 6, 7] } })

    const seen = await estimate(portsFor(rowsOf(3)), campaign)

    expect(codesOf(seen)).toEqual({ nobody_left: 3, window_never_open: 3 })
  })
})

describe('a sample link', () => {
  it('is as long as a real one, and nobody’s', () => {
    const real = 'https://widget.example.com:8443/link_acme_a1B2c3d4e5f6/m2m-basic'

    const sample = anonymous(real)

    expect(sample).toBe('https://widget.example.com:8443/xxxx_xxxx_x0X0x0x0x0x0/x0x-xxxxx')
    expect(sample).toHaveLength(real.length)
  })

  it('ends in the flow of the campaign', async () => {
    const ports = portsFor([])

    const { url } = await sampleLinkFor(ports, { flow: 'another-flow' })

    expect(url).toBe('https://widget.example.com/link_partner_000000000000/another-flow')
    expect(withFlow('https://send.example.com/link_partner_0', 'm2m-basic')).toBe(
      'https://send.example.com/link_partner_0',
    )
  })
})

function textFor(first: string): string {
  const rendering = render.render({
    template: 'magic-link',
    channel: 'sms',
    locale: 'en',
    timeZone: 'America/Chicago',
    now: NOW,
    name: { first, last: '', full: first },
    link: { url: LINK, expiresAt: new Date(NOW.getTime() + 24 * HOUR) },
    variables: {},
  })
  if (!rendering.ok || rendering.words.channel !== 'sms') throw new Error('the text cannot be written')
  return rendering.words.text
}
