import { expect, it } from 'vitest'
import type { PartnerLink } from '../../src/domain/magic-link.ts'
import { checkOwnLink } from '../../src/flow/own-link.ts'
import { HOUR } from '../support/builders.ts'
import { aPartnerLink, fakePartner, inMs, MINUTE, NOON, type PartnerWish } from '../support/fakes.ts'

const living = aPartnerLink({ linkId: 'link-1' })
const brought = { linkId: living.linkId, url: living.url, expiresAt: living.expiresAt }
const checked = (link: typeof brought, answers: PartnerWish = { links: [living] }) => {
  const log: string[] = []
  const { partner } = fakePartner({ ...answers, log })
  const distrust = (url: string) =>
    url.startsWith('https://links.example.com/') ? undefined : 'is not on a listed host'
  return checkOwnLink({ partner, distrust }, 'user', link).then((proof) => ({
    proof,
    failure: 'failure' in proof ? proof.failure : null,
    log,
  }))
}
const knownAs = (wish: Partial<PartnerLink>) => ({ links: [{ ...living, ...wish }] })

it('may be a living, unopened link of this user', async () => {
  expect((await checked(brought)).failure).toBeNull()
})

it('is measured by the life it was made with, however much of it is over', async () => {
  const old = { createdAt: inMs(NOON, 50 * MINUTE - 24 * HOUR), expiresAt: inMs(NOON, 50 * MINUTE) }

  const { proof } = await checked({ ...brought, expiresAt: old.expiresAt }, knownAs(old))

  expect(proof).toEqual({ requestedMs: 24 * HOUR })
})

it.each([
  ['on a foreign host', { ...brought, url: 'https://elsewhere.example/l' }, {}, 'link.url'],
  ['of nobody', { ...brought, linkId: 'link-2' }, {}, 'link.linkId'],
  ['at another address', { ...brought, url: 'https://links.example.com/l/2' }, {}, 'link.url'],
  ['with another end', { ...brought, expiresAt: inMs(living.expiresAt, 1) }, {}, 'link.expiresAt'],
  ['that was opened', brought, knownAs({ openedAt: NOON }), 'link.linkId'],
  ['that was opened, as its status says', brought, knownAs({ status: 'opened' }), 'link.linkId'],
] as [string, typeof brought, PartnerWish, string][])('may not be one %s', async (_, link, answers, path) => {
  const { failure } = await checked(link, { links: [living], ...answers })

  expect(failure).toMatchObject({ code: 'link_not_yours', errors: [{ path }] })
})

it('is not asked about when its host is foreign', async () => {
  const { log } = await checked({ ...brought, url: 'https://elsewhere.example/l' })

  expect(log).toEqual([])
})

it('cannot be proved while the partner does not answer', async () => {
  const { failure } = await checked(brought, { activeLinks: { kind: 'retry', reason: 'busy' } })

  expect(failure?.code).toBe('partner_unavailable')
})
