import { describe, expect, it } from 'vitest'
import type { Work } from '../../src/flow/ports-deliver.ts'
import { aClaim, aFact, aLink, aQuestion, phoneHash } from '../support/builders.ts'
import { openStoreHouse } from '../support/store-house.ts'

const house = await openStoreHouse()
const { deliveries, facts, holds, links, suppressions } = house.store

const failing = {
  scope: 'provider',
  value: 'twilio',
  reason: 'failing',
  placedBy: 'service',
  probeAfterMs: 60_000,
} as const

describe('the message that probes a held provider', () => {
  it('may leave in spite of the hold it probes, and of no other', async () => {
    const { work, link } = await house.claimed()
    const { hold } = await holds.place(failing)
    const ask = () => deliveries.stopFact(aQuestion(work, link.id, { probing: hold.id }))

    const alone = await ask()
    const other = await holds.place({ ...failing, scope: 'channel', value: 'sms' })
    const withAnother = await ask()
    await lift(hold.id, other.hold.id)

    expect(alone).toBeNull()
    expect(withAnother).toEqual({ kind: 'held', scope: 'channel', value: 'sms' })
  })

  it('stays when a person has placed the hold too, though its probe was taken before', async () => {
    const { work, link } = await house.claimed()
    const { hold } = await holds.place(failing)
    await holds.place({ ...failing, placedBy: 'ana', probeAfterMs: null })

    const fact = await deliveries.stopFact(aQuestion(work, link.id, { probing: hold.id }))
    await lift(hold.id)

    expect(fact).toEqual({ kind: 'held', scope: 'provider', value: 'twilio' })
  })
})

/** A barred address alone leaves the person's other devices to write to; whatever stops all of them is said first. */
describe('a barred address', () => {
  it('does not hide an open that was told before the link was carried', async () => {
    const work = await barred()
    const link = aLink()
    await facts.record(aFact({ linkId: link.linkId }))
    await deliveries.claim(aClaim(work, { fresh: link }))

    const fact = await deliveries.stopFact(aQuestion(work, link.id))

    expect(fact).toEqual({ kind: 'opened' })
    expect(await house.dispatch(work.dispatchId)).toMatchObject({ status: 'opened' })
  })

  it('does not hide that the link was revoked', async () => {
    const work = await barred()
    const link = aLink()
    await deliveries.claim(aClaim(work, { fresh: link }))
    await links.markRevoked(link.id)

    expect(await deliveries.stopFact(aQuestion(work, link.id))).toEqual({ kind: 'link_gone' })
  })

  it('does not hide a hold', async () => {
    const work = await barred()
    const link = aLink()
    await deliveries.claim(aClaim(work, { fresh: link }))
    const { hold } = await holds.place(failing)

    const fact = await deliveries.stopFact(aQuestion(work, link.id))
    await lift(hold.id)

    expect(fact).toMatchObject({ kind: 'held' })
  })

  it('does not hide that the person has had enough', async () => {
    const earlier = await house.handed()
    const { referenceId } = earlier.work.dispatch
    const work = await barred({ referenceId, ifActive: 'join' })
    await deliveries.claim(aClaim(work, { stored: earlier.link }))
    const caps = { perDay: 1, perWeek: null }

    const fact = await deliveries.stopFact(aQuestion(work, earlier.link.id, { caps }))

    expect(fact).toEqual({ kind: 'capped' })
  })
})

let people = 0
/** A step at work for somebody whose number is dead. */
async function barred(wish: object = {}): Promise<Work> {
  const phone = `+1512557${String(++people).padStart(4, '0')}`
  const work = await house.working({ person: { contact: { phone }, variables: {}, metadata: null }, ...wish })
  const hash = phoneHash(phone)
  await suppressions.add({ hash, channel: 'sms', reason: 'invalid', note: null, placedBy: 'test' })
  return work
}

const lift = (...ids: string[]) => Promise.all(ids.map((id) => holds.lift(id, 'test')))
