// The bare acknowledgement of a webhook: Express, one row inserted, 204. No signature, no links, no plan to stop.
const HOST = process.env.API_HOST ?? '127.0.0.1'
const PORT = Number(process.env.API_PORT ?? 4001)
const { default: express } = await import('express')
const { default: pg } = await import('pg')

const pool = new pg.Pool({ connectionString: process.env.PG_URL, max: 24 })
await pool.query('create table if not exists opened (link_id text primary key, reference_id text not null, opened_at timestamptz not null, body jsonb not null)')

const app = express()
app.disable('x-powered-by')
app.disable('etag')
app.use(express.json({ limit: '64kb' }))
app.post('/webhooks/m2m', async (req, res) => {
  const { linkId, referenceId, openedAt } = req.body.data
  await pool.query({
    name: 'opened',
    text: 'insert into opened (link_id, reference_id, opened_at, body) values ($1, $2, $3, $4) on conflict do nothing',
    values: [linkId, referenceId, openedAt, JSON.stringify(req.body)],
  })
  res.status(204).end()
})
await new Promise((ok) => app.listen(PORT, HOST, ok))
console.log(`ready role=opened pid=${process.pid}`)
