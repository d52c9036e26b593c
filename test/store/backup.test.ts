import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import type { Pool } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { takeCopy } from '../../src/store/backup.ts'
import { readCopyFile, writeCopyFile } from '../../src/store/copy-file.ts'
import { type Frame, readFrames, writeFrame } from '../../src/store/copy-format.ts'
import { type RestoreOptions, restoreCopy } from '../../src/store/restore.ts'
import { readHeart, stampWorld } from '../../src/store/world.ts'
import { aCampaign, addRows } from '../support/campaigns.ts'
import { openStoreHouse } from '../support/store-house.ts'

const house = await openStoreHouse()
const folder = mkdtempSync(join(tmpdir(), 'link-dispatcher-copy-'))
const file = join(folder, 'copy')
const AS_COPY: RestoreOptions = { world: 'test', as: 'copy' }
afterAll(() => rmSync(folder, { recursive: true }))

beforeAll(async () => {
  await stampWorld(house.pool, 'test')
  for (let i = 0; i < 2; i++) await house.handed()
  await house.accept()
  await house.store.keys.ensure('a key of thirty-two characters or so', 'crm', ['send'])
  await house.store.holds.place({
    scope: 'channel',
    value: 'sms',
    reason: 'a\\ttab \n',
    placedBy: 'x',
    probeAfterMs: null,
  })
  const campaign = aCampaign()
  await house.store.campaigns.create(campaign)
  await addRows(house, campaign.id, [{}, {}])
  await house.pool.query(
    `insert into audience_upload (id, campaign_id, source, about, status, made_by) values ($1, $1, 'file', '{}', 'done', 'x')`,
    [campaign.id],
  )
  await house.store.intake.cohort({ campaignId: campaign.id, variant: 'all', locale: 'en' })
  // Rows of a month that has no partition any more, values that COPY has to escape, and a number of the database's own.
  await house.pool.query(`insert into event (id, type, data, occurred_at)
    values (id_at(now() - interval '3 years'), 'partner.event', '{"text": "a\\\\nb\\tc"}', now())`)
  await house.pool.query('insert into lane (campaign_id) values (gen_random_uuid()), (gen_random_uuid())')
  await house.pool.query(
    "insert into heartbeat values (true, clock_timestamp() - interval '1 hour', 'the lost server')",
  )
  await writeCopyFile(house.pool, file, '9.9.9')
})

describe('a copy', () => {
  it('holds every row of every table, and nothing is lost or changed on the way back', async () => {
    const pool = await emptyPool()

    const restored = await restoreCopy(pool, readCopyFile(file), AS_COPY)

    const before = await contents(house.pool)
    expect(await contents(pool)).toEqual(before)
    expect(before['attempt']).toHaveLength(2)
    expect(before['event']?.length).toBeGreaterThan(8)
    expect(restored).toMatchObject({
      header: { release: '9.9.9', world: 'test' },
      rows: Object.values(before).flat().length,
    })
  })

  it('is one moment, whatever is written meanwhile', async () => {
    const frames: Frame[] = []
    for await (const frame of readFrames(takeCopy(house.pool, '1'))) {
      if (frame.kind === 'header') await house.accept()
      frames.push(frame)
    }

    const [dispatches, steps] = [rowsOf(frames, 'dispatch'), rowsOf(frames, 'step')]
    expect([dispatches, steps]).toEqual([3, 3 * 4])
  })

  it('keeps what is sealed sealed, and may be read by its owner only', () => {
    const text = gunzipSync(readFileSync(file)).toString('latin1')

    expect(text).toContain('"world":"test"')
    expect(text).not.toMatch(/\+1512555|@example\.com|https?:/)
    expect(statSync(file).mode & 0o777).toBe(0o600)
  })

  it('never takes the place of another file', async () => {
    await expect(writeCopyFile(house.pool, file, '1')).rejects.toThrow('exists. Name another file')
  })
})

