import { describe, expect, it } from 'vitest'
import { showId } from '../../src/lib/id.ts'
import { afternoonZone } from '../../src/lib/welcome.ts'
import { HOUR } from '../support/builders.ts'
import { CAMPAIGN_ENV, type Campaigning, campaignsOf, type Member } from '../support/campaign-house.ts'
import { BACKENDS, eventually, type House, openHouse } from '../support/house.ts'
import { openOutside } from '../support/outside.ts'
import { freshDatabase } from '../support/postgres.ts'
import { queuesOf } from '../support/queues.ts'
import { redisPrefix } from '../support/redis.ts'

const house = await openHouse({ env: { ...CAMPAIGN_ENV, M2M_CREATES_PER_MINUTE: 'off' } })
const campaigns = campaignsOf(house)
house.world.configure({ createsPerMinute: 1_000_000, callsPerMinute: 1_000_000 })
const sms = { plan: { channels: ['sms' as const] } }

const messagesTo = (one: House, people: Member[]) => people.map((member) => one.inbox(member).length)
const once = (people: Member[]) => people.map(() => 1)
const fates = async ({ rows }: Pick<Campaigning, 'rows'>, id: string) =>
  (await rows('select status, reason from audience_row where campaign_id = $1 order by line', [id])).map(
    ({ status, reason }) => (reason ? `${status}: ${reason}` : status),
  )

describe('a campaign', () => {
  it('reaches everybody once, and is finished when the last plan has ended', async () => {
    const people = campaigns.people(60)
    const { id } = await campaigns.run(sms, people)

    await house.settled()
    const reached = messagesTo(house, people)
    await house.advance('P7D')

    expect(reached).toEqual(once(people))
    expect(await campaigns.ended(id)).toMatchObject({ status: 'finished', open: 0, waiting: 0 })
  })

  it('counts each person with their variant, and sends nothing to those it holds out', async () => {
    const variants = [
      { name: 'text', weight: 1, channels: ['sms' as const] },
      { name: 'mail', weight: 1, channels: ['email' as const] },
    ]
    const contact = { phone: '+15127770000', email: 'many@example.com' }
    const people = campaigns.people(3, { contact })
    const { id } = await campaigns.run({ plan: { variants, holdout: 0.0001 } }, people)

    await house.settled()

    expect(await fates(campaigns, id)).toEqual(['held_out: holdout', 'accepted', 'accepted'])
    const counted = await campaigns.rows(
      'select c.variant, count(*)::int as n from dispatch d join cohort c on c.id = d.cohort where d.campaign_id = $1 group by 1',
      [id],
    )
    expect(counted).toEqual([{ variant: 'text', n: 2 }])
  })

  it('says of whom it may not write to why not, and goes on with the others', async () => {
    const [able, unreachable] = [
      ...campaigns.people(1),
      ...campaigns.people(1, { contact: { email: 'only@example.com' } }),
    ]
    const { id } = await campaigns.run(
      sms,
      [able, unreachable].flatMap((member) => member ?? []),
    )

    await house.settled()

    expect(await fates(campaigns, id)).toEqual(['accepted', 'refused: contact_missing'])
  })
})

describe('a pause', () => {
  it('stops a campaign at the claim, and resuming sends to everybody else, to nobody twice', async () => {
    const people = campaigns.people(200)
    house.world.faults.arm('twilio', { kind: 'slow_before', delayMs: 40, count: 200 })
    const { id } = await campaigns.run(sms, people)
    await eventually(() => expect(messagesTo(house, people)).toContain(1))

    const hold = await campaigns.pause(id)
    const atPause = messagesTo(house, people)
    await house.settled()
    const whilePaused = messagesTo(house, people)
    await campaigns.resume(hold)
    await house.settled()
    await house.advance('PT1M')

    expect(atPause).toContain(0)
    expect(whilePaused).toEqual(atPause)
    expect(messagesTo(house, people)).toEqual(once(people))
  }, 60_000)
})

describe('cancelling', () => {
  it('ends what is open a part at a time, takes links back where no operation exists, and leaves out who waits', async () => {
    const early = campaigns.people(30)
    const inTwelveHours = new Date(house.now().getTime() + 12 * HOUR)
    const later = campaigns.people(3, { timeZone: afternoonZone(inTwelveHours) })
    const { id } = await campaigns.run({ ...sms, category: 'commercial' }, [...early, ...later])
    await house.settled()
    const [paying] = early
    house.world.completeOperation({ referenceId: paying?.referenceId ?? '' })
    await campaigns.store.campaigns.cancel(id, { reason: 'wrong words', revokeLinks: true, by: 'test' })

    const ended = await campaigns.ended(id)

    const links = early.map(({ referenceId }) => house.world.links(referenceId)[0]?.revokedAt !== null)
    expect(ended).toMatchObject({ status: 'cancelled', open: 0, waiting: 0 })
    expect(links).toEqual(early.map((member) => member !== paying))
    expect(messagesTo(house, later)).toEqual([0, 0, 0])
  })
})

