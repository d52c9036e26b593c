import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { openHouse } from '../support/house.ts'
import { expectReady } from './described-api.ts'

const full = process.env['BAD_INPUT'] === 'full'
const seed = Number(process.env['SEED'] ?? Date.now() % 2 ** 31)
const numRuns = full ? 700 : 12
const LONGEST = 20

const house = await openHouse({ env: { ROLES: 'api' } })

/** A thing that is made, used, and used again after its end; each act names what must be answered, from what was done before. */
interface Life {
  acts: Record<string, () => Promise<Told>>
}
/** Status and code (or status of the thing), and those expected. */
type Told = [got: unknown[], expected: unknown[]]

describe.each([
  ['a dispatch', aDispatch],
  ['a hold and a suppression', stopSigns],
  ['a key', aKey],
])('whatever is done to %s, in whatever order, before and after its end', (_, begin) => {
  it(`is answered by what it has become (SEED=${seed})`, { timeout: full ? 600_000 : 20_000 }, async () => {
    const names = Object.keys((await begin()).acts)
    const plans = fc.array(fc.constantFrom(...names), { minLength: 2, maxLength: LONGEST })

    await fc.assert(
      fc.asyncProperty(plans, async (plan) => {
        const { acts } = await begin()
        const got: unknown[] = []
        const expected: unknown[] = []
        for (const name of plan) {
          const [one, other] = (await acts[name]?.()) ?? [[], []]
          got.push([name, ...one])
          expected.push([name, ...other])
        }
        expect(got).toEqual(expected)
      }),
      { seed, numRuns },
    )
    await expectReady(house)
  })
})

let people = 0

async function aDispatch(): Promise<Life> {
  people += 1
  const referenceId = `person_${people}_${seed}`
  const order = { referenceId, contact: { phone: '+15125550123' }, template: 'magic-link' }
  const headers = { 'Idempotency-Key': referenceId }
  const first = await house.call('POST', '/v1/dispatches', order, headers)
  const path = `/v1/dispatches/${first.body['id']}`
  let is = 'accepted'
  let others = 0
  const running = () => is === 'accepted'
  const over = [409, 'dispatch_over']

  const acts: Life['acts'] = {
    async read() {
      const { status, body } = await house.call('GET', path)
      return [
        [status, body['status']],
        [200, is],
      ]
    },
    async change() {
      const { status, body } = await house.call('PATCH', path, { locale: 'es' })
      return [[status, body['code']], running() ? [200, undefined] : over]
    },
    async cancel() {
      const { status, body } = await house.call('POST', `${path}/cancel`, {})
      const expected = is === 'superseded' ? over : [200, undefined]
      if (running()) is = 'cancelled'
      return [[status, body['code']], expected]
    },
    async cancelPerson() {
      const { status, body } = await house.call('POST', `/v1/recipients/${referenceId}/cancel`, {})
      const count = (running() ? 1 : 0) + others
      if (running()) is = 'cancelled'
      others = 0
      return [
        [status, body['cancelled'].length],
        [200, count],
      ]
    },
    async resend() {
      const { status, body } = await house.call('POST', `${path}/resend`, {})
      return [
        [status, body['step']?.kind],
        [202, 'resend'],
      ]
    },
    async repeat() {
      const { status, text } = await house.call('POST', '/v1/dispatches', order, headers)
      return [
        [status, text],
        [202, first.text],
      ]
    },
    async reuseKey() {
      const { status, body } = await house.call('POST', '/v1/dispatches', { ...order, locale: 'es' }, headers)
      return [
        [status, body['code']],
        [422, 'idempotency_key_reused'],
      ]
    },
    async join() {
      const { status } = await house.call('POST', '/v1/dispatches', { ...order, ifActive: 'join' })
      others += 1
      return [[status], [202]]
    },
    async supersede() {
      const { status } = await house.call('POST', '/v1/dispatches', order)
      if (running()) is = 'superseded'
      others = 1
      return [[status], [202]]
    },
    async reject() {
      const alone = !running() && others === 0
      const { status, body } = await house.call('POST', '/v1/dispatches', { ...order, ifActive: 'reject' })
      if (alone) others = 1
      return [[status, body['code']], alone ? [202, undefined] : [409, 'dispatch_active']]
    },
    async find() {
      const { status, body } = await house.call('POST', '/v1/dispatches/search', { referenceId })
      const found = body['items'].find(({ id }: { id: string }) => path.endsWith(id))
      return [
        [status, found?.status],
        [200, is],
      ]
    },
  }
  return { acts }
}

async function stopSigns(): Promise<Life> {
  people += 1
  const hold = { scope: 'template', value: `t${people}-${seed}`, reason: 'test' }
  const email = `p${people}-${seed}@example.com`
  let holdId = 'hld_00000000000000000000000000'
  let suppressionId = 'sup_00000000000000000000000000'
  let [held, barred] = [false, false]

  const acts: Life['acts'] = {
    async hold() {
      const { status, body } = await house.call('POST', '/v1/holds', hold)
      const same = !held || body['id'] === holdId
      ;[holdId, held] = [body['id'], true]
      return [
        [status, same],
        [201, true],
      ]
    },
    async liftHold() {
      const { status } = await house.call('DELETE', `/v1/holds/${holdId}`)
      const expected = held ? 200 : 404
      held = false
      return [[status], [expected]]
    },
    async listHolds() {
      const { body } = await house.call('GET', '/v1/holds')
      return [[body['items'].some(({ value }: { value: string }) => value === hold.value)], [held]]
    },
    async suppress() {
      const { status, body } = await house.call('POST', '/v1/suppressions', { email, reason: 'manual' })
      const same = !barred || body['id'] === suppressionId
      ;[suppressionId, barred] = [body['id'], true]
      return [
        [status, same],
        [201, true],
      ]
    },
    async lift() {
      const { status } = await house.call('POST', `/v1/suppressions/${suppressionId}/lift`, { reason: 'asked' })
      const expected = barred ? 200 : 404
      barred = false
      return [[status], [expected]]
    },
    async findSuppression() {
      const { body } = await house.call('POST', '/v1/suppressions/search', { email })
      return [[body['items'].some(({ liftedAt }: { liftedAt: unknown }) => liftedAt === null)], [barred]]
    },
  }
  return { acts }
}

async function aKey(): Promise<Life> {
  const { body } = await house.call('POST', '/v1/keys', { label: 'test', scopes: ['read'] })
  const authorization = { Authorization: `Bearer ${body['key']}` }
  let alive = true

  const acts: Life['acts'] = {
    async use() {
      const { status } = await house.call('GET', '/v1/templates', undefined, authorization)
      return [[status], [alive ? 200 : 401]]
    },
    async overstep() {
      const { status } = await house.call('POST', '/v1/holds', { scope: 'all', reason: 'x' }, authorization)
      return [[status], [alive ? 403 : 401]]
    },
    async revoke() {
      const { status } = await house.call('DELETE', `/v1/keys/${body['id']}`)
      const expected = alive ? 204 : 404
      alive = false
      return [[status], [expected]]
    },
  }
  return { acts }
}