describe('a restore', () => {
  it('goes on with the numbers that the database gives', async () => {
    const pool = await emptyPool()

    await restoreCopy(pool, readCopyFile(file), AS_COPY)

    const { rows } = await pool.query('insert into lane (campaign_id) values (gen_random_uuid()) returning id')
    expect(rows).toEqual([{ id: 5 }])
  })

  it('notes what the copy cannot know of', async () => {
    const pool = await emptyPool()

    const { header } = await restoreCopy(pool, readCopyFile(file), AS_COPY)

    const { rows } = await pool.query('select restored_from, restored_at from world')
    expect(rows).toEqual([{ restored_from: new Date(header.takenAt), restored_at: null }])
  })

  it('of an older release fills what it knew, and leaves the rest to the schema', async () => {
    const pool = await emptyPool()

    await restoreCopy(pool, edited(await framesOf(file), withoutColumn('suspect_opens')), AS_COPY)

    const { rows } = await pool.query('select distinct suspect_opens from dispatch')
    expect(rows).toEqual([{ suspect_opens: 'stop' }])
  })

  it('refuses a database that is in use, and says what to do', async () => {
    const pool = await emptyPool()
    await restoreCopy(pool, readCopyFile(file), AS_COPY)

    await expect(restoreCopy(pool, readCopyFile(file), AS_COPY)).rejects.toThrow(
      /not empty \(.*dispatch.*\)\. Name a new one in DATABASE_URL, or another DATA_DIR/,
    )
  })

  it.each([
    ['in the middle', (whole: Buffer) => whole.subarray(0, whole.length / 2), 'cut off'],
    ['by its last byte', (whole: Buffer) => whole.subarray(0, -1), 'cut off'],
    [
      'between two tables, and packed again',
      (whole: Buffer) => gzipSync(gunzipSync(whole).subarray(0, -27)),
      'cut off',
    ],
    ['to nothing', () => gzipSync(''), 'cut off'],
    ['and is something else', () => Buffer.from('select 1;\n'), 'no copy'],
    ['and is something else that is packed', () => gzipSync('select 1;\n'), 'no copy'],
  ])('refuses a file that was cut %s, and leaves the database empty', async (_, cut, sentence) => {
    const pool = await emptyPool()
    const empty = await contents(pool)
    const damaged = join(folder, 'damaged')
    writeFileSync(damaged, cut(readFileSync(file)))

    await expect(restoreCopy(pool, readCopyFile(damaged), AS_COPY)).rejects.toThrow(sentence)

    expect(await contents(pool)).toEqual(empty)
  })

  it('refuses a copy that misses rows', async () => {
    const pool = await emptyPool()
    const fewer = edited(await framesOf(file), (frame) =>
      frame.kind === 'table_end' ? { ...frame, rows: frame.rows + 1 } : frame,
    )

    await expect(restoreCopy(pool, fewer, AS_COPY)).rejects.toThrow('The copy is damaged')
  })

  it('refuses the copy of a newer release, and of another world', async () => {
    const pool = await emptyPool()
    const newer = edited(await framesOf(file), (frame) =>
      frame.kind === 'header' ? { ...frame, header: { ...frame.header, migrations: ['9999-later.sql'] } } : frame,
    )

    await expect(restoreCopy(pool, newer, AS_COPY)).rejects.toThrow('made by a newer release (9.9.9)')
    await expect(restoreCopy(pool, readCopyFile(file), { world: 'live', as: 'copy' })).rejects.toThrow(
      'belongs to the test world and this configuration to live',
    )
  })
})

it('a move leaves nothing doubtful: the service starts on the new server as after a short stop', async () => {
  const pool = await emptyPool()

  await restoreCopy(pool, takeCopy(house.pool, '1'), { world: 'test', as: 'move' })

  const { gapMs, moved } = await readHeart(pool)
  const { rows } = await pool.query('select restored_from from world')
  expect(rows).toEqual([{ restored_from: null }])
  expect(moved).toBe(false)
  expect(gapMs).toBeGreaterThan(30_000)
  expect(gapMs).toBeLessThan(15 * 60_000)
})

async function emptyPool(): Promise<Pool> {
  return (await openStoreHouse()).pool
}

/** Every table with its rows as text, but for the marks that a restore makes. */
async function contents(pool: Pool): Promise<Record<string, string[]>> {
  const { rows: tables } = await pool.query<{ name: string }>(
    `select relname as name from pg_class where relnamespace = 'app'::regnamespace and relkind in ('r', 'p') and not relispartition and relname <> 'schema_step' order by 1`,
  )
  const all: Record<string, string[]> = {}
  for (const { name } of tables) {
    const { rows } = await pool.query<{ row: string }>(
      `select (to_jsonb(t) - array['restored_from', 'restored_at'])::text as row from app.${name} t order by 1`,
    )
    all[name] = rows.map(({ row }) => row)
  }
  return all
}

async function framesOf(path: string): Promise<Frame[]> {
  const frames: Frame[] = []
  for await (const frame of readFrames(readCopyFile(path))) frames.push(frame)
  return frames
}

async function* edited(frames: Frame[], edit: (frame: Frame) => Frame): AsyncGenerator<Buffer> {
  for (const frame of frames) yield writeFrame(edit(frame))
}

/** Drops a column of a table's rows, as a release would write them that has not got it. */
function withoutColumn(name: string): (frame: Frame) => Frame {
  let place = -1
  return (frame) => {
    if (frame.kind === 'table') {
      place = frame.table.columns.indexOf(name)
      return { ...frame, table: { ...frame.table, columns: frame.table.columns.filter((one) => one !== name) } }
    }
    if (frame.kind !== 'rows' || place < 0) return frame
    const lines = frame.rows.toString().split('\n')
    return {
      ...frame,
      rows: Buffer.from(lines.map((line) => line.split('\t').toSpliced(place, 1).join('\t')).join('\n')),
    }
  }
}

function rowsOf(frames: Frame[], table: string): number {
  const start = frames.findIndex((frame) => frame.kind === 'table' && frame.table.table === table)
  const end = frames.slice(start).find((frame) => frame.kind === 'table_end')
  return end?.kind === 'table_end' ? end.rows : -1
}
