import { describe, expect, it } from 'vitest'
import { DISPATCH_BADGES, STEP_BADGES } from '../../src/console/words.ts'
import { DISPATCH_STATES } from '../../src/domain/dispatch.ts'
import { STEP_STATES } from '../../src/domain/step.ts'
import { aLink, anEvent, aStep, aView, openHouse, PATH, textOf } from './kit.ts'
import { ID, secondsAgo } from './moment.ts'

const show = async (...furniture: Parameters<typeof openHouse>) =>
  textOf((await openHouse(...furniture).get(PATH)).text)

describe('one dispatch', () => {
  it('begins with how it stands, in a sentence', async () => {
    const page = await show({ views: [aView()] })

    expect(page).toContain(
      'user_12345 Sent Send again Cancel Sent by SMS on 22 Nov at 08:59; not opened yet; no reminder left.',
    )
  })

  it.each(DISPATCH_STATES)('has a badge for %s', async (status) => {
    const page = await openHouse({ views: [aView({ status })] }).get(PATH)

    expect(page.text).toMatch(
      new RegExp(`<span class="badge tone-\\w+" title="[^"]+"><svg.*?</svg>${DISPATCH_BADGES[status].label}</span>`),
    )
  })

  it.each(STEP_STATES)('has a word and a shape for a step that is %s', async (status) => {
    const page = await openHouse({ views: [aView({ steps: [aStep({ status })] })] }).get(PATH)

    expect(page.text).toContain(`<span class="step-state">${STEP_BADGES[status].label}</span>`)
    expect(page.text).toMatch(/<span class="step-mark" title="[^"]+"><svg/)
  })

  it('shows the recipient without an address, a token or what the CRM attached', async () => {
    const person = { ...aView().person, metadata: { crmCaseId: '<script>4711</script>' } }
    const page = await openHouse({ views: [aView({ person })] }).get(PATH)

    expect(textOf(page.text)).toContain('Michael Johnson')
    expect(textOf(page.text)).toContain('+1•••••0123 m•••@example.com 1 device •••••ngth')
    expect(page.text).not.toMatch(/5125550123|michael@|a-device-token|4711|<script>/)
  })

  it('escapes names, references and reasons from outside', async () => {
    const contact = { name: { firstName: '<b>Bob</b>', lastName: `O'Brien "the" <script>` } }
    const view = aView({
      referenceId: '<script>alert(1)</script>',
      status: 'cancelled',
      reason: '<img src=x onerror=alert(1)>',
      person: { contact, variables: {}, metadata: null },
    })
    const page = await openHouse({
      views: [view],
      events: [anEvent('dispatch.cancelled', { reason: view.reason })],
    }).get(PATH)

    expect(page.text).not.toMatch(/<b>|<script>|<img src=x/)
    expect(page.text).toContain('&lt;b&gt;Bob&lt;/b&gt; O&#39;Brien &quot;the&quot; &lt;script&gt;')
  })

  it.each([
    [[aLink()], 'Alive, dies in 24 h'],
    [
      [aLink({ openedAt: secondsAgo(240), operationId: 'op_1', operationStatus: 'created' })],
      'Opened 4 min ago Operation op_1 created',
    ],
    [[aLink({ expiresAt: secondsAgo(180) })], 'Dead, it expired 3 min ago'],
    [[aLink({ revokedAt: secondsAgo(180) })], 'Taken back 3 min ago'],
    [[aLink({ origin: 'adopted' })], 'Alive, dies in 24 h taken over'],
    [[], 'Made just before the message'],
  ])('tells how its link stands: %#', async (links, words) => {
    expect(await show({ views: [aView({ links })] })).toContain(words)
  })

  it.each([
    [aStep({ status: 'delivered' }), 'First message SMS Delivered by Twilio 60 s ago'],
    [
      aStep({ status: 'handed', confirmed: false }),
      'Handed over to Twilio 60 s ago; it may have arrived, nobody can say',
    ],
    [
      aStep({ n: 2, kind: 'reminder', status: 'pending', dueAt: null, afterMs: 20_000 }),
      'Reminder 1 SMS Planned, 20 s after the first message',
    ],
    [
      aStep({ n: 3, kind: 'reminder', status: 'pending', dueAt: secondsAgo(-18) }),
      'Reminder 2 SMS Planned, due in 18 s',
    ],
    [aStep({ status: 'pending', dueAt: secondsAgo(5) }), 'Planned, due now'],
    [
      aStep({ status: 'pending', dueAt: secondsAgo(-7_200), reason: 'outside_window' }),
      'due in 2 h, it waits for a friendly hour',
    ],
    [
      aStep({ n: 2, kind: 'reminder', status: 'skipped', reason: 'opened' }),
      'Reminder 1 SMS Skipped: the link was opened',
    ],
    [aStep({ status: 'failed', reason: 'mailbox_full' }), 'Failed: mailbox full'],
    [
      aStep({ kind: 'close', channel: 'none', status: 'pending', dueAt: secondsAgo(-86_400) }),
      'Close Planned, ends the plan in 24 h',
    ],
    [
      aStep({ kind: 'close', channel: 'none', status: 'skipped', reason: 'opened' }),
      'Close Not needed: the link was opened',
    ],
    [aStep({ kind: 'close', channel: 'none', status: 'handed' }), 'Close Done'],
    [aStep({ n: 5, kind: 'resend' }), 'Message sent again SMS Handed over to Twilio'],
  ])('tells the fate of a step: %#', async (step, words) => {
    expect(await show({ views: [aView({ steps: [step] })] })).toContain(words)
  })

  it('puts the close at the end of the plan, after what was sent again', async () => {
    const steps = [aStep(), aStep({ n: 2, kind: 'close', channel: 'none' }), aStep({ n: 3, kind: 'resend' })]

    const page = await show({ views: [aView({ steps })] })

    expect(page).toMatch(/First message.*Message sent again.*Close Done/)
  })

  it('lists the attempts where one of them did not work', async () => {
    const attempt = {
      step: 1,
      n: 1,
      channel: 'sms',
      provider: 'vonage',
      claimedAt: secondsAgo(62),
      startBy: NOW_ISH,
      settledAt: null,
      providerId: null,
    }
    const attempts = [
      { ...attempt, outcome: 'retry', reason: 'relay_busy' },
      { ...attempt, n: 2, outcome: null, reason: null },
    ]
    const house = { views: [aView()] }
    const dispatches = {
      one: async () => aView(),
      list: async () => [],
      byAddress: async () => [],
      timeline: async () => [],
      attempts: async () => attempts,
    }

    const page = await show({ ...house, ports: { dispatches } })

    expect(page).toContain(
      '2 attempts SMS by Vonage: not taken, tried again, relay busy 62 s ago SMS by Vonage: under way 62 s ago',
    )
  })

  it.each([PATH.slice(0, -1), '/dispatches/nonsense', `${PATH}0`])('%s is nobody’s', async (path) => {
    const answer = await openHouse({ views: [aView()] }).get(path)

    expect(answer.status).toBe(404)
    expect(textOf(answer.text)).toContain('There is no such dispatch')
  })

  it('is there without its frame for the script', async () => {
    const page = await openHouse({ views: [aView()] }).get(`${PATH}?fragment=1`)

    expect(page.text).toMatch(/^<div id="live"/)
    expect(page.text).not.toContain('<form')
  })
})

