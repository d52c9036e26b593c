import { type Response, Router } from 'express'
import { CHANNELS } from '../domain/channel.ts'
import { readId } from '../lib/id.ts'
import { dispatchPage } from './dispatch-page.ts'
import type { Door, Visit } from './door.ts'
import { field } from './fields.ts'
import { fragment, page } from './layout.ts'
import { notFound } from './not-found.ts'
import { shownId } from './parts.ts'
import type { Room } from './room.ts'

/** One dispatch, live, with what a person may do to it. */
export function dispatch(room: Room, door: Door): Router {
  const { ports } = room
  const router = Router()

  router.get(
    '/dispatches/:id',
    door.only('read', (visit) => show(visit, idOf(visit))),
  )
  router.post(
    '/dispatches/:id/resend',
    ...room.form,
    door.only('send', async (visit) => {
      const channel = CHANNELS.find((name) => name === field(visit.req.body, 'channel')) ?? null
      await act(visit, (id) => ports.resend(id, channel))
    }),
  )
  router.post(
    '/dispatches/:id/cancel',
    ...room.form,
    door.only('send', async (visit) => {
      const reason = field(visit.req.body, 'reason').slice(0, 200) || null
      await act(visit, (id) => ports.cancel(id, reason))
    }),
  )
  return router

  async function act(visit: Visit, what: (id: string) => ReturnType<typeof ports.resend>): Promise<void> {
    const id = idOf(visit)
    if (!id || !(await ports.dispatches.one(id))) return notFound(room, visit)
    const done = await what(id)
    if (done.ok) return visit.res.redirect(303, `/dispatches/${shownId(id)}`)
    await show(visit, id, done.message)
  }

  async function show(visit: Visit, id: string | undefined, problem?: string): Promise<void> {
    const view = id ? await ports.dispatches.one(id) : null
    if (!view) return notFound(room, visit)
    const [events, attempts] = await Promise.all([
      ports.dispatches.timeline(view.id),
      ports.dispatches.attempts(view.id),
    ])
    const frame = room.frame(visit.caller)
    const { live, body } = dispatchPage(frame, { view, events, attempts, ...(problem && { problem }) })
    const path = `/dispatches/${shownId(view.id)}`
    if (problem) visit.res.status(409)
    answer(
      visit.res,
      'fragment' in visit.req.query
        ? fragment(frame, live)
        : page(frame, { title: view.referenceId, here: 'list', live, body, follow: { path } }),
    )
  }
}

const idOf = ({ req }: Visit) => readId('dsp', String(req.params['id']))

const answer = (res: Response, text: string) => res.type('html').send(text)
