import { z } from 'zod'
import { answer } from './answer.ts'
import { holdSchema, showHold } from './holds.ts'
import type { HttpPorts } from './ports.ts'
import { type Route, route } from './route.ts'

const statusSchema = z
  .object({
    holds: z.array(holdSchema),
    circuits: z
      .array(
        z.object({
          provider: z.string(),
          reason: z.string(),
          since: z.iso.datetime(),
          probeAt: z.iso.datetime().nullable(),
        }),
      )
      .meta({ description: 'Providers that are held' }),
    dueLagSeconds: z.number().meta({ description: 'How long the oldest due step has been waiting' }),
    due: z.int().meta({ description: 'Steps that are due and not queued, up to 10,000' }),
    queued: z.record(z.string(), z.int()).meta({ description: 'Steps on their way, by channel' }),
    queueDepth: z.record(z.string(), z.int()).meta({ description: 'Jobs waiting or running, by channel' }),
    ambiguous: z.int().meta({ description: 'Steps whose last attempt may or may not have arrived' }),
    doubtful: z.int().meta({ description: 'Of these, what a lost database may have sent; lifting its hold decides' }),
    unnumberedEvents: z.int(),
    partner: z.object({
      held: z.boolean(),
      createsPerMinute: z.int().nullable().meta({ description: 'null: not limited here' }),
      free: z.int().nullable().meta({ description: 'Links that could be made now' }),
    }),
  })
  .meta({ id: 'Status' })

/** What an operator asks first. */
export function statusRoutes(ports: HttpPorts): Route[] {
  return [
    route({
      method: 'get',
      path: '/v1/status',
      scopes: ['operate', 'read'],
      tag: 'Operations',
      summary: 'Holds, circuits, lag, queues and the budget at the partner',
      answers: { 200: { description: 'As it is now', schema: statusSchema } },
      failures: [],
      act: async () => answer(200, await statusOf(ports)),
    }),
  ]
}

async function statusOf(ports: HttpPorts): Promise<z.input<typeof statusSchema>> {
  const [holds, status, queueDepth] = await Promise.all([ports.holds.list(), ports.status.status(), ports.queueDepth()])
  const shown = holds.map(showHold)
  const limited = ports.createsPerMinute !== null
  return {
    holds: shown,
    circuits: shown
      .filter((hold) => hold.scope === 'provider')
      .map(({ value, reason, placedAt, probeAt }) => ({ provider: value, reason, since: placedAt, probeAt })),
    dueLagSeconds: Math.max(0, Math.round(status.dueLagMs) / 1_000),
    due: status.pending,
    queued: status.queued,
    queueDepth,
    ambiguous: status.ambiguous,
    doubtful: status.doubtful,
    unnumberedEvents: status.unnumbered,
    partner: {
      held: holds.some((hold) => hold.scope === 'partner'),
      createsPerMinute: ports.createsPerMinute,
      free: limited ? status.slots.free : null,
    },
  }
}
