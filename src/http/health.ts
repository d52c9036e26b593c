import { Router } from 'express'
import type { HttpPorts } from './ports.ts'

/** For balancers and scrapers: no key, no secret in the answers. */
export function healthRouter(ports: HttpPorts): Router {
  const router = Router()
  router.get('/healthz', (_req, res) => {
    res.json({ ok: true })
  })
  router.get('/readyz', async (_req, res) => {
    const { ok, reasons } = await ports.ready()
    res.status(ok ? 200 : 503).json({ ok, reasons })
  })
  router.get('/metrics', async (_req, res) => {
    res.set('Content-Type', ports.metrics.contentType).end(await ports.metrics.text())
  })
  return router
}
