import { z } from 'zod'
import { failure } from '../domain/failure.ts'
import type { TakeBack } from '../flow/ports-follow-up.ts'
import { showId } from '../lib/id.ts'
import { answer } from './answer.ts'
import { READING } from './campaigns.ts'
import { revocationsSchema } from './dispatch-acts.ts'
import { iso } from './dispatch-view.ts'
import { download } from './exports.ts'
import { peoplePage, peopleQuery, templateVersion } from './follow-up.ts'
import { followedUpSchema, piecesOf } from './follow-up-rows.ts'
import { listOf } from './page.ts'
import type { HttpPorts } from './ports.ts'
import { type Raw, type Route, route } from './route.ts'

const takeBackSchema = z
  .object({
    id: z.string(),
    template: z.string(),
    recipients: z.int().meta({ description: 'Who got it: taken by a provider, or perhaps' }),
    revokeLinks: z.boolean(),
    status: z.enum(['running', 'done']),
    done: z.int().meta({ description: 'Of them, whose links were looked at' }),
    links: revocationsSchema,
    madeBy: z.string(),
    createdAt: z.iso.datetime(),
    endedAt: z.iso.datetime().nullable(),
  })
  .meta({ id: 'TakeBack' })

const takeBackBody = z
  .strictObject({ template: templateVersion, revokeLinks: z.boolean().default(false) })
  .meta({ id: 'NewTakeBack' })

type TakeBackPorts = Pick<HttpPorts, 'takeBacks' | 'lists' | 'log' | 'newId'>

/** Words that should not have gone out: who got them, and their links taken back. Hold the version first. */
export function takeBackRoutes(ports: TakeBackPorts): Route[] {
  const { takeBacks } = ports
  const about = { tag: 'Operations', failures: ['not_found'] } as const
  return [
    route({
      ...about,
      method: 'post',
      path: '/v1/take-backs',
      scopes: ['operate'],
      summary: 'Find who got a version of a template, and revoke their links',
      description:
        'Living links are revoked in the background, where no operation exists; where the partner does not answer, again a minute later. Once it is done, asking again begins again.',
      body: takeBackBody,
      answers: { 202: { description: 'Under way', schema: takeBackSchema } },
      failures: [...READING],
      async act({ body, caller }) {
        await takeBacks.begin({ ...body, id: ports.newId(), by: caller.label })
        const made = await takeBacks.one(body.template)
        if (!made) throw new Error('the take-back that was begun is not there')
        return answer(202, showTakeBack(made))
      },
    }),
    route({
      ...about,
      method: 'get',
      path: '/v1/take-backs/{template}',
      scopes: ['operate', 'read'],
      summary: 'How far a take-back has come',
      answers: { 200: { description: 'As of now', schema: takeBackSchema } },
      async act({ param }) {
        const found = await takeBacks.one(param('template'))
        return found ? answer(200, showTakeBack(found)) : failure('not_found')
      },
    }),
    route({
      ...about,
      method: 'get',
      path: '/v1/take-backs/{template}/recipients',
      scopes: ['operate', 'read'],
      summary: 'Who got a version of a template, with or without a take-back',
      query: z.strictObject(peopleQuery),
      answers: { 200: { description: 'In order of dispatches, addresses masked', schema: listOf(followedUpSchema) } },
      failures: ['invalid_request', 'invalid_cursor', 'not_found'],
      async act({ query, ...asked }) {
        const template = templateOf(asked)
        return template === undefined ? failure('not_found') : peoplePage(ports, { template }, query)
      },
    }),
    route({
      ...about,
      method: 'get',
      path: '/v1/take-backs/{template}/recipients.csv',
      scopes: ['operate', 'read'],
      summary: 'The same as a CSV file, safe to open in a spreadsheet',
      answers: { 200: { description: 'A file of any length, without addresses' } },
      async act(asked) {
        const template = templateOf(asked)
        if (template === undefined) return failure('not_found')
        return download(
          ports,
          { name: `received-${template}`, format: 'csv' },
          piecesOf(ports.lists, { template }, 'csv'),
        )
      },
    }),
  ]
}

const templateOf = ({ param }: Pick<Raw, 'param'>) => templateVersion.safeParse(param('template')).data

const showTakeBack = (one: TakeBack): z.input<typeof takeBackSchema> => ({
  id: showId('tkb', one.id),
  template: one.template,
  recipients: one.people,
  revokeLinks: one.revokeLinks,
  status: one.status,
  done: one.done,
  links: one.links,
  madeBy: one.madeBy,
  createdAt: one.createdAt.toISOString(),
  endedAt: iso(one.endedAt),
})
