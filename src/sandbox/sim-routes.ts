import express, { type ErrorRequestHandler, type RequestHandler, Router } from 'express'
import type { z } from 'zod'
import * as bodies from './sim-bodies.ts'
import type { World } from './world.ts'

/**
 * The controls of the partner's world, JSON in and out. `GET /__sim` answers this table.
 * A link is named by `linkId`, or by `referenceId` for the newest link of that user.
 */
export const SIM_ROUTES: [route: string, body: string, does: string][] = [
  ['GET /__sim/clock', '', 'the time of the sandbox and the service'],
  ['POST /__sim/clock/advance', '{ ms }', 'moves the clock, then waits for the webhook deliveries that fell due'],
  ['GET /__sim/links', '?referenceId=', 'all links with URL and state'],
  [
    'POST /__sim/links/open',
    '{ linkId | referenceId, userAgent?, language? }',
    'opens a link as a browser (or a scanner) would',
  ],
  ['POST /__sim/links/expire', '{ linkId | referenceId }', 'lets a link die now'],
  ['GET /__sim/operations', '', 'all transfers'],
  ['POST /__sim/operations/complete', '{ linkId | referenceId, amount? }', 'the person sends money: operation.created'],
  ['POST /__sim/operations/cancel', '{ linkId | referenceId, reason? }', 'the person breaks off: operation.cancelled'],
  [
    'POST /__sim/operations/settle',
    '{ operationId, status, reason? }',
    'processing, completed or failed; no webhook tells it',
  ],
  ['POST /__sim/partner/suspend', '', 'every call answers PARTNER_SUSPENDED'],
  ['POST /__sim/partner/unsuspend', '', 'the account works again'],
  ['POST /__sim/keys/revoke', '', 'every call answers INVALID_API_KEY'],
  ['POST /__sim/keys/restore', '', 'the key works again'],
  ['POST /__sim/secret/rotate', '{ secret? }', 'webhooks are signed with this secret, or a new one that is answered'],
  ['GET /__sim/deliveries', '?event= &state=', 'webhook deliveries with their attempts'],
  ['POST /__sim/deliveries/replay', '{ id }', 'sends a finished delivery again, from the first attempt'],
  ['POST /__sim/events', '{ event, data }', 'sends any event, rightly signed'],
  ['POST /__sim/idle', '', 'answers when no webhook is in flight or due'],
  ['GET /__sim/calls', '?path= &status=', 'calls the partner API got, with time and status (0: no answer)'],
  ['GET /__sim/faults', '', 'faults that are still armed'],
  ['POST /__sim/faults', '{ target, kind, count?, …options }', 'arms a fault for the next calls'],
  ['DELETE /__sim/faults', '', 'disarms all'],
  ['GET /__sim/config', '', 'the switches for what the pages of the partner leave open'],
  ['PATCH /__sim/config', '{ name: value }', 'changes some of them'],
  ['POST /__sim/reset', '', 'forgets links, operations, deliveries, faults and switches; the clock stays'],
]

