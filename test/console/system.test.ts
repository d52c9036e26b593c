import { describe, expect, it } from 'vitest'
import type { Hold } from '../../src/domain/hold.ts'
import { HOLD_SCOPES } from '../../src/domain/hold.ts'
import { showId } from '../../src/lib/id.ts'
import { openHouse, textOf } from './kit.ts'
import { secondsAgo } from './moment.ts'

const HOLD_ID = '019aab00-0000-7000-8000-00000000cafe'
const aHold = (change: Partial<Hold> = {}): Hold => ({
  id: HOLD_ID,
  scope: 'partner',
  value: '*',
  reason: 'partner_suspended',
  placedBy: 'service',
  placedAt: secondsAgo(240),
  probeAt: secondsAgo(-18),
  ...change,
})
const show = async (...furniture: Parameters<typeof openHouse>) =>
  textOf((await openHouse(...furniture).get('/system')).text)
const statusWith = (change: object) => ({
  status: {
    status: async () => ({
      dueLagMs: 0,
      pending: 0,
      queued: {},
      ambiguous: 0,
      doubtful: 0,
      slots: { all: 95, free: 71 },
      unnumbered: 0,
      ...change,
    }),
  },
})

describe('the system page', () => {
  it('is calm while nothing is held', async () => {
    const page = await show()

    expect(page).toContain('Messages leave as they fall due.')
    expect(page).toContain('Nothing is held.')
  })

  it('says what a hold stops, why, since when and who may lift it', async () => {
    const page = await show({ holds: [aHold()] })

    expect(page).toContain('Nothing is being sent right now.')
    expect(page).toContain(
      'The partner partner suspended Placed by service 4 min ago. The service tries again in 18 s. Lift',
    )
  })

  it('says that a hold of a person waits for a person', async () => {
    const page = await show({ holds: [aHold({ scope: 'channel', value: 'sms', probeAt: null })] })

    expect(page).toContain('A part of the work is held; everything else goes on.')
    expect(page).toContain('Channel SMS')
    expect(page).toContain('Only a person lifts it.')
  })

  it.each(HOLD_SCOPES)('has words for a hold on %s', async (scope) => {
    const page = await openHouse({ holds: [aHold({ scope, value: '<b>' })] }).get('/system')

    expect(page.text).toMatch(/<h3>[A-Z][\w ]+/)
    expect(page.text).not.toContain('<b>')
  })

  it('lifts a hold in the name of whoever pressed the button', async () => {
    const { post, asked } = openHouse({ holds: [aHold()] })

    const answer = await post(`/holds/${showId('hld', HOLD_ID)}/lift`)

    expect(answer.headers['location']).toBe('/system')
    expect(asked.lifted).toEqual([[HOLD_ID, 'operator']])
  })

  it('does not mind a hold that is none', async () => {
    const { post, asked } = openHouse()

    const answer = await post('/holds/nonsense/lift')

    expect(answer.status).toBe(303)
    expect(asked.lifted).toEqual([])
  })

  it('shows the button to operators only', async () => {
    const page = await show({ holds: [aHold()], scopes: ['read'] })

    expect(page).toContain('partner suspended')
    expect(page).not.toContain('Lift')
  })

  it('says what lifting the hold of a restored copy decides', async () => {
    const hold = aHold({ scope: 'all', value: '*', reason: 'restored' })

    const page = await show({ holds: [hold], ports: statusWith({ doubtful: 1_200 }) })

    expect(page).toContain('1,200 of the messages may have been sent by the database this one is a copy of')
    expect(await show({ holds: [hold] })).not.toContain('may have been sent')
  })

  it.each([
    [{ dueLagMs: 240 }, 'Lag under 1 s'],
    [{ dueLagMs: 65_000 }, 'Messages leave, but later than they should.'],
    [{ dueLagMs: 65_000 }, 'Lag 65 s'],
    [{ pending: 10_000 }, 'Due 10,000 and more'],
    [{ queued: { sms: 3, email: 9 } }, 'Queued 12 SMS 3, Email 9'],
    [{ ambiguous: 2 }, 'Unclear 2'],
    [{}, '24 of 95 new links of this minute are taken; 71 are free.'],
    [{ slots: { all: 0, free: 0 } }, 'The partner’s limit of new links is off.'],
  ])('puts the figures %j into words', async (status, words) => {
    expect(await show({ ports: statusWith(status) })).toContain(words)
  })
})
