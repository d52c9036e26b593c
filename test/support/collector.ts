import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

export interface Span {
  traceId: string
  spanId: string
  parentSpanId?: string
  name: string
  scope: string
  facts: Record<string, string | number | boolean>
  /** `traceId` of what it is linked with. */
  links: string[]
  failed: boolean
}
export interface Collector {
  url: string
  /** Everything that was ever exported, as it came. */
  text(): string
  spans(): Span[]
  /** Headers of the last export. */
  headers(): NodeJS.Dict<string | string[]>
}

// biome-ignore lint/suspicious/noExplicitAny: OTLP's JSON as it comes.
type Json = Record<string, any>

/** Takes OTLP over HTTP, as JSON, and keeps it; or answers what it is told to. */
export async function openCollector({ status = 200 } = {}): Promise<Collector> {
  const bodies: string[] = []
  let headers: NodeJS.Dict<string | string[]> = {}
  const server = createServer((req, res) => {
    const chunks: Buffer[] = []
    req.on('data', (chunk: Buffer) => chunks.push(chunk))
    req.on('end', () => {
      headers = req.headers
      bodies.push(`${req.method} ${req.url}\n${Buffer.concat(chunks)}`)
      res.writeHead(status, { 'Content-Type': 'application/json' }).end('{}')
    })
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    text: () => bodies.join('\n'),
    spans: () => bodies.flatMap((body) => spansIn(JSON.parse(body.slice(body.indexOf('\n'))))),
    headers: () => headers,
  }
}

const spansIn = ({ resourceSpans }: Json): Span[] =>
  resourceSpans.flatMap(({ scopeSpans }: Json) =>
    scopeSpans.flatMap(({ scope, spans }: Json) => spans.map((span: Json) => spanOf(span, scope.name))),
  )

const spanOf = ({ attributes, links = [], status, ...span }: Json, scope: string): Span => ({
  traceId: span['traceId'],
  spanId: span['spanId'],
  parentSpanId: span['parentSpanId'],
  name: span['name'],
  scope,
  facts: Object.fromEntries(attributes.map(({ key, value }: Json) => [key, Object.values(value)[0]])),
  links: links.map(({ traceId }: Json) => traceId),
  failed: status?.code === 2,
})
