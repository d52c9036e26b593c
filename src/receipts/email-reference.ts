const STEP = /(?:^|[<\s])([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.\d{1,5})@([^\s<>@]{1,255})(?:[>\s]|$)/i

/** Our step, out of the Message-ID that we gave a mail (`<step@our-domain>`); null for everybody else's. */
export function stepOf(messageId: string | undefined, ourDomain: string | undefined): string | null {
  const [, step, domain] = STEP.exec(messageId?.slice(0, 2_000) ?? '') ?? []
  if (step === undefined) return null
  return ourDomain === undefined || domain?.toLowerCase() === ourDomain.toLowerCase() ? step.toLowerCase() : null
}
