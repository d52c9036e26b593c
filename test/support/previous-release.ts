import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Client } from 'pg'
import { inject } from 'vitest'
import type { Vault } from '../../src/flow/ports.ts'
import { newUuid } from '../../src/lib/id.ts'
import { afternoonZone } from '../../src/lib/welcome.ts'
import { placeOf, sealLink } from '../../src/store/dispatch-rows.ts'
import { makeVault } from '../../src/vault/vault.ts'
import { asAdmin, databaseName, urlOf } from './postgres-server.ts'

/** The schema as the release before left it, and rows as it writes them: without a column that came since. */
const MIGRATIONS = ['0001-road.sql', '0002-receipts-and-consent.sql']
const FOLDER = join(import.meta.dirname, '..', '..', 'src', 'store', 'migrations')

/** A database that only the previous release has started on; it ends with the run. */
export async function previousDatabase(): Promise<string> {
  const server = inject('databaseUrl')
  const name = databaseName(inject('runId'), randomBytes(6).toString('hex'))
  await asAdmin(server, (client) => client.query(`create database ${name}`))
  const url = urlOf(server, name)
  await withApp(url, async (client) => {
    await client.query('create schema app')
    await client.query(
      'create table schema_step (name text primary key, applied_at timestamptz not null default now())',
    )
    for (const migration of MIGRATIONS) {
      await client.query(readFileSync(join(FOLDER, migration), 'utf8'))
      await client.query('insert into schema_step (name) values ($1)', [migration])
    }
    await client.query("insert into world (kind) values ('test')")
  })
  return url
}

export interface Left {
  id: string
  contact: { phone: string }
}
interface LeftWish {
  dispatch: string
  first: string
  /** Of the first step and of the reminder, ms from now; null: not planned yet. */
  firstDueMs?: number | null
  reminderDueMs?: number | null
}

let people = 0

/** A dispatch by SMS with one reminder, as the previous release left it behind. */
export async function leftBehind(url: string, env: Record<string, string>, wish: LeftWish): Promise<Left> {
  const { dispatch, first, firstDueMs = -1_000, reminderDueMs = null } = wish
  const vault = vaultOf(env)
  people += 1
  const [id, phone, referenceId] = [newUuid(), `+1512777${String(people).padStart(4, '0')}`, `left_${people}`]
  const hash = vault.lookup('phone', phone)
  const row: Row = { id, referenceId, dispatch, first, hash }
  await withApp(url, async (client) => {
    await insertDispatch(client, row)
    const person = { contact: { phone, name: { firstName: 'Ana' } }, variables: {}, metadata: null }
    const sealed = vault.seal(JSON.stringify(person), placeOf(id, 'person', 1))
    await client.query(
      "insert into dispatch_secret (dispatch_id, kind, revision, sealed) values ($1, 'person', 1, $2)",
      [id, sealed],
    )
    await client.query("insert into dispatch_address (dispatch_id, hash, channel) values ($1, $2, 'sms')", [id, hash])
    await insertSteps(client, row, firstDueMs, reminderDueMs)
    if (isTried(first)) await insertAttempt(client, row, vault, env['M2M_LINK_HOSTS'] ?? '')
  })
  return { id, contact: { phone } }
}

interface Row {
  id: string
  referenceId: string
  dispatch: string
  first: string
  hash: Buffer
}
const isTried = (first: string) => first !== 'pending' && first !== 'queued'

async function insertDispatch(client: Client, { id, referenceId, dispatch, first }: Row): Promise<void> {
  await client.query(
    `insert into dispatch (id, reference_id, lane, status, category, template, locale, time_zone, zone_given, channels,
       fall_back_ms, life_minutes, link_options, first_handed_at, created_at)
     values ($1, $2, 1, $3, 'transactional', 'magic-link', 'en', $4, true, 'sms', 600000, 5760, '{}', case when $5 then now() end, now())`,
    [id, referenceId, dispatch, afternoonZone(new Date()), first === 'handed'],
  )
}

async function insertSteps(client: Client, row: Row, firstDueMs: number | null, reminderDueMs: number | null) {
  const { id, dispatch, first } = row
  const turn = first === 'pending' ? 0 : 1
  const reminder = dispatch === 'opened' ? 'skipped' : 'pending'
  await client.query(
    `insert into step (dispatch_id, n, kind, lane, channel, chain, needs_link, template, after_ms, due_at, status, turn, lease_until, start_by, attempts, provider)
     values ($1, 1, 'first', 1, 'sms', '', true, 'magic-link', null, now() + make_interval(secs => $2::float8 / 1000), $3, $4, now(), now(), $5, 'twilio'),
       ($1, 2, 'reminder', 1, 'sms', '', false, 'magic-link-reminder', 3600000, now() + make_interval(secs => $6::float8 / 1000), $7, 0, null, null, 0, null),
       ($1, 3, 'close', 1, 'none', '', false, 'magic-link', null, null, 'pending', 0, null, null, 0, null)`,
    [id, firstDueMs, first, turn, isTried(first) ? 1 : 0, reminderDueMs, reminder],
  )
}

const OUTCOMES: Record<string, string> = { handed: 'accepted', ambiguous: 'ambiguous' }

async function insertAttempt(client: Client, row: Row, vault: Vault, linkHost: string): Promise<void> {
  const { id, referenceId, dispatch, first, hash } = row
  const link = { id: newUuid(), linkId: referenceId, url: `http://${linkHost}/l/${referenceId}` }
  await client.query(
    `insert into link (id, reference_id, lookup, origin, status, requested_ms, expires_at, created_at)
     values ($1, $2, $3, 'created', $4, 345600000, now() + interval '4 days', now())`,
    [link.id, referenceId, vault.lookup('link', link.linkId), dispatch === 'opened' ? 'opened' : 'active'],
  )
  await client.query('insert into link_secret (link_id, sealed) values ($1, $2)', [link.id, sealLink(vault, link)])
  await client.query('insert into carried (dispatch_id, link_id, carried_at) values ($1, $2, now())', [id, link.id])
  await client.query(
    `insert into attempt (dispatch_id, step_n, n, turn, channel, provider, address_hash, body_hash, link_id, claimed_at, start_by, outcome)
     values ($1, 1, 1, 1, 'sms', 'twilio', $2, null, $3, now(), now(), $4)`,
    [id, hash, link.id, OUTCOMES[first] ?? null],
  )
}

/** As the previous release suppresses a number. */
export const leftSuppressed = (url: string, env: Record<string, string>, phone: string): Promise<void> =>
  withApp(url, async (client) => {
    await client.query(
      "insert into suppression (id, hash, channel, reason, note, placed_by, scope) values ($1, $2, 'sms', 'opt_out', null, 'person', 'all')",
      [newUuid(), vaultOf(env).lookup('phone', phone)],
    )
  })

function vaultOf(env: Record<string, string>) {
  const keysIn = (text = '') => {
    const [id = '', key = ''] = text.split(/:(.*)/s)
    return [{ id, key: Buffer.from(key, 'base64') }]
  }
  return makeVault({ keys: keysIn(env['VAULT_KEYS']), lookupKeys: keysIn(env['LOOKUP_KEYS']) })
}

async function withApp(url: string, work: (client: Client) => Promise<void>): Promise<void> {
  const client = new Client({ connectionString: url, options: '-c search_path=app' })
  await client.connect()
  try {
    await work(client)
  } finally {
    await client.end()
  }
}
