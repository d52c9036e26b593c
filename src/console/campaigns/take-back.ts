import { Router } from 'express'
import { newUuid } from '../../lib/id.ts'
import type { Door } from '../door.ts'
import { field } from '../fields.ts'
import { fragment, page } from '../layout.ts'
import type { Room } from '../room.ts'
import { takeBackPage } from './take-back-page.ts'

const SHOWN = 20

/** Wrong words that went out, in three clicks. */
export function takeBack(room: Room, door: Door): Router {
  const { ports } = room
  const desk = ports.campaigns
  const router = Router()

  router.get(
    '/take-back',
    door.only('read', async ({ req, res, caller }) => {
      const frame = room.frame(caller)
      const template = versionOf(req.query)
      const [people, found, holds] = await Promise.all([
        template === null ? [] : desk.people.page({ template }, null, SHOWN + 1),
        template === null ? null : desk.takeBacks.one(template),
        ports.holds.list(),
      ])
      const hold = holds.find(
        ({ scope, value }) => scope === 'template' && (value === template || value === nameOf(template)),
      )
      const { live, body } = takeBackPage(frame, {
        template,
        versions: desk.versions,
        people: people.slice(0, SHOWN),
        more: people.length > SHOWN,
        hold,
        takeBack: found,
      })
      const path = template === null ? '/take-back' : pathOf(template)
      const whole = { title: 'Take words back', here: 'system', live, body, follow: { path } } as const
      res.type('html').send('fragment' in req.query ? fragment(frame, live) : page(frame, whole))
    }),
  )
  router.post(
    '/take-back/hold',
    ...room.form,
    door.only('operate', async ({ req, res, caller }) => {
      const template = versionOf(req.body)
      if (template !== null) await desk.holdTemplate(template, caller.label)
      res.redirect(303, template === null ? '/take-back' : pathOf(template))
    }),
  )
  router.post(
    '/take-back/revoke',
    ...room.form,
    door.only('operate', async ({ req, res, caller }) => {
      const template = versionOf(req.body)
      if (template !== null)
        await desk.takeBacks.begin({ id: newUuid(), template, revokeLinks: true, by: caller.label })
      res.redirect(303, template === null ? '/take-back' : pathOf(template))
    }),
  )
  router.get(
    '/take-back/:template/recipients.csv',
    door.only('read', ({ req, res, caller }) => desk.download['recipients.csv'](req, res, caller)),
  )
  return router
}

const pathOf = (template: string) => `/take-back?template=${encodeURIComponent(template)}`

function versionOf(given: unknown): string | null {
  const text = field(given, 'template')
  return /^[\w.-]+@\d+$/.test(text) ? text : null
}

const nameOf = (template: string | null) => template?.split('@')[0]