export function makeSimRoutes(world: World): Router {
  const router = Router()

  router.use(sameSiteOnly)
  router.get(
    '/',
    answer(() => ({ routes: SIM_ROUTES.map(([route, body, does]) => ({ route, body, does })) })),
  )
  router.get(
    '/clock',
    answer(() => ({ now: world.now() })),
  )
  router.get('/links', (req, res) => void res.json({ items: world.links(text(req.query['referenceId'])) }))
  router.get(
    '/operations',
    answer(() => ({ items: world.operations() })),
  )
  router.get(
    '/deliveries',
    (req, res) => void res.json({ items: chosen(world.deliveries(), req.query, ['event', 'state']) }),
  )
  router.get('/calls', (req, res) => void res.json({ items: chosen(world.calls(), req.query, ['path', 'status']) }))
  router.get(
    '/faults',
    answer(() => ({ items: world.faults.list() })),
  )
  router.get('/config', answer(world.config))

  router.post('/partner/suspend', answer(world.suspend))
  router.post('/partner/unsuspend', answer(world.unsuspend))
  router.post('/keys/revoke', answer(world.revokeKey))
  router.post('/keys/restore', answer(world.restoreKey))
  router.post('/idle', answer(world.idle))
  router.post('/reset', answer(world.reset))
  router.delete('/faults', answer(world.faults.reset))

  const advance = async ({ ms }: { ms: number }) => {
    await world.advance(ms)
    return { now: world.now() }
  }
  const open = async (body: z.output<typeof bodies.openBody>) => {
    const result = await world.openLink(bodies.whichOf(body), body)
    return result === 'unknown' ? undefined : { result }
  }
  const emit = async ({ event, data }: z.output<typeof bodies.eventBody>) => {
    await world.emit(event, data)
    return {}
  }
  const arm = ({ target, ...fault }: z.output<typeof bodies.faultBody>) => {
    world.faults.arm(target, fault)
    return { items: world.faults.list() }
  }

  router.post('/clock/advance', act(bodies.advanceBody, advance))
  router.post('/links/open', act(bodies.openBody, open))
  router.post(
    '/links/expire',
    act(bodies.linkBody, (body) => world.expireLink(bodies.whichOf(body)) && {}),
  )
  router.post(
    '/operations/complete',
    act(bodies.completeBody, (body) => world.completeOperation(bodies.whichOf(body), body.amount)),
  )
  router.post(
    '/operations/cancel',
    act(bodies.cancelBody, (body) => world.cancelOperation(bodies.whichOf(body), body.reason)),
  )
  router.post(
    '/operations/settle',
    act(
      bodies.settleBody,
      ({ operationId, status, reason }) => world.settleOperation(operationId, status, reason) && {},
    ),
  )
  router.post(
    '/secret/rotate',
    act(bodies.secretBody, (body) => ({ secret: world.rotateSecret(body?.secret) })),
  )
  router.post(
    '/deliveries/replay',
    act(bodies.replayBody, ({ id }) => world.replay(id) && {}),
  )
  router.post('/events', act(bodies.eventBody, emit))
  router.post('/faults', act(bodies.faultBody, arm))
  router.patch('/config', act(bodies.configBody, world.configure))
  router.use(unreadable)
  return router
}

/** Pages of other sites must not reach the controls through the person's browser. */
const sameSiteOnly: RequestHandler = (req, res, next) => {
  if (req.get('sec-fetch-site') === 'cross-site') problem(res, 403, 'The controls do not answer pages of other sites.')
  else next()
}

const answer =
  (act: () => unknown): RequestHandler =>
  async (_req, res) =>
    void res.json((await act()) ?? {})

/** Checks the body, does the act, answers what came of it; 404 when there was nothing to act on. */
const act = <S extends z.ZodType>(schema: S, perform: (body: z.output<S>) => unknown): RequestHandler[] => [
  express.json({ limit: '1mb' }),
  async (req, res) => {
    const body = schema.safeParse(req.body)
    if (!body.success) return problem(res, 400, 'The body is not valid.', listed(body.error))
    const done = await perform(body.data)
    return done === undefined || done === false
      ? problem(res, 404, 'There is nothing like that to act on.')
      : res.json(done)
  },
]

const unreadable: ErrorRequestHandler = (error, _req, res, next) =>
  error?.type === 'entity.parse.failed' ? problem(res, 400, 'The body is not valid JSON.') : next(error)

const problem = (res: express.Response, status: number, message: string, problems: object[] = []) =>
  res.status(status).json({ error: { message, problems } })

const listed = (error: z.ZodError) => error.issues.map(({ path, message }) => ({ path: path.join('.'), message }))

const text = (value: unknown) => (typeof value === 'string' ? value : undefined)

/** Those whose named fields equal what the query asks for. */
function chosen<T extends object>(all: T[], query: Record<string, unknown>, names: string[]): T[] {
  const wanted = names.flatMap((name) => (text(query[name]) === undefined ? [] : [[name, text(query[name])]]))
  return all.filter((one) => {
    const fields = new Map(Object.entries(one))
    return wanted.every(([name = '', value]) => String(fields.get(name)) === value)
  })
}
