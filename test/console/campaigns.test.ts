import { describe, expect, it } from 'vitest'
import { SHOWN_STATES } from '../../src/domain/campaign.ts'
import type { Scope } from '../../src/flow/ports-read.ts'
import { showId } from '../../src/lib/id.ts'
import {
  aCampaignView,
  aDesk,
  aMessageTally,
  anEstimate,
  aPersonOfAList,
  aPersonTally,
  aRowTally,
  CAMPAIGN_ID,
  CAMPAIGN_PATH,
} from './campaign-kit.ts'
import { openHouse, PATH, textOf } from './kit.ts'
import { NOW, secondsAgo } from './moment.ts'

type Furniture = Parameters<typeof aDesk>[0]

function openDesk(furniture: Furniture = {}, scopes: Scope[] = ['admin']) {
  const { desk, deskAsked } = aDesk(furniture)
  return { ...openHouse({ scopes, ports: { campaigns: desk } }), deskAsked }
}
const show = async (path: string, furniture: Furniture, scopes?: Scope[]) =>
  textOf((await openDesk(furniture, scopes).get(path)).text)

const TALLIES = [
  aRowTally('accepted', 9_000),
  aRowTally('held_out', 900),
  aRowTally('refused', 100, 'dispatch_active'),
  aPersonTally(6_000),
  aPersonTally(2_500, { status: 'opened', opened: 1, delivered: true }),
  aPersonTally(300, { status: 'opened', opened: 3, delivered: true, operation: true }),
  aPersonTally(100, { opened: 0, suspect: true }),
  aPersonTally(100, { status: 'failed', reason: 'no_channel_worked', handed: false }),
  aMessageTally(8_900),
  aMessageTally(100, { status: 'failed', reason: 'no_address' }),
  aMessageTally(2_800, { kind: 'reminder', step: 2, channel: 'email', status: 'skipped', reason: 'opened' }),
]

describe('the list of campaigns', () => {
  it('says in a sentence what a campaign is, while there is none', async () => {
    const page = await show('/campaigns', {})

    expect(page).toContain('sends everybody on a list their own magic link')
    expect(page).toContain('Make the first campaign')
  })

  it('offers nothing to those whose key may only read', async () => {
    const page = await show('/campaigns', {}, ['read'])

    expect(page).not.toContain('New campaign')
    expect(page).toContain('lacks the scope campaign')
  })

  it('shows how far each has come, how many opened, and when it will end', async () => {
    const minutes = [{ at: secondsAgo(60), sent: 90 }]
    const tallies = [
      aRowTally('waiting', 910),
      aRowTally('accepted', 90),
      aPersonTally(80),
      aPersonTally(10, { opened: 1 }),
    ]

    const page = await show('/campaigns', { campaigns: [aCampaignView({ waiting: 910 })], tallies, minutes })

    expect(page).toContain('Spring transfer Running')
    expect(page).toContain('90 of 1,000')
    expect(page).toContain('Opened 11.1%')
    expect(page).toMatch(/End about in \d+ min/)
  })

  it('has a word for every state, and finds those of one', async () => {
    const campaigns = [
      aCampaignView(),
      aCampaignView({ id: '019aab00-0000-7000-8000-0000000000aa', name: 'Old', status: 'finished' }),
    ]

    const page = await show('/campaigns?status=finished', { campaigns })

    expect(page).toContain('Old')
    expect(page).not.toContain('Spring transfer')
    for (const state of SHOWN_STATES) expect(page.toLowerCase()).toContain(state)
  })
})

