import { Router } from 'express'
import { readId } from '../lib/id.ts'
import type { Door } from './door.ts'
import { fragment, page } from './layout.ts'
import type { Room } from './room.ts'
import { systemPage } from './system-page.ts'

/** What an operator asks first, and the holds that a person may lift. */
export function system(room: Room, door: Door): Router {
  const { ports } = room
  const router = Router()

  router.get(
    '/system',
    door.only('read', async ({ req, res, caller }) => {
      const frame = room.frame(caller)
      const [holds, status] = await Promise.all([ports.holds.list(), ports.status.status()])
      const live = systemPage(frame, holds, status)
      const alone = 'fragment' in req.query
      const whole = { title: 'System', here: 'system', live, follow: { path: '/system' } } as const
      res.type('html').send(alone ? fragment(frame, live) : page(frame, whole))
    }),
  )
  router.post(
    '/holds/:id/lift',
    ...room.form,
    door.only('operate', async ({ req, res, caller }) => {
      const id = readId('hld', String(req.params['id']))
      if (id) await ports.lift(id, caller.label)
      res.redirect(303, '/system')
    }),
  )
  return router
}
