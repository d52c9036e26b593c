import { describe, expect, it } from 'vitest'
import { BACKENDS, linkIn, openHouse } from '../support/house.ts'

describe.each(BACKENDS)('the link of a dispatch, with the queues in %s', async (queues) => {
  const house = await openHouse({ queues })
  const linksOf = (referenceId: string) => house.world.links(referenceId)

  it('is waited out when too little of its life is left, and followed by a second one', async () => {
    const sent = await house.send({ link: { expiresInMinutes: 60 }, reminders: { after: ['PT50M'] } })
    await house.advance('PT50M')
    const atTheReminder = house.inbox(sent).length
    await house.advance('PT11M')

    const [first, second] = house.inbox(sent).map(linkIn)
    expect(atTheReminder).toBe(1)
    expect(linksOf(sent.referenceId).map(({ url, revokedAt }) => ({ url, revokedAt }))).toEqual([
      { url: first, revokedAt: null },
      { url: second, revokedAt: null },
    ])
    expect(await house.timeline(sent.id)).toEqual(expect.arrayContaining(['message.waits', 'link.replaced']))
  })

  it('opens its dispatch although a second one has followed', async () => {
    const sent = await house.send({ link: { expiresInMinutes: 60 }, reminders: { after: ['PT50M', 'PT72H'] } })
    house.world.configure({ webhooks: false })
    await house.openLink(sent.referenceId)
    house.world.configure({ webhooks: true })
    const [first] = linksOf(sent.referenceId)
    await house.advance('PT61M')

    await house.world.emit('link.opened', { ...first, openedAt: first?.openedAt })

    expect(await house.get(sent.id)).toMatchObject({ status: 'opened', openedAt: first?.openedAt?.toISOString() })
  })

  it('is adopted, not made twice, when the answer to its creation is lost', async () => {
    house.world.faults.arm('partner.create', { kind: 'reply_lost', count: 1 })

    const sent = await house.send({ reminders: null })

    expect(linksOf(sent.referenceId)).toHaveLength(1)
    expect(house.inbox(sent).map(linkIn)).toEqual(linksOf(sent.referenceId).map(({ url }) => url))
    expect(await house.get(sent.id)).toMatchObject({ status: 'sent', links: [{ origin: 'adopted' }] })
  })

  it('is never sent when the partner names a host that is not the partner’s', async () => {
    house.world.faults.arm('partner.create', { kind: 'foreign_host', count: 1 })

    const sent = await house.send({ reminders: null })

    expect(house.inbox(sent)).toHaveLength(0)
    expect(await house.get(sent.id)).toMatchObject({ status: 'accepted', links: [] })
  })

  it('speaks the language of the person', async () => {
    const sent = await house.send({ locale: 'es-MX', reminders: null })

    expect(linksOf(sent.referenceId)).toMatchObject([{ language: 'es' }])
  })
})
