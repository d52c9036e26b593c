import { describe, expect, it } from 'vitest'
import { newUuid } from '../../src/lib/id.ts'
import { openStoreHouse } from '../support/store-house.ts'

const { store, pool } = await openStoreHouse()
const { keys } = store

describe('an API key', () => {
  it('says who is asking, until it is revoked', async () => {
    const { key, caller } = await keys.make('crm', ['send', 'read'])

    expect(key).toMatch(/^ld_[\w-]{43}$/)
    expect(caller).toMatchObject({ label: 'crm', scopes: ['send', 'read'] })
    expect(await keys.caller(key)).toEqual(caller)
    expect(await keys.revoke(caller.keyId)).toBe(true)
    expect(await keys.caller(key)).toBeNull()
    expect(await keys.revoke(caller.keyId)).toBe(false)
    expect(await keys.list()).toContainEqual({ ...caller, createdAt: expect.any(Date), revokedAt: expect.any(Date) })
  })

  it('that nobody made is nobody’s', async () => {
    expect(await keys.caller('ld_unknown')).toBeNull()
    expect(await keys.revoke(newUuid())).toBe(false)
  })

  it('of the configuration is the same key at every start, and comes back when it was revoked', async () => {
    const first = await keys.ensure('bootstrap-key', 'bootstrap', ['admin'])
    await keys.revoke(first.keyId)

    const second = await keys.ensure('bootstrap-key', 'bootstrap', ['admin'])

    expect(second).toEqual(first)
    expect(await keys.caller('bootstrap-key')).toEqual(first)
  })
})

describe('a sign-in token', () => {
  it('works once', async () => {
    const { caller } = await keys.make('person', ['admin'])
    const token = await keys.openSession('sign_in', caller.keyId, 60_000)

    const uses = await Promise.all([keys.useSignIn(token), keys.useSignIn(token), keys.useSignIn(token)])

    expect(uses.filter(Boolean)).toEqual([caller])
    expect(await keys.useSignIn(token)).toBeNull()
  })

  it('is no session, and a session no sign-in token', async () => {
    const { caller } = await keys.make('person', ['admin'])
    const token = await keys.openSession('sign_in', caller.keyId, 60_000)
    const session = await keys.openSession('session', caller.keyId, 60_000)

    expect(await keys.session(token)).toBeNull()
    expect(await keys.useSignIn(session)).toBeNull()
  })
})

describe('a session', () => {
  it('holds until it is closed', async () => {
    const { caller } = await keys.make('person', ['admin'])
    const session = await keys.openSession('session', caller.keyId, 60_000)

    expect(await keys.session(session)).toEqual(caller)
    expect(await keys.session(session)).toEqual(caller)
    await keys.closeSession(session)
    expect(await keys.session(session)).toBeNull()
  })

  it('ends with its time, and with its key', async () => {
    const { caller } = await keys.make('person', ['admin'])
    const old = await keys.openSession('session', caller.keyId, -1)
    const oldToken = await keys.openSession('sign_in', caller.keyId, -1)
    const session = await keys.openSession('session', caller.keyId, 60_000)
    await keys.revoke(caller.keyId)

    expect(await keys.session(old)).toBeNull()
    expect(await keys.useSignIn(oldToken)).toBeNull()
    expect(await keys.session(session)).toBeNull()
  })

  it('is stored as a hash only', async () => {
    const { key, caller } = await keys.make('person', ['admin'])
    const session = await keys.openSession('session', caller.keyId, 60_000)

    const { rows } = await pool.query('select k::text, s::text as session from api_key k, console_session s')

    expect(JSON.stringify(rows)).not.toContain(key)
    expect(JSON.stringify(rows)).not.toContain(session)
  })
})
