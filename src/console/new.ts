import { Router } from 'express'
import type { Door } from './door.ts'
import { page } from './layout.ts'
import { newPage } from './new-page.ts'
import { fieldsOf, orderFrom, type Problem, pathToField } from './order.ts'
import { shownId } from './parts.ts'
import type { Room } from './room.ts'
import { startingFields } from './starting-fields.ts'

/** A dispatch by hand: the example of the sandbox, or one's own. */
export function newDispatch(room: Room, door: Door): Router {
  const { ports } = room
  const router = Router()

  router.get(
    '/new',
    door.only('send', ({ res, caller }) => {
      const frame = room.frame(caller)
      const body = newPage(frame, startingFields(ports), [])
      res.type('html').send(page(frame, { title: 'New dispatch', here: 'new', body }))
    }),
  )
  router.post(
    '/new',
    ...room.form,
    door.only('send', async ({ req, res, caller }) => {
      const fields = fieldsOf(req.body)
      const reading = orderFrom(fields, ports.now())
      const problems = 'order' in reading ? await create(reading.order) : reading.problems
      if (typeof problems === 'string') return res.redirect(303, `/dispatches/${shownId(problems)}`)
      const frame = room.frame(caller)
      const body = newPage(frame, fields, problems)
      return res
        .status(422)
        .type('html')
        .send(page(frame, { title: 'New dispatch', here: 'new', body }))
    }),
  )
  return router

  /** The new id, or what is wrong with the order. */
  async function create(order: Parameters<typeof ports.create>[0]): Promise<string | Problem[]> {
    const created = await ports.create(order)
    if (created.ok) return created.id
    const errors = created.errors ?? []
    if (errors.length === 0) return [{ field: null, message: created.message }]
    return errors.map(({ path, message }) => ({ field: pathToField(path), message }))
  }
}
