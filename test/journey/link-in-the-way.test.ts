import { describe, expect, it } from 'vitest'
import { unique } from '../support/builders.ts'
import { BACKENDS, linkIn, openHouse } from '../support/house.ts'

/** The partner allows one active link a user, and answers 409 while there is one: what was opened is never sent again. */
describe.each(BACKENDS)('a link from elsewhere that is in the way, with the queues in %s', async (queues) => {
  const house = await openHouse({ queues })
  const { world } = house
  const DAY_MINUTES = 1_440

  it('is adopted when nobody has opened it', async () => {
    const referenceId = unique('user')
    const { url } = await house.linkFromElsewhere(referenceId, DAY_MINUTES)

    const sent = await house.send({ referenceId, reminders: null })

    expect(house.inbox(sent).map(linkIn)).toEqual([url])
    expect(world.links(referenceId)).toHaveLength(1)
    expect(await house.get(sent.id)).toMatchObject({ status: 'sent', links: [{ origin: 'adopted' }] })
  })

  it('ends the dispatch when money is under way with it', async () => {
    const referenceId = unique('user')
    await house.linkFromElsewhere(referenceId, DAY_MINUTES)
    world.completeOperation({ referenceId })
    await house.advance('PT2H')

    const sent = await house.send({ referenceId })

    expect(house.inbox(sent)).toHaveLength(0)
    expect(world.links(referenceId)).toMatchObject([{ revokedAt: null }])
    expect(await house.get(sent.id)).toMatchObject({ status: 'failed', reason: 'link_in_use' })
  })

  it('ends the dispatch when it was opened within the hour: its user may be inside', async () => {
    const referenceId = unique('user')
    await house.linkFromElsewhere(referenceId, DAY_MINUTES)
    await house.openLink(referenceId)
    await house.advance('PT50M')

    const sent = await house.send({ referenceId })

    expect(house.inbox(sent)).toHaveLength(0)
    expect(world.links(referenceId)).toMatchObject([{ revokedAt: null }])
    expect(await house.get(sent.id)).toMatchObject({ status: 'failed', reason: 'link_in_use' })
  })

  it('is revoked and replaced when it was opened long ago and led to nothing', async () => {
    const referenceId = unique('user')
    const { url } = await house.linkFromElsewhere(referenceId, DAY_MINUTES)
    await house.openLink(referenceId)
    await house.advance('PT61M')

    const sent = await house.send({ referenceId, reminders: null })

    const [old, fresh] = world.links(referenceId)
    expect(old).toMatchObject({ url, status: 'revoked' })
    expect(house.inbox(sent).map(linkIn)).toEqual([fresh?.url])
    expect(await house.get(sent.id)).toMatchObject({ status: 'sent', links: [{ origin: 'created' }] })
  })

  it('is left alone when the CRM said replaceOpened: false', async () => {
    const referenceId = unique('user')
    await house.linkFromElsewhere(referenceId, DAY_MINUTES)
    await house.openLink(referenceId)
    await house.advance('PT61M')

    const sent = await house.send({ referenceId, link: { replaceOpened: false } })

    expect(world.links(referenceId)).toMatchObject([{ status: 'opened', revokedAt: null }])
    expect(await house.get(sent.id)).toMatchObject({ status: 'failed', reason: 'link_in_use' })
  })

  it('is followed by one of ours when it expires between the refusal and the look', async () => {
    const referenceId = unique('user')
    await house.linkFromElsewhere(referenceId, DAY_MINUTES)
    world.faults.arm('partner.create', { kind: 'expires_between', count: 1 })

    const sent = await house.send({ referenceId, reminders: null })
    await house.advance('PT10S')

    expect(house.inbox(sent).map(linkIn)).toEqual([world.links(referenceId)[1]?.url])
  })
})
