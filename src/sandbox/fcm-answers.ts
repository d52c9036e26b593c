const TYPE = 'type.googleapis.com'

export interface FcmAnswer {
  status: number
  retryAfter?: number
  body: unknown
}

/** FCM's refusals as its HTTP v1 reference words them; armed as faults or by a token's first letters. */
export const FCM_ANSWERS = {
  unregistered: answer(404, 'NOT_FOUND', 'Requested entity was not found.', 'UNREGISTERED'),
  malformed: answer(
    400,
    'INVALID_ARGUMENT',
    'The registration token is not a valid FCM registration token',
    'INVALID_ARGUMENT',
  ),
  sender_id_mismatch: answer(403, 'PERMISSION_DENIED', 'SenderId mismatch', 'SENDER_ID_MISMATCH'),
  permission_denied: answer(403, 'PERMISSION_DENIED', "Permission 'cloudmessaging.messages.create' denied on resource"),
  third_party_auth: answer(
    401,
    'UNAUTHENTICATED',
    'Auth error from APNS or Web Push Service',
    'THIRD_PARTY_AUTH_ERROR',
  ),
  unauthenticated: answer(401, 'UNAUTHENTICATED', 'Request had invalid authentication credentials.'),
  wrong_project: answer(404, 'NOT_FOUND', 'Requested entity was not found.'),
  quota: { ...answer(429, 'RESOURCE_EXHAUSTED', 'Quota exceeded for quota metric', 'QUOTA_EXCEEDED'), retryAfter: 60 },
  unavailable: { ...answer(503, 'UNAVAILABLE', 'The service is currently unavailable.', 'UNAVAILABLE'), retryAfter: 1 },
  internal: answer(500, 'INTERNAL', 'Internal error encountered.', 'INTERNAL'),
  unspecified: answer(400, 'UNKNOWN', 'Unknown error.', 'UNSPECIFIED_ERROR'),
} satisfies Record<string, FcmAnswer>

type AnswerName = keyof typeof FCM_ANSWERS

const BY_TOKEN: Record<string, AnswerName> = {
  dead: 'unregistered',
  malformed: 'malformed',
  mismatch: 'sender_id_mismatch',
  apns: 'third_party_auth',
  quota: 'quota',
  unavailable: 'unavailable',
  internal: 'internal',
}

const BY_FAULT: Record<string, AnswerName> = {
  throttle: 'quota',
  error_500: 'internal',
  token_expired: 'unauthenticated',
}

/** `dead-anything` is a token whose app is gone, and so on. */
export const answerForToken = (token: string): FcmAnswer | undefined => named(BY_TOKEN[token.split('-')[0] ?? ''])

export const answerForFault = (kind: string): FcmAnswer | undefined =>
  named(BY_FAULT[kind] ?? (Object.hasOwn(FCM_ANSWERS, kind) ? (kind as AnswerName) : undefined))

/** Our payload is wrong: the detail names the field. */
export function payloadAnswer(field: string, description: string): FcmAnswer {
  const violation = { '@type': `${TYPE}/google.rpc.BadRequest`, fieldViolations: [{ field, description }] }
  return {
    status: 400,
    body: { error: { code: 400, message: description, status: 'INVALID_ARGUMENT', details: [violation] } },
  }
}

const named = (name: AnswerName | undefined): FcmAnswer | undefined => (name ? FCM_ANSWERS[name] : undefined)

function answer(code: number, status: string, message: string, errorCode?: string): FcmAnswer {
  const details = errorCode ? { details: [{ '@type': `${TYPE}/google.firebase.fcm.v1.FcmError`, errorCode }] } : {}
  return { status: code, body: { error: { code, message, status, ...details } } }
}
