import { z } from 'zod'
import { CHANNELS } from '../domain/channel.ts'
import { type Preview, type PreviewedMessage, preview } from '../flow/preview.ts'
import { formatDuration } from '../lib/duration.ts'
import { answer } from './answer.ts'
import { type DispatchSchema, orderOf } from './dispatch-body.ts'
import { iso, maskContact } from './dispatch-view.ts'
import { ACCEPT_FAILURES } from './dispatches.ts'
import type { HttpPorts } from './ports.ts'
import { type Route, route } from './route.ts'

const channel = z.enum(CHANNELS)
export const messageSchema = z.object({
  kind: z.enum(['first', 'reminder']),
  channel,
  template: z.string(),
  version: z.string().nullable(),
  locale: z.string().nullable().meta({ description: 'The locale whose words were found' }),
  direction: z.enum(['ltr', 'rtl']).nullable(),
  words: z.record(z.string(), z.string()).nullable(),
  sms: z.object({ encoding: z.string(), segments: z.int(), characters: z.int() }).nullable(),
  missing: z.array(z.string()).meta({ description: 'Variables the template needs' }),
  problem: z.string().nullable(),
})
const previewSchema = z
  .object({
    referenceId: z.string(),
    locale: z.string(),
    timeZone: z.string(),
    channels: z.array(channel).meta({ description: 'Those that have an address' }),
    contact: z.record(z.string(), z.unknown()).meta({ description: 'Masked' }),
    linkMinutes: z.int().meta({ description: 'How long its link would live' }),
    plan: z.array(
      z.object({
        kind: z.enum(['first', 'reminder']),
        channels: z.array(channel).meta({ description: 'Tried in this order' }),
        after: z.string().nullable(),
        expectedAt: z.iso.datetime().nullable().meta({ description: 'With send windows, without holds and failures' }),
      }),
    ),
    messages: z.array(messageSchema),
  })
  .meta({ id: 'Preview' })

/** What would be sent; nothing is stored, made or sent. */
export function previewRoutes(ports: HttpPorts, newDispatch: DispatchSchema): Route[] {
  return [
    route({
      method: 'post',
      path: '/v1/previews',
      scopes: ['send', 'read'],
      tag: 'Previews',
      summary: 'What a dispatch would send, when, and in which words',
      description: 'The link shown is a sample and nobody’s. Sends nothing, makes no link, stores nothing.',
      body: newDispatch,
      answers: { 200: { description: 'The plan and the words', schema: previewSchema } },
      failures: ACCEPT_FAILURES,
      async act({ body }) {
        const seen = await preview(ports, orderOf(body))
        return 'failure' in seen ? seen.failure : answer(200, showPreview(ports, seen.preview))
      },
    }),
  ]
}

function showPreview(ports: HttpPorts, { dispatch, plan, messages }: Preview): z.input<typeof previewSchema> {
  return {
    referenceId: dispatch.referenceId,
    locale: dispatch.locale,
    timeZone: dispatch.timeZone,
    channels: dispatch.channels,
    contact: maskContact(dispatch.person.contact),
    linkMinutes: dispatch.lifeMinutes,
    plan: plan.map(({ step, channels, expectedAt }) => ({
      kind: step.kind === 'reminder' ? 'reminder' : 'first',
      channels,
      after: step.afterMs === null ? null : formatDuration(step.afterMs),
      expectedAt: iso(expectedAt),
    })),
    messages: messages.map((message) => showMessage(ports, message)),
  }
}

export function showMessage(
  ports: Pick<HttpPorts, 'segments'>,
  message: PreviewedMessage,
): z.input<typeof messageSchema> {
  const { words, kind, channel, template, version, locale, direction, missing, problem } = message
  return {
    kind,
    channel,
    template,
    version,
    locale,
    direction,
    words: words && textsOf(words),
    sms: words?.channel === 'sms' ? ports.segments(words.text) : null,
    missing,
    problem,
  }
}

function textsOf({ channel: _, ...texts }: NonNullable<PreviewedMessage['words']>): Record<string, string> {
  return texts
}