describe('a start that nobody met', () => {
  it('half a day later waits for a person, and goes when they say so', async () => {
    const startAt = new Date(house.now().getTime() + HOUR)
    const back = new Date(startAt.getTime() + 13 * HOUR)
    const people = campaigns.people(3, { timeZone: afternoonZone(back) })
    const { id } = await campaigns.run({ ...sms, startAt }, people)

    await house.advance('PT14H')
    const { hold } = await campaigns.one(id)
    const whileHeld = messagesTo(house, people)
    const told = await campaigns.rows(
      "select data from event where type = 'system.hold_placed' and data ->> 'value' = $1",
      [id],
    )
    await campaigns.resume(showId('hld', hold?.id ?? ''))
    await house.settled()

    expect(hold).toMatchObject({ reason: 'start_missed', placedBy: 'service' })
    expect(told).toHaveLength(1)
    expect(whileHeld).toEqual([0, 0, 0])
    expect(messagesTo(house, people)).toEqual(once(people))
  })

  it('some hours later goes by itself', async () => {
    const startAt = new Date(house.now().getTime() + HOUR)
    const people = campaigns.people(3, { timeZone: afternoonZone(new Date(startAt.getTime() + 2 * HOUR)) })
    await campaigns.run({ ...sms, startAt }, people)

    await house.advance('PT3H')

    expect(messagesTo(house, people)).toEqual(once(people))
  })
})

describe('a start at a local time', () => {
  it('comes to each person by their own clock; where it has passed, at once', async () => {
    const zones = ['Asia/Tokyo', 'Europe/Madrid', 'America/Chicago']
    const people = zones.flatMap((timeZone) => campaigns.people(1, { timeZone }))
    const day = new Date(house.now().getTime() + 2 * 86_400_000).toISOString().slice(0, 10)
    await campaigns.run({ ...sms, localStart: `${day}T11:00` }, people)
    const lateOne = campaigns.people(1)
    await campaigns.run({ ...sms, localStart: '2020-01-01T11:00' }, lateOne)
    await house.settled()
    const atOnce = messagesTo(house, [...people, ...lateOne])

    for (let hour = 0; hour < 72; hour++) await house.advance('PT1H')

    const hours = people.map((member, i) => {
      const at = house.inbox(member)[0]?.at ?? new Date(0)
      return new Intl.DateTimeFormat('sv-SE', { timeZone: zones[i], dateStyle: 'short', timeStyle: 'short' })
        .format(new Date(at))
        .slice(0, 13)
    })
    expect(atOnce).toEqual([0, 0, 0, 1])
    expect(hours).toEqual(zones.map(() => `${day} 11`))
  }, 60_000)
})

it('run by two processes at once, it reaches everybody once', async () => {
  const outside = await openOutside()
  const { url: databaseUrl } = await freshDatabase()
  const options = { outside, databaseUrl, queuePrefix: redisPrefix(), env: CAMPAIGN_ENV }
  const one = await openHouse(options)
  await openHouse({ ...options, env: { ...CAMPAIGN_ENV, PORT: '0' } })
  const campaigns = campaignsOf(one)
  const people = campaigns.people(300)

  await campaigns.run(sms, people)
  await one.settled()

  expect(messagesTo(one, people)).toEqual(once(people))
  expect(outside.world.mailbox.all()).toHaveLength(people.length)
}, 60_000)

it.each(BACKENDS)(
  'stopped in the middle and started again, it skips nobody and doubles nobody (queues in %s)',
  async (queues) => {
    const outside = await openOutside()
    const { url: databaseUrl } = await freshDatabase()
    const options = { outside, databaseUrl, queues, queuePrefix: redisPrefix(), env: CAMPAIGN_ENV }
    const before = await openHouse(options)
    const first = campaignsOf(before)
    const door = await queuesOf(before, queues)
    await door.pause('email')
    const texted = first.people(350)
    const mailed = first.people(350).map((one) => ({ ...one, contact: { email: `${one.referenceId}@example.com` } }))
    const people = texted.flatMap((member, i) => [member, ...mailed.slice(i, i + 1)])
    const { id } = await first.run({ plan: { channels: ['sms', 'email'] } }, people)
    await eventually(() => expect(outside.world.mailbox.all().length).toBeGreaterThan(10))

    await before.app.stop()
    const early = outside.world.mailbox.all().length
    const after = await openHouse(options)
    await door.resume('email')
    await after.settled()

    expect(early).toBeLessThan(people.length)
    expect(messagesTo(after, people)).toEqual(once(people))
    expect(await first.one(id)).toMatchObject({ waiting: 0, open: people.length })
  },
  120_000,
)
