import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fill } from '../support/audience.ts'
import { openHouse } from '../support/house.ts'
import { askAll, expectReady, faultsIn, type Known, type Operation, readApi, traces } from './described-api.ts'

/** BAD_INPUT=full: as many cases as before a release. SEED repeats a run. */
const full = process.env['BAD_INPUT'] === 'full'
const seed = Number(process.env['SEED'] ?? Date.now() % 2 ** 31)
const timeout = full ? 600_000 : 20_000
const [VALID, INVALID] = full ? [800, 1_200] : [30, 60]

// Nothing works off what is accepted: whatever is written was written by a request.
const house = await openHouse({ env: { ROLES: 'api' } })
const { operations, requests } = await readApi(house)
const known = await furnish()

describe(`requests made from /openapi.json (SEED=${seed})`, () => {
  it.each(operations)('$name answers what it allows as it declares', { timeout }, async (operation) => {
    const made = fc.sample(requests.valid(operation, known), { numRuns: VALID, seed })

    const answers = await askAll(house, made)

    expect(made.flatMap((one, i) => faultsIn(one, answers[i]!))).toEqual([])
    if (canSucceed(operation)) expect(answers.map(({ status }) => Math.floor(status / 100))).toContain(2)
  })
  const refusing = operations.filter((one) => requests.invalid(one, known))

  it.each(refusing)('$name refuses what it does not allow, and nothing is written', { timeout }, async (operation) => {
    const made = fc.sample(requests.invalid(operation, known)!, { numRuns: INVALID, seed })
    const before = await traces(house)

    const answers = await askAll(house, made)

    expect(made.flatMap((one, i) => faultsIn(one, answers[i]!))).toEqual([])
    const taken = made.filter((_, i) => !isRefused(answers[i]!))
    expect(taken.map(({ path, body }) => [path, JSON.stringify(body)])).toEqual([])
    expect(await traces(house)).toEqual(before)
  })

  it('leave the process up', () => expectReady(house))
})

/** Operations that a stranger's good request can succeed at: the rest need a signature, a token, a link, or name what must be there. */
const canSucceed = ({ name, path }: Operation) =>
  path.startsWith('/v1/') &&
  !path.endsWith('/in-app') &&
  name !== 'POST /v1/recurrences' &&
  name !== 'POST /v1/campaigns/{id}/audience' &&
  !path.startsWith('/v1/campaigns/{id}/audience/{upload}') &&
  name !== 'GET /v1/campaigns/{id}/samples'

/** A batch answers for each item; the made ones hold one bad item. */
const isRefused = ({ status, body }: { status: number; body: Record<string, unknown> }) =>
  status >= 400 || (Array.isArray(body['items']) && body['items'].every((item) => item.status >= 400))

/** Things to ask about: dispatches, holds, suppressions, keys, people. */
async function furnish(): Promise<Known> {
  const make = async (count: number, path: string, body: (n: number) => object) =>
    Promise.all(
      Array.from({ length: count }, async (_, n) => {
        const { status, text, body: made } = await house.call('POST', path, body(n))
        expect(status, text).toBeLessThan(300)
        return String(made['id'])
      }),
    )
  const people = Array.from({ length: 20 }, (_, n) => `user_${n}`)
  const contact = { phone: '+15125550100', email: 'ana@example.com', pushTokens: ['token-1'] }
  await make(20, '/v1/dispatches', (n) => ({ referenceId: people[n], contact }))
  // Of people whom no other request speaks of: nothing supersedes these.
  const dispatches = await make(20, '/v1/dispatches', (n) => ({ referenceId: `kept_${n}`, contact }))
  const holds = await make(20, '/v1/holds', (n) => ({ scope: 'template', value: `t${n}`, reason: 'test' }))
  const suppressions = await make(20, '/v1/suppressions', (n) => ({ email: `a${n}@example.com` }))
  const keys = await make(20, '/v1/keys', (n) => ({ label: `k${n}`, scopes: ['read'] }))
  const campaigns = async (...verbs: string[]) => {
    const ids = await make(20, '/v1/campaigns', (n) => ({ name: `c${n}`, category: 'commercial' }))
    for (const id of ids) await fill(house, id, 2)
    for (const verb of verbs) for (const id of ids) await house.call('POST', `/v1/campaigns/${id}/${verb}`, {})
    return ids
  }
  const seen = await campaigns()
  const words = people.map((_, n) => `magic-link@${n}`)
  for (const template of words) await house.call('POST', '/v1/take-backs', { template })
  const recurrences = await make(20, '/v1/recurrences', (n) => ({
    name: `r${n}`,
    cron: '0 10 * * *',
    timeZone: 'UTC',
    audience: { campaignId: seen[n], list: 'failed' },
    campaign: { name: 'again', category: 'commercial' },
  }))
  return {
    '/v1/campaigns/{id}/start': await campaigns(),
    '/v1/campaigns/{id}/pause': await campaigns('start'),
    '/v1/campaigns/{id}/resume': await campaigns('start', 'pause'),
    '/v1/campaigns/{id}/cancel': await campaigns('start'),
    '/v1/campaigns/{id}': seen,
    '/v1/recurrences/{id}': recurrences,
    '/v1/take-backs/{template}': words,
    '/v1/dispatches/{id}': dispatches,
    '/v1/holds/{id}': holds,
    '/v1/suppressions/{id}': suppressions,
    '/v1/keys/{id}': keys,
    '/v1/recipients/{referenceId}': people,
  }
}
