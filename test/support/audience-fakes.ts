import type { AudienceStore } from '../../src/flow/ports-campaign.ts'

/** A house without campaigns: nobody can be uploaded to any. */
export const noAudiences: AudienceStore = {
  target: async () => null,
  recipients: async () => new Map(),
  begin: async () => undefined,
  take: async () => null,
  refuse: async () => undefined,
  note: async () => undefined,
  end: async () => undefined,
  uploads: async () => [],
  refusals: async () => [],
  page: async () => [],
  row: async () => null,
  clear: async () => null,
}