describe('a campaign under way', () => {
  const campaigns = [
    aCampaignView({
      plan: {
        variants: [
          { name: 'a', weight: 1 },
          { name: 'b', weight: 1 },
        ],
        holdout: 0.09,
      },
    }),
  ]

  it('shows each station with its number and its rate', async () => {
    const page = await show(CAMPAIGN_PATH, { campaigns, tallies: TALLIES })

    expect(page).toContain('Audience 10,000')
    expect(page).toContain('Handed over 8,900 98.9% of those accepted')
    expect(page).toContain('Opened 2,800 31.5% of those handed over')
    expect(page).toContain('Operation created 300 10.7% of those who opened')
    expect(page).toContain('100 more were opened only by what looks like a scanner')
  })

  it('says in words what did not go as planned', async () => {
    const page = await show(CAMPAIGN_PATH, { campaigns, tallies: TALLIES })

    expect(page).toContain('Failed: nothing could be handed over 100')
    expect(page).toContain('Held out, to compare with 900')
    expect(page).toContain('Refused: another dispatch of the person was running 100')
    expect(page).toContain('The link was opened 2,800')
    expect(page).toContain('There is no address for it 100')
  })

  it('lays variants side by side and names no winner', async () => {
    const tallies = [aPersonTally(10, { variant: 'a', opened: 1 }), aPersonTally(10, { variant: 'b' })]

    const page = await show(CAMPAIGN_PATH, { campaigns, tallies })

    expect(page).toContain('without a winner')
    expect(page).toMatch(/a 10 10 0 10 100%.* b 10 10 0 0 0%/)
  })

  it('draws what was sent against the limit that is lower, and tells it to those who do not see', async () => {
    const minutes = [
      { at: secondsAgo(240), sent: 80 },
      { at: secondsAgo(60), sent: 95 },
    ]

    const { text } = await openDesk({ campaigns: [aCampaignView({ perHour: 3_600 })], minutes }).get(CAMPAIGN_PATH)

    expect(text).toMatch(
      /role="img" aria-label="Messages in a minute: at most 95, 22 Nov, 14:59 UTC; its limit: 3,600 an hour"/,
    )
    expect(text.match(/<rect class="chart-bar /g)).toHaveLength(2)
    expect(text).toContain('class="chart-limit"')
    expect(textOf(text)).toContain('22 Nov, 14:56 80')
  })

  it('counts the lists to follow up, and leads to them', async () => {
    const page = await openDesk({ campaigns, tallies: TALLIES }).get(CAMPAIGN_PATH)

    const text = textOf(page.text)
    expect(text).toContain('Not opened 6,100')
    expect(text).toContain('Opened, no transfer 2,500')
    expect(text).toContain('Failed 100')
    expect(page.text).toContain(`href="${CAMPAIGN_PATH}/follow-up.csv?list=not_opened"`)
    expect(page.text).toContain(`/campaigns/new?of=${showId('cmp', CAMPAIGN_ID)}&amp;list=failed`)
  })

  it.each([
    [
      { outlook: { nextRowAt: secondsAgo(-3_600) } },
      { startAt: secondsAgo(-3_600) },
      'It waits for its time. The next message is due in 60 min.',
    ],
    [
      { outlook: { nextStep: aStep('outside_window') } },
      {},
      'It waits for an hour in which these people may be written to.',
    ],
    [{ outlook: { nextStep: aStep(null, 0), slotAt: secondsAgo(-30) } }, {}, 'It waits for a limit'],
    [
      { outlook: { nextStep: aStep(null, 0), paceAt: secondsAgo(-30) } },
      {},
      'Messages leave as its own limit allows. It goes on in 30 s.',
    ],
    [{ outlook: { inHand: true } }, {}, 'Messages are leaving.'],
    [{}, {}, 'Every message has been sent. Links can still be opened.'],
    [
      {},
      { hold: aHold('brake: 12 of 100 failed (12 %, at most 5 %)', 'service') },
      'It paused itself: 12 of 100 failed (12 %, at most 5 %).',
    ],
    [{}, { hold: aHold('wrong prices', 'Ana') }, 'Paused by Ana: wrong prices. Nothing of it is sent.'],
    [{}, { status: 'cancelled' as const, open: 3 }, 'Its dispatches are being ended.'],
  ])('says what it waits for: %j %j', async (furniture, change, words) => {
    const page = await show(CAMPAIGN_PATH, { campaigns: [aCampaignView(change)], ...furniture })

    expect(page).toContain(words)
  })

  it('shows a name as it is, and runs nothing in it', async () => {
    const { text } = await openDesk({ campaigns: [aCampaignView({ name: '<b>x</b>' })] }).get(CAMPAIGN_PATH)

    expect(text).not.toContain('<b>x')
  })

  it('offers its buttons to those who may act only', async () => {
    const page = await openDesk({ campaigns }, ['read']).get(CAMPAIGN_PATH)

    expect(page.text).not.toContain('popovertarget="pause"')
    expect(page.status).toBe(200)
  })

  it.each([
    ['pause', { reason: 'wrong prices' }, { by: 'operator', reason: 'wrong prices' }],
    ['resume', {}, 'operator'],
    ['cancel', { revokeLinks: 'on' }, { by: 'operator', reason: null, revokeLinks: true }],
    ['start', { warned: '1', confirmed: 'on' }, 'operator'],
  ])('does what was asked, in the name of whoever asked: %s', async (verb, fields, order) => {
    const { post, deskAsked } = openDesk({ campaigns })

    const answer = await post(`${CAMPAIGN_PATH}/${verb}`, fields)

    expect(answer.headers['location']).toBe(CAMPAIGN_PATH)
    expect(deskAsked.verbs).toEqual([[verb, order]])
  })

  it('says what could not be done', async () => {
    const refusal = { ok: false as const, message: 'The campaign is not in a state that allows this.', errors: [] }
    const { post } = openDesk({ campaigns, refusal })

    const answer = await post(`${CAMPAIGN_PATH}/pause`)

    expect(answer.status).toBe(409)
    expect(textOf(answer.text)).toContain(refusal.message)
  })

  it.each(['/pause', '/cancel', '/start', '/audience', '/edit', '/test'])(
    '%s needs the scope campaign',
    async (path) => {
      const { post, deskAsked } = openDesk({ campaigns }, ['read', 'send', 'operate'])

      const answer = await post(CAMPAIGN_PATH + path)

      expect(answer.status).toBe(403)
      expect(deskAsked.verbs).toEqual([])
    },
  )

  it('is not there when there is none', async () => {
    const answer = await openDesk().get(CAMPAIGN_PATH)

    expect(answer.status).toBe(404)
    expect(textOf(answer.text)).toContain('There is no such campaign')
  })
})

describe('a list to follow up', () => {
  it('leads to the dispatch of each person, and says why', async () => {
    const { get } = openDesk({ campaigns: [aCampaignView()], people: [aPersonOfAList()] })

    const page = await get(`${CAMPAIGN_PATH}/follow-up/failed`)

    expect(page.text).toContain(`href="${PATH}"`)
    expect(textOf(page.text)).toContain('no channel worked: there is no address for it')
    expect(page.text).not.toContain('+15125550123')
  })

  it('becomes a draft with the same settings, and takes its people', async () => {
    const { get, post, deskAsked } = openDesk({ campaigns: [aCampaignView({ perHour: 500 })] })
    const query = { of: showId('cmp', CAMPAIGN_ID), list: 'not_opened' }

    const form = await get(`/campaigns/new?of=${query.of}&list=${query.list}`)
    const answer = await post('/campaigns/new', { ...FORM, ...query })

    expect(form.text).toContain('value="Spring transfer: not opened"')
    expect(form.text).toMatch(/id="perHour"[^>]*value="500"/)
    expect(deskAsked.listed).toEqual([{ campaignId: CAMPAIGN_ID, list: 'not_opened' }])
    expect(answer.headers['location']).toBe(`${CAMPAIGN_PATH}?done=listed`)
  })
})

const FORM = {
  name: 'Spring transfer',
  category: 'commercial',
  template: 'magic-link',
  channel1: 'sms',
  reminders: 'PT24H,PT72H',
  when: 'now',
  zone: 'UTC',
  ...Object.fromEntries([1, 2, 3, 4, 5, 6, 7].map((day) => [`day${day}`, 'on'])),
  holdout: '0',
  failed: '20',
  optedOut: '5',
  complained: '0.5',
  after: '100',
}

describe('the form of a campaign', () => {
  it('becomes what the API would be asked for', async () => {
    const { post, deskAsked } = openDesk({ campaigns: [aCampaignView()] })

    const answer = await post('/campaigns/new', {
      ...FORM,
      when: 'at',
      startAt: '2026-12-01T10:00',
      zone: 'America/Chicago',
      from: '10:00',
      to: '19:00',
      day6: '',
      day7: '',
      perHour: '5,000',
      holdout: '10',
      way1Name: 'a',
      way2Name: 'b',
      way2Weight: '3',
      way2Channels: 'email,sms',
      way2Hour: '18',
    })

    expect(answer.headers['location']).toBe(`${CAMPAIGN_PATH}?done=made`)
    expect(deskAsked.made).toEqual([
      {
        name: 'Spring transfer',
        category: 'commercial',
        template: 'magic-link',
        channels: ['sms'],
        reminders: { after: ['PT24H', 'PT72H'] },
        startAt: '2026-12-01T16:00:00.000Z',
        localStart: null,
        validUntil: null,
        window: { from: '10:00', to: '19:00', days: [1, 2, 3, 4, 5] },
        perHour: 5_000,
        variants: [
          { name: 'a', weight: 1 },
          { name: 'b', weight: 3, channels: ['email', 'sms'], sendHour: 18 },
        ],
        holdout: 0.1,
        brake: { failed: 0.2, optedOut: 0.05, complained: 0.005, after: 100 },
      },
    ])
  })

  it.each([
    ['name', ''],
    ['category', ''],
    ['channel1', ''],
    ['validUntil', 'tomorrow'],
  ])('without a right %s (%j) says so beside it, and keeps the rest', async (name, value) => {
    const { post, deskAsked } = openDesk()

    const answer = await post('/campaigns/new', { ...FORM, perHour: '777', [name]: value })

    expect(answer.status).toBe(422)
    expect(answer.text).toContain(`id="${name}-note">`)
    expect(answer.text).toContain('value="777"')
    expect(deskAsked.made).toEqual([])
  })

  it.each([
    ['perHour', 'perHour'],
    ['variants[1].sendHour', 'way3Hour'],
    ['brake.failed', 'failed'],
    ['window.to', 'to'],
    ['reminders.template', 'reminderTemplate'],
  ])('shows what is refused at %s beside %s, also behind a fold', async (path, name) => {
    const refusal = {
      ok: false as const,
      message: 'Some fields are not valid.',
      errors: [{ path, message: 'is wrong' }],
    }
    const { post } = openDesk({ refusal })

    const answer = await post('/campaigns/new', { ...FORM, way1Name: 'a', way3Name: 'c' })

    expect(answer.status).toBe(422)
    expect(answer.text).toMatch(new RegExp(`id="${name}"[^>]*aria-invalid="true"`))
    expect(answer.text).toMatch(new RegExp(`id="${name}-note">is wrong`))
  })

  it('shows a draft as it is stored, to be changed', async () => {
    const draft = aCampaignView({
      status: 'draft',
      validUntil: new Date('2026-12-24T12:00:00Z'),
      ownWindow: { from: '09:00', to: '18:00', days: [1] },
    })
    const { get, post, deskAsked } = openDesk({ campaigns: [draft] })

    const form = await get(`${CAMPAIGN_PATH}/edit`)
    await post(`${CAMPAIGN_PATH}/edit`, { ...FORM, name: 'Another name' })

    expect(form.text).toMatch(/id="validUntil"[^>]*value="2026-12-24T12:00"/)
    expect(form.text.match(/name="day\d" checked/g)).toEqual(['name="day1" checked'])
    expect(deskAsked.changed).toEqual([expect.objectContaining({ name: 'Another name' })])
  })
})

describe('a test with colleagues', () => {
  const campaigns = [aCampaignView({ status: 'draft' })]

  it.each([
    ['', 'Name at least one person'],
    ['qa 1, +15125550123', 'does not begin with a reference'],
    ['qa-1, 12', 'neither a phone with its country code nor an email'],
    ['qa-1, ana@example.com, !!', 'a language that is none'],
  ])('%j is not sent to anybody, and said to be wrong', async (seeds, words) => {
    const { post, deskAsked } = openDesk({ campaigns })

    const answer = await post(`${CAMPAIGN_PATH}/test`, { seeds })

    expect(answer.status).toBe(409)
    expect(textOf(answer.text)).toContain(words)
    expect(deskAsked.tested).toEqual([])
  })

  it('goes to each of them, in their language', async () => {
    const { post, deskAsked } = openDesk({ campaigns })

    const answer = await post(`${CAMPAIGN_PATH}/test`, { seeds: 'qa-1, +15125550123, es-MX\r\nqa-2; ana@example.com' })

    expect(textOf(answer.text)).toContain('2 test messages accepted.')
    expect(deskAsked.tested).toMatchObject([
      { referenceId: 'qa-1', contact: { phone: '+15125550123' }, locale: 'es-MX' },
      { referenceId: 'qa-2', contact: { email: 'ana@example.com' }, locale: null },
    ])
  })
})

describe('the estimate', () => {
  const hour = (hours: number, firsts: number, reminders: number) => ({
    at: NOW.getTime() + hours * 3_600_000,
    firsts,
    reminders,
    bound: null,
  })
  const forecast = {
    firstAt: NOW.getTime(),
    firstsEndAt: NOW.getTime() + 2 * 3_600_000,
    remindersEndAt: NOW.getTime() + 26 * 3_600_000,
    firsts: 9_000_000,
    reminders: 1_000,
    unsent: { firsts: 0, reminders: 0 },
    hours: [hour(0, 5_000_000, 0), hour(1, 4_000_000, 0), hour(2, 0, 1_000)],
    sentOf: [],
  }
  const campaign = aCampaignView({ status: 'draft' })
  const tally = {
    rows: 10_000_000,
    recipients: 9_000_000,
    suppressed: 600_000,
    unreachable: 400_000,
    byChannel: new Map([['sms', 9_000_000]]),
    byLocale: new Map([['es-MX', 9_000_000]]),
  }
  const desk = { estimate: async () => anEstimate({ campaign, tally, forecast, late: 12 }) }

  it('says how many, when, and what to think of before the start', async () => {
    const page = await show(`${CAMPAIGN_PATH}/estimate`, { campaigns: [campaign], desk })

    expect(page).toContain(
      '9,000,000 people would get a message. The first leaves at once, the last of the first messages in 2 h.',
    )
    expect(page).toContain('of 10,000,000 rows: 600,000 must not be written to, 400,000 without an address')
    expect(page).toContain('12 For these people the turn comes after the campaign’s end: they get nothing.')
    expect(page).toContain('the partner’s limit: 5,400 links an hour')
  })

  it('is no start before its warnings were confirmed', async () => {
    const { post, deskAsked } = openDesk({ campaigns: [campaign], desk })

    const answer = await post(`${CAMPAIGN_PATH}/start`, { warned: '1' })

    expect(answer.status).toBe(409)
    expect(textOf(answer.text)).toContain('Read the warnings')
    expect(deskAsked.verbs).toEqual([])
  })
})

describe('words that are taken back', () => {
  it('are held, their links revoked, and the right ones sent', async () => {
    const { get, post, deskAsked } = openDesk({ people: [aPersonOfAList()] })

    const page = textOf((await get('/take-back?template=magic-link@3')).text)
    await post('/take-back/hold', { template: 'magic-link@3' })
    await post('/take-back/revoke', { template: 'magic-link@3' })
    const form = await get('/campaigns/new?received=magic-link@3')

    expect(page).toContain('Hold magic-link@3')
    expect(page).toContain('user_12345')
    expect(deskAsked.verbs).toEqual([
      ['hold', 'magic-link@3'],
      ['takeBack', expect.objectContaining({ template: 'magic-link@3', revokeLinks: true, by: 'operator' })],
    ])
    expect(textOf(form.text)).toContain('For everybody who got magic-link@3')
  })

  it('are read by all and taken back by operators only', async () => {
    const { get, post, deskAsked } = openDesk({ people: [aPersonOfAList()] }, ['read', 'campaign'])

    const page = await get('/take-back?template=magic-link@3')
    const answer = await post('/take-back/revoke', { template: 'magic-link@3' })

    expect(page.text).not.toContain('action="/take-back/hold"')
    expect(answer.status).toBe(403)
    expect(deskAsked.verbs).toEqual([])
  })

  it('shows how far the links have come', async () => {
    const takeBack = {
      id: CAMPAIGN_ID,
      template: 'magic-link@3',
      revokeLinks: true,
      status: 'running' as const,
      people: 5_000,
      done: 1_200,
      links: { revoked: 1_150, keptForOperation: 40, unanswered: 0 },
      madeBy: 'operator',
      createdAt: secondsAgo(60),
      endedAt: null,
    }

    const page = await show('/take-back?template=magic-link@3', { takeBack, people: [aPersonOfAList()] })

    expect(page).toContain('1,200 of 5,000 people looked at. 1,150 links revoked, 40 kept for their operation.')
  })
})

function aStep(reason: string | null, inSeconds = 600) {
  return { dueAt: secondsAgo(-inSeconds), reason, needsLink: true, channel: 'sms', template: 'magic-link' }
}

function aHold(reason: string, placedBy: string) {
  return { id: CAMPAIGN_ID, reason, placedBy, placedAt: secondsAgo(60) }
}