const NOW_ISH = secondsAgo(60)

describe('the timeline', () => {
  it('says in words that the open stopped the reminders, newest first', async () => {
    const events = [
      anEvent('message.handed', { step: 1, kind: 'first', channel: 'sms', provider: 'twilio' }),
      anEvent('dispatch.opened', { remindersStopped: 2 }),
      anEvent('reminder.skipped', { step: 2, reason: 'opened' }),
      anEvent('reminder.skipped', { step: 3, reason: 'opened' }),
    ]

    const page = await show({ views: [aView({ status: 'opened' })], events })

    expect(page).toContain(
      'Timeline Opened — 2 reminders stopped 30 s ago First message handed to Twilio by SMS 30 s ago',
    )
  })

  it('tells a reminder that was skipped for a reason of its own', async () => {
    const page = await show({
      views: [aView()],
      events: [anEvent('reminder.skipped', { step: 2, reason: 'link_expired' })],
    })

    expect(page).toContain('Reminder 1 skipped its link has expired')
  })
})

describe('what a person may do', () => {
  it.each([
    ['accepted', ['resend', 'cancel']],
    ['sent', ['resend', 'cancel']],
    ['opened', ['resend']],
    ['exhausted', ['resend']],
    ['failed', ['resend']],
    ['expired', []],
    ['cancelled', []],
    ['superseded', []],
    ['suppressed', []],
  ] as const)('on a dispatch that is %s: %j', async (status, actions) => {
    const page = await openHouse({ views: [aView({ status })] }).get(PATH)

    expect([...page.text.matchAll(/<form id="(\w+)"/g)].map((match) => match[1])).toEqual(actions)
  })

  it.each([
    ['email', 'email'],
    ['', null],
    ['carrier pigeon', null],
  ])('send again by %j', async (channel, asks) => {
    const { post, asked } = openHouse({ views: [aView()] })

    const answer = await post(`${PATH}/resend`, { channel })

    expect(answer.headers['location']).toBe(PATH)
    expect(asked.resent).toEqual([[ID, asks]])
  })

  it.each([
    ['wrong person', 'wrong person'],
    ['', null],
  ])('cancel for the reason %j', async (reason, kept) => {
    const { post, asked } = openHouse({ views: [aView()] })

    const answer = await post(`${PATH}/cancel`, { reason })

    expect(answer.headers['location']).toBe(PATH)
    expect(asked.cancelled).toEqual([[ID, kept]])
  })

  it('is told why it did not work', async () => {
    const cancel = async () => ({ ok: false as const, message: 'The dispatch has already ended.' })
    const answer = await openHouse({ views: [aView()], ports: { cancel } }).post(`${PATH}/cancel`)

    expect(answer.status).toBe(409)
    expect(answer.text).toMatch(/role="alert".*The dispatch has already ended\./)
  })

  it('does nothing to what is not there', async () => {
    const { post, asked } = openHouse()

    const answer = await post(`${PATH}/cancel`)

    expect(answer.status).toBe(404)
    expect(asked.cancelled).toEqual([])
  })
})
