/** A partner that answers at once: `POST /partner/links` with a valid link of the user it was asked for. Both sides call it. */
import { createServer, type IncomingMessage } from 'node:http'

const port = Number(process.env['PARTNER_PORT'] ?? 4090)
const host = process.env['LINK_HOST'] ?? 'links.bench.example'
const LINK_ID = /^[\w.:-]+$/

createServer(async (req, res) => {
  const order: unknown = req.method === 'POST' ? JSON.parse(await textOf(req)) : {}
  const { referenceId, expiresInMinutes } = order as { referenceId?: string; expiresInMinutes?: number }
  const known = req.url === '/partner/links' && LINK_ID.test(referenceId ?? '')
  res.writeHead(known ? 201 : 404, { 'content-type': 'application/json' })
  res.end(JSON.stringify(known ? linkFor(referenceId ?? '', expiresInMinutes ?? 60) : NOT_FOUND))
}).listen(port, '127.0.0.1', () => console.log(`ready partner ${port}`))

const NOT_FOUND = { success: false, error: { code: 'NOT_FOUND', message: 'There is no such thing' } }

/** One link a user, and its id told by the user's: the load client can open it without asking. */
function linkFor(referenceId: string, minutes: number) {
  const now = Date.now()
  const linkId = `lnk-${referenceId}`
  return {
    success: true,
    data: {
      linkId,
      referenceId,
      status: 'active',
      url: `https://${host}/l/${linkId}`,
      createdAt: new Date(now).toISOString(),
      expiresAt: new Date(now + minutes * 60_000).toISOString(),
    },
  }
}

async function textOf(req: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of req) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}
