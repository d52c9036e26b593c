import type { EstimatePorts } from '../../src/flow/estimate.ts'

/** Of a house without campaigns. */
export const noEstimates: EstimatePorts = {
  audience: { page: async () => [] },
  personAt: async () => null,
  holds: { list: async () => [] },
  pacing: { createsPerMinute: null, unitsPerMinute: new Map() },
  sampleLink: async () => ({ url: 'https://widget.example/sample', seen: false }),
  codesBase: null,
  render: {
    has: () => false,
    list: () => [],
    render: () => ({ ok: false, code: 'template_unknown', detail: 'there are no words', missing: [] }),
  },
  segments: (text) => ({ encoding: 'GSM-7', segments: 1, characters: text.length }),
  carries: () => true,
  missingVariables: () => [],
  defaults: {
    locale: 'en',
    timeZone: 'UTC',
    channels: ['sms'],
    remindersAfterMs: [],
    fallBackMs: 0,
    linkMaxMinutes: 10_080,
  },
  now: () => new Date(0),
  breathe: async () => undefined,
}
