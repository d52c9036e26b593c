// The bare engine: POST /dispatch -> BullMQ add -> Worker -> (partner link) -> Handlebars -> pooled SMTP.
// What a team would write in an afternoon: no database, nothing durable but Redis, no dedupe beyond BullMQ's job id.
// ROLE=api | worker | all
const t0 = performance.now()
const ROLE = process.env.ROLE ?? 'all'
const HOST = process.env.API_HOST ?? '127.0.0.1'
const PORT = Number(process.env.API_PORT ?? 4000)
const REDIS_URL = process.env.REDIS_URL ?? 'redis://127.0.0.1:6379'
const CONC = Number(process.env.WORKER_CONCURRENCY ?? 50)
const POOL = Number(process.env.SMTP_POOL ?? 10)
const PARTNER_URL = process.env.PARTNER_URL // e.g. http://127.0.0.1:4090/partner/links ; unset = no partner call
const QUEUE = process.env.QUEUE ?? 'dispatch'
const { Queue, Worker } = await import('bullmq')
const { Redis } = await import('ioredis')
const conn = () => new Redis(REDIS_URL, { maxRetriesPerRequest: null })

if (ROLE !== 'worker') {
  const { default: express } = await import('express')
  const { z } = await import('zod')
  const Dispatch = z.object({
    id: z.string().min(1).max(100),
    user: z.object({ id: z.string().min(1), email: z.email(), name: z.string().optional() }),
    channel: z.enum(['email', 'sms', 'push']),
    template: z.string().min(1),
    data: z.record(z.string(), z.unknown()).default({}),
  })
  const queue = new Queue(QUEUE, { connection: conn() })
  const app = express()
  app.disable('x-powered-by')
  app.disable('etag')
  app.use(express.json({ limit: '64kb' }))
  app.post('/dispatch', async (req, res) => {
    const p = Dispatch.safeParse(req.body)
    if (!p.success) return res.status(400).json({ error: p.error.issues })
    const job = await queue.add('send', p.data, {
      jobId: p.data.id, attempts: 3, backoff: { type: 'exponential', delay: 1000 },
      removeOnComplete: true, removeOnFail: 1000,
    })
    res.status(202).json({ id: job.id })
  })
  app.get('/health', (_q, s) => s.json({ ok: true }))
  await queue.waitUntilReady()
  await new Promise((ok) => app.listen(PORT, HOST, ok))
}
if (ROLE !== 'api') {
  const { default: nodemailer } = await import('nodemailer')
  const { default: Handlebars } = await import('handlebars')
  const { Pool } = await import('undici')
  const subject = Handlebars.compile('Hi {{user.name}} {{data.bench}}')
  const html = Handlebars.compile('<html><body><h1>Hello {{user.name}}</h1><p>Please open <a href="{{link.url}}">your link</a> before {{data.due}}.</p><ul>{{#each data.items}}<li>{{this}}</li>{{/each}}</ul><p>Regards, {{data.sender}}</p></body></html>')
  const text = Handlebars.compile('Hello {{user.name}}, please open {{link.url}} before {{data.due}}. Regards, {{data.sender}}')
  const mail = nodemailer.createTransport({
    host: process.env.SMTP_HOST ?? '127.0.0.1', port: Number(process.env.SMTP_PORT ?? 4025),
    secure: false, ignoreTLS: true, pool: true, maxConnections: POOL, maxMessages: Infinity,
  })
  const pu = PARTNER_URL ? new URL(PARTNER_URL) : null
  const partner = pu ? new Pool(pu.origin, { connections: CONC }) : null
  const worker = new Worker(QUEUE, async (job) => {
    const d = job.data
    let link = { url: 'https://partner.example/l/static' }
    if (partner) {
      const r = await partner.request({ path: pu.pathname, method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ referenceId: d.user.id, expiresInMinutes: 5760, language: 'en', userData: d.data.userData }) })
      link = (await r.body.json()).data
    }
    const ctx = { ...d, link }
    await mail.sendMail({ from: 'no-reply@sender.example', to: d.user.email, subject: subject(ctx), html: html(ctx), text: text(ctx) })
  }, { connection: conn(), concurrency: CONC })
  worker.on('error', (e) => console.error('worker', e.message))
  await worker.waitUntilReady()
}
console.log(`ready role=${ROLE} pid=${process.pid} import+connect_ms=${(performance.now() - t0).toFixed(0)} since_exec_ms=${performance.now().toFixed(0)}`)
