import { setTimeout as pause } from 'node:timers/promises'
import { makePool } from '../src/store/pool.ts'
import { makeTallyStore } from '../src/store/tally.ts'
import type { Manager } from './campaign-manager.ts'
import type { Audience } from './campaign-people.ts'
import type { CampaignSeen } from './campaign-seen.ts'
import type { Trouble } from './campaign-trouble.ts'
import { rarePaths } from './found.ts'
import { gather } from './gathered.ts'
import { type Healed, wind } from './healing.ts'
import type { Post } from './history.ts'
import type { Opened } from './stage.ts'

/** Compares the counters of a campaign with its rows, as the service does once an hour. */
export async function compareCounters({ postgres }: Opened, campaignId: string): Promise<string[]> {
  const pool = makePool({ url: postgres.url, max: 1, onError: () => undefined })
  try {
    const found = await makeTallyStore(pool).reconcile(campaignId)
    return found.map(({ subject, key, missing }) => `${subject} ${key.join(' ')}: off by ${missing}`)
  } finally {
    await pool.end()
  }
}

const MINUTE = 60_000
/** Loops that end campaigns look every other second. */
const ENDS_WITHIN_MS = 5_000
const MOST_MINUTES = 180

/** Winds the clock further where rows still wait. Answers by how much it is ahead. */
export async function finishCampaign(
  stage: Opened,
  manager: Manager,
  { id, until, windedMs }: { id: string; until: number; windedMs: number },
): Promise<number> {
  let ahead = windedMs
  for (let n = 0; n < MOST_MINUTES && performance.now() < until; n++) {
    await pause(ENDS_WITHIN_MS)
    if ((await manager.one(id))['status'] === 'finished') break
    ahead += MINUTE
    stage.outside.wind(ahead)
    await stage.postgres.ask('update clock set ahead = make_interval(secs => $1::float8 / 1000)', [ahead])
    await stage.postgres.ask(`select pg_notify('wake', 'clock')`)
    ahead += await wind(stage, until, ahead)
  }
  return ahead
}

interface Gathering extends Pick<CampaignSeen, 'singles' | 'backlog' | 'provider' | 'differences' | 'upload'>, Trouble {
  id: string
  uuid: string
  audience: Audience
  healed: Healed
  manager: Manager
}

/** Everything there is to compare, once all is at rest. */
export async function gatherCampaign(stage: Opened, run: Gathering): Promise<CampaignSeen> {
  const { outside, postgres } = stage
  const { id, uuid, audience, singles, faults, healed, manager, upload } = run
  const good = audience.people.filter(({ row }) => row === 'good')
  const posts: Post[] = good.map(({ reference }) => ({ key: `row-${reference}`, reference, tries: 1, ids: [] }))
  const crm = {
    posts: [...posts, ...singles.map(({ post }) => post)],
    refused: [],
    owners: audience.owners,
    done: Promise.resolve(),
  }
  // Those who had opted out before are to be left alone from the first moment on.
  for (const reference of audience.suppressed)
    outside.seen.stopped.push({ of: 'recipient', value: reference, answeredAt: 0 })
  const history = await gather(stage, { crm, faults, healed })
  const rows = await postgres.ask<{ reference: string; status: string; reason: string | null }>(
    'select reference_id as reference, status, reason from audience_row where campaign_id = $1',
    [uuid],
  )
  const seen: CampaignSeen = {
    ...run,
    history,
    people: audience.people,
    suppressed: audience.suppressed,
    owners: audience.owners,
    rows: new Map(rows.map(({ reference, ...row }) => [reference, row])),
    kills: faults.filter(({ kind }) => kind === 'kill').map(({ from }) => from),
    refused: await manager.refusedLines(upload['refusals']),
    compared: 2,
    endedFirst: await endedFirst(stage, uuid),
    opened: openedOf(stage, new Set(good.map(({ reference }) => reference))),
    progress: await manager.progress(id),
    campaign: await manager.one(id),
  }
  history.sometimes = await sometimesOf(stage, seen)
  return seen
}

async function endedFirst({ postgres }: Opened, campaignId: string): Promise<number> {
  const [row] = await postgres.ask<{ n: number }>(
    `select count(*)::int as n from dispatch where campaign_id = $1 and first_handed_at is null and status in ('opened', 'suppressed')
       and exists (select from step s where s.dispatch_id = id and s.status = 'handed')`,
    [campaignId],
  )
  return row?.n ?? 0
}

/** People whose open was told to the service and answered. */
function openedOf({ outside }: Opened, people: ReadonlySet<string>): number {
  const references = new Map(outside.world.links().map(({ linkId, referenceId }) => [linkId, referenceId]))
  const opened = [...outside.seen.opened.keys()].map((linkId) => references.get(linkId) ?? '')
  return new Set(opened.filter((reference) => people.has(reference))).size
}

/** What must have happened for the rest to mean something. */
async function sometimesOf({ postgres }: Opened, seen: CampaignSeen): Promise<Record<string, number>> {
  const { history, people, rows, backlog, provider, suppressed, upload, pauses } = seen
  const rare = await rarePaths(postgres)
  const pushed = history.arrivals.filter(({ channel }) => channel === provider.channel).map(({ at }) => at)
  const stops = 'reminders stopped by an open'
  const count = (row: string) => people.filter((person) => person.row === row).length
  return {
    'workers killed': history.faults.filter(({ kind, target }) => kind === 'kill' && target === 'worker').length,
    'APIs killed': history.faults.filter(({ kind, target }) => kind === 'kill' && target === 'api').length,
    pauses: pauses.length,
    'people who opened': seen.opened,
    'people who had opted out before': suppressed.size,
    'people who opted out meanwhile': history.stopped.filter(({ answeredAt }) => answeredAt > 0).length,
    'people held out': [...rows.values()].filter(({ status }) => status === 'held_out').length,
    'bad rows': count('bad'),
    'doubled rows': count('doubled'),
    'rows known from the upload that was cut off': upload['known'],
    'minutes with a backlog': backlog.filter(({ from, to }) => to - from >= MINUTE).length,
    'times that pushes came as fast as they may': asFastAs(provider, pushed),
    ...(history.found.steps.some(({ kind }) => kind === 'reminder') && { [stops]: rare[stops] ?? 0 }),
    ...Object.fromEntries(OFTEN_NONE.map((name) => [name, rare[name] ?? 0]).filter(([, n]) => n !== 0)),
  }
}

const STRETCH_MS = 5_000
/** Of what is allowed in a stretch of time. */
const NEARLY = 0.9

/** Stretches in which a provider got nearly all that its limit lets go evenly. */
function asFastAs({ units, perMs }: CampaignSeen['provider'], times: readonly number[]): number {
  const stretches = Map.groupBy(times, (at) => Math.floor(at / STRETCH_MS))
  return [...stretches.values()].filter(({ length }) => length >= (units / perMs) * STRETCH_MS * NEARLY).length
}

/** Told where they happened; a run without them means as much. */
const OFTEN_NONE = [
  'ambiguous attempts',
  'claims whose worker was lost',
  'ambiguous, sent once more by policy',
  'steps skipped as suppressed',
  'links adopted',
  'queued steps found again by their lease',
]
